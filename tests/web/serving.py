"""An app on a real server, for clients that need one."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from etown_kg.cli.web_server import WebServer
from etown_kg.web.limits import MIB


@contextmanager
def serving(app: Flask, *, max_body_bytes: int = 8 * MIB, threads: int = 4) -> Iterator[str]:
    """Serve `app` on a free port in a thread for as long as the block runs; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = WebServer(app, listener, threads=threads, max_body_bytes=max_body_bytes)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.stop()
        thread.join(timeout=10)
