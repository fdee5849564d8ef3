"""Compare reasoners on generated data: `python -m bench.reason` writes docs/benchmarks.md.

Every measurement is a process of its own (`bench.engines`) on the same N-Triples file: wall time
from opening the file to the closure in memory, after imports, and the process's peak memory.
The median of `--runs` counts. At every size up to `--compare-up-to` the closures are compared
triple by triple in what all engines should agree on. An engine is not started beyond its
largest size (`--limit engine=triples`), and the table then says so: nothing is extrapolated.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.engines import ENGINES
from bench.generate import WORKLOADS, generate
from bench.lists import AXIOMS, MEMBERS

REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
OURS = "etown-kg"
SIZES = (100_000, 1_000_000, 10_000_000)
# What the peers need minutes or more memory than a small machine has for.
LIMITS = {"owlrl": 100_000, "reasonable": 1_000_000, "nemo": 1_000_000, OURS: 10_000_000}
EDITED_UP_TO = 1_000_000
# One run of owlrl at its limit takes longer than all others together.
RUNS_OF = {"owlrl": 1}


class Sample(NamedTuple):
    """An engine's runs on one file."""

    workload: str
    size: int  # asserted triples
    engine: str
    version: str
    seconds: list[float]
    peak_mb: list[float]
    triples: int | None  # asserted and inferred; None when not counted
    fingerprint: tuple[int, int] | None
    failure: str | None = None


def run_once(module: str, timeout_s: float, *arguments: str) -> dict[str, Any]:
    """One process. A crash, a kill or a time-out gives `{"failure": ...}`."""
    command = [sys.executable, "-m", module, *arguments]
    try:
        process = subprocess.run(  # the command is our own module
            command,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            cwd=Path(__file__).parent.parent,
        )
    except subprocess.TimeoutExpired:
        return {"failure": f"more than {timeout_s:.0f} s"}
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["no message"])[-1]
        return {"failure": f"exit {process.returncode}: {last[:100]}"}
    found: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return found


def sample(
    workload: str, size: int, engine: str, file: Path, options: argparse.Namespace
) -> Sample:
    """The runs of one engine on one file; the first also counts and compares, after its clock."""
    seconds: list[float] = []
    peaks: list[float] = []
    triples = fingerprint = None
    engine_version = ""
    for run in range(RUNS_OF.get(engine, options.runs)):
        compare = ("--compare",) if run == 0 and size <= options.compare_up_to else ()
        found = run_once("bench.engines", options.timeout, engine, str(file), *compare)
        if "failure" in found:
            failure = found["failure"]
            return Sample(
                workload, size, engine, engine_version, seconds, peaks, None, None, failure
            )
        seconds.append(found["seconds"])
        peaks.append(found["peak_mb"])
        engine_version = found["version"]
        if compare:
            triples, fingerprint = found["triples"], tuple(found["fingerprint"])
    return Sample(workload, size, engine, engine_version, seconds, peaks, triples, fingerprint)


def exponent(samples: Sequence[Sample]) -> float | None:
    """The slope of log time over log size by least squares; None below two sizes."""
    points = [(math.log(s.size), math.log(median(s.seconds))) for s in samples if s.seconds]
    if len(points) < 2:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread


def find_differences(left: str, right: str, file: Path, timeout_s: float) -> dict[str, int]:
    """How many compared triples only `left`, and only `right`, has, by predicate or class."""
    with tempfile.TemporaryDirectory() as folder:
        lines = {}
        for engine in (left, right):
            sink = Path(folder) / engine
            arguments = (engine, str(file), "--compare", "--sink", str(sink))
            run_once("bench.engines", timeout_s, *arguments)
            lines[engine] = set(sink.read_text(encoding="utf-8").splitlines())
    counts: dict[str, int] = {}
    for engine, other in ((left, right), (right, left)):
        for line in lines[engine] - lines[other]:
            _, p, o = line.split(" ", 2)
            word = o if p.endswith("#type>") else p
            key = f"only {engine}: {word.strip('<>').rpartition('#')[2].rpartition('/')[2]}"
            counts[key] = counts.get(key, 0) + 1
    return counts


def describe_machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    python = platform.python_version()
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {python}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_report(
    samples: list[Sample],
    differences: dict[tuple[str, str], dict[str, int]],
    edits: dict[str, dict[str, Any]],
    runs: int,
    seed: int,
) -> Iterator[str]:
    yield "# Benchmarks of the reasoner"
    yield ""
    yield "Written by `python -m bench.reason`; do not edit."
    yield ""
    yield f"Machine: {describe_machine()}. Median of {runs} runs (owlrl: one); seed {seed}."
    yield ""
    yield "Time is from opening the N-Triples file to the closure in memory, each run in a process"
    yield "of its own; memory is that process's peak, interpreter included. Ratios are to this"
    yield "engine, at the same size in the same run. No figure is extrapolated."
    yield ""
    for name in dict.fromkeys(s.engine for s in samples):
        versions = sorted({s.version for s in samples if s.engine == name and s.version})
        engine = ENGINES[name]
        yield f"- {name}: {engine.note}; {engine.package} {', '.join(versions)}"
    for workload in dict.fromkeys(s.workload for s in samples):
        yield ""
        yield f"## {workload}"
        yield ""
        yield (
            "| asserted triples | engine | seconds | spread | peak MB | triples in closure |"
            " asserted triples/s | times our time | times our memory | agrees |"
        )
        yield "|---:|---|---:|---|---:|---:|---:|---:|---:|---|"
        rows = [s for s in samples if s.workload == workload]
        for row in rows:
            yield _write_row(row, [s for s in rows if s.size == row.size], differences)
        yield ""
        for engine_name in dict.fromkeys(s.engine for s in rows):
            found = exponent([s for s in rows if s.engine == engine_name])
            if found is not None:
                yield f"Growth of {engine_name}: time ~ size^{found:.2f}."
                yield ""
        for (where, peer), counts in differences.items():
            if where == workload and counts:
                yield f"Compared triples in which {peer} differs, at the smallest size:"
                shown = sorted(counts.items(), key=lambda entry: -entry[1])
                yield "; ".join(f"{key} {count}" for key, count in shown) + "."
                yield ""

    if edits:
        yield from _write_edits(edits)


def _write_edits(edits: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield "## Editing and explaining"
    yield ""
    yield "Milliseconds, median and greatest, on the closed graph. An addition is 200 triples, an"
    yield "article's worth; `close` is `materialise` on what is in memory."
    yield ""
    yield "| graph | close | add | remove | explain |"
    yield "|---|---:|---:|---:|---:|"
    for name, found in edits.items():
        cells = [
            f"{_number(median(found[key]))}, {_number(max(found[key]))}" if key in found else ""
            for key in ("close", "add", "remove", "explain")
        ]
        yield f"| {name} | {' | '.join(cells)} |"


def _write_row(
    row: Sample, same_size: list[Sample], differences: dict[tuple[str, str], dict[str, int]]
) -> str:
    if row.failure is not None:
        return f"| {row.size:,} | {row.engine} | {row.failure} | | | | | | | |"
    ours = next((s for s in same_size if s.engine == OURS and s.seconds), None)
    seconds, peak = median(row.seconds), median(row.peak_mb)
    time_ratio = memory_ratio = agrees = ""
    if ours is not None:
        time_ratio = _number(seconds / median(ours.seconds))
        memory_ratio = _number(peak / median(ours.peak_mb))
        if row.fingerprint is not None and ours.fingerprint is not None and row is not ours:
            agrees = "yes" if row.fingerprint == ours.fingerprint else "see below"
    cells = [
        f"{row.size:,}",
        row.engine,
        _number(seconds),
        f"{_number(min(row.seconds))} to {_number(max(row.seconds))}",
        _number(peak),
        "" if row.triples is None else f"{row.triples:,}",
        _number(row.size / seconds),
        time_ratio,
        memory_ratio,
        agrees,
    ]
    return f"| {' | '.join(cells)} |"


def _parse_limit(text: str) -> tuple[str, int]:
    name, _, size = text.partition("=")
    if name not in ENGINES or not size.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected ENGINE=TRIPLES, e.g. nemo=10000000")
    return name, int(size)


def _parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reason", description=__doc__)
    parser.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    parser.add_argument(
        "--workloads", nargs="+", choices=sorted(WORKLOADS), default=sorted(WORKLOADS)
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), metavar="TRIPLES")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--limit", nargs="*", type=_parse_limit, default=[], metavar="ENGINE=TRIPLES"
    )
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds a run may take")
    parser.add_argument("--compare-up-to", type=int, default=1_000_000, metavar="TRIPLES")
    parser.add_argument("-o", "--output", type=Path, default=REPORT)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = _parse_arguments(arguments)
    limits = {**LIMITS, **dict(options.limit)}
    samples: list[Sample] = []
    differences: dict[tuple[str, str], dict[str, int]] = {}
    edits: dict[str, dict[str, Any]] = {}
    if OURS in options.engines:
        edits["the shipped graph"] = run_once("bench.shipped", options.timeout)
        for axiom in AXIOMS:
            name = f"owl:{axiom}, a list of {MEMBERS:,}"
            edits[name] = run_once("bench.lists", options.timeout, axiom)
    with tempfile.TemporaryDirectory() as folder:
        for workload in options.workloads:
            for size in sorted(options.sizes):
                file = Path(folder) / f"{workload}-{size}.nt"
                with file.open("w", encoding="utf-8", newline="\n") as sink:
                    generate(workload, size, options.seed, sink)
                here = [
                    sample(workload, size, engine, file, options)
                    for engine in options.engines
                    if size <= limits[engine]
                ]
                ours = next((s for s in here if s.engine == OURS), None)
                for found in here:
                    print(_write_row(found, here, differences), flush=True)
                    key = (workload, found.engine)
                    if (
                        ours is not None
                        and key not in differences
                        and size == min(options.sizes)
                        and None not in (found.fingerprint, ours.fingerprint)
                        and found.fingerprint != ours.fingerprint
                    ):
                        differences[key] = find_differences(
                            OURS, found.engine, file, options.timeout
                        )
                samples += here
                if OURS in options.engines and size <= EDITED_UP_TO:
                    edits[f"{workload}, {size:,}"] = run_once(
                        "bench.edits", options.timeout, workload, str(file)
                    )
                file.unlink()
    lines = write_report(samples, differences, edits, options.runs, options.seed)
    options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
