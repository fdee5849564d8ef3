-- For wrk: requests from a file of targets, in an order that is the same for every server.
-- Arguments: FILE START UNIQUE [HEADER VALUE]...
-- With UNIQUE "yes" each query ends in a comment of its own, so that no server has met it before.
-- Prints one line of JSON at the end.

local targets, headers, n, unique = {}, {}, 0, false

function init(args)
  for line in io.lines(args[1]) do
    targets[#targets + 1] = line
  end
  n = tonumber(args[2])
  unique = args[3] == "yes"
  for i = 4, #args, 2 do
    headers[args[i]] = args[i + 1]
  end
end

function request()
  n = n + 1
  local target = targets[(n * 7919) % #targets + 1]
  if unique then
    target = string.format("%s%%20%%23%d", target, n)
  end
  return wrk.format("GET", target, headers)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "us": %d, "p50_us": %d, "p99_us": %d, "failed": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
