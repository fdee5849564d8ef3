"""A name for each request, and a line about it: JSON, one object a line.

The name (``X-Request-ID``) is the client's own when it sends one that is safe to repeat, so that
it can follow a request through several servers. Query texts and tokens are never logged.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from datetime import datetime, timezone
from functools import cache
from itertools import count
from logging.handlers import WatchedFileHandler
from secrets import token_hex

from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,128}")
MAX_AGENT = 200
_numbers = count()


def open_log(place: str | None) -> logging.Logger | None:
    """The log at a place: a file that is opened again after it was moved, ``-`` for standard error.

    Raises:
        OSError: the file cannot be written.
    """
    if place is None:
        return None
    # Not from the registry of loggers: two apps in one process have two logs.
    log = logging.Logger("etown_kg.access", logging.INFO)
    handler = logging.StreamHandler() if place == "-" else WatchedFileHandler(place)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    return log


def register(app: Flask, log: logging.Logger | None) -> None:
    """Name all requests, and log them where there is a log, which the app then has as extension."""
    app.extensions["etown_access_log"] = log

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if is_name(given) else new_name()
        g.started = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        if log is not None:
            write(
                log,
                id=g.request_id,
                client=request.remote_addr,
                token=g.get("token_name"),
                method=request.method,
                path=request.path,
                status=response.status_code,
                bytes=response.content_length,
                ms=round((time.perf_counter() - g.started) * 1000, 1),
                agent=request.headers.get("User-Agent", "")[:MAX_AGENT],
            )
        return response


def is_name(given: str) -> bool:
    """Whether a client's name for its request is safe to repeat."""
    return _SAFE.fullmatch(given) is not None


def new_name() -> str:
    """A name for a request that has none, different from those of other processes."""
    return f"{_of_process(os.getpid())}{next(_numbers):08x}"


@cache
def _of_process(_pid: int) -> str:
    """What the names of one process begin with; who forks it has others."""
    return token_hex(4)


def write(log: logging.Logger, **members: object) -> None:
    """Write the line of one request, with the time."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    log.info("%s", json.dumps({"time": now, **members}, ensure_ascii=False))
