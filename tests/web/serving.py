"""An app on a real server, and the test client that speaks HTTP with it."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.urls import iri_to_uri

from etown_kg.cli.web_server import MAX_CONNECTIONS, WebServer
from etown_kg.web.limits import MIB

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@contextmanager
def serving(
    app: Flask,
    *,
    max_body_bytes: int = 8 * MIB,
    threads: int = 4,
    max_connections: int = MAX_CONNECTIONS,
) -> Iterator[str]:
    """Serve `app` on a free port in a thread for as long as the block runs; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = WebServer(
        app,
        listener,
        threads=threads,
        max_body_bytes=max_body_bytes,
        max_connections=max_connections,
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.stop()
        thread.join(timeout=10)


class HttpClient(FlaskClient):
    """Flask's test client over real HTTP: each request has a connection to `address`.

    What a test says of a request means the same as with Flask's own client; REMOTE_ADDR is the
    address of this machine that the connection comes from. Sessions and contexts of the app are
    not to be had.
    """

    def __init__(self, app: Flask, address: str) -> None:
        super().__init__(app, app.response_class)
        self._server = address.removeprefix("http://")

    def run_wsgi_app(
        self, environ: WSGIEnvironment, buffered: bool = False
    ) -> tuple[Iterable[bytes], str, Headers]:
        """The body, status and headers of the server's answer; it is always read whole."""
        method = environ["REQUEST_METHOD"]
        asked = environ["REQUEST_URI"].encode("latin-1").decode()
        path = iri_to_uri(urlsplit(asked).path)
        query_string = iri_to_uri(environ["QUERY_STRING"].encode("latin-1").decode())
        connection = http.client.HTTPConnection(
            self._server, timeout=30, source_address=(environ["REMOTE_ADDR"], 0)
        )
        with closing(connection):
            connection.putrequest(
                method,
                f"{path}?{query_string}" if query_string else path,
                skip_host=True,
                skip_accept_encoding=True,
            )
            for name, value in EnvironHeaders(environ):
                connection.putheader(name, value)
            if method == "HEAD":
                connection.putheader("Connection", "close")
            connection.endheaders(environ["wsgi.input"].read())
            with connection.getresponse() as response:
                # http.client takes for granted that no body follows the answer to HEAD.
                body = response.fp.read() if method == "HEAD" else response.read()
                status = f"{response.status} {HTTPStatus(response.status).phrase}"
                return [body], status, Headers(response.getheaders())
