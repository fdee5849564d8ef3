"""``etown-kg serve``: the endpoint and its start page on one address."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
from types import FrameType

import click
from waitress.server import create_server

from etown_kg.backend.local import LocalBackend
from etown_kg.cli.options import close_graph, graph_options, load_graph, setting, settings_of
from etown_kg.config import Settings
from etown_kg.errors import EtownError, SettingError
from etown_kg.web import create_app

# Unanswered connections that the system keeps waiting for us.
BACKLOG = 128


@click.command(
    epilog="""\b
Examples:
  etown-kg serve
  etown-kg serve --host 0.0.0.0 --port 8080
  etown-kg serve --ontology my-ontology --data my-facts
"""
)
@graph_options
@setting("host", metavar="ADDRESS")
@setting("port", type=int)
@setting("threads", type=int)
@click.pass_context
def serve(context: click.Context) -> None:
    """Serve the SPARQL endpoint and its pages until Ctrl-C."""
    settings = settings_of(context)
    with listening(settings) as listener:  # first: a port in use is known before any work
        graph = load_graph(settings)
        closing = close_graph(graph, settings)
        app = create_app(settings, LocalBackend(graph))
        server = create_server(app, sockets=[listener], threads=settings.threads, ident=None)
        signal.signal(signal.SIGTERM, _stop)
        # It warns of every request that waits a moment for a thread; that is no fault.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        click.echo(
            f"{closing.asserted:,} asserted and {closing.inferred:,} inferred statements"
            f" on http://{_address(settings)}/  (Ctrl-C stops)"
        )
        sys.stdout.flush()
        server.run()


def listening(settings: Settings) -> socket.socket:
    """A socket bound to the settings' address.

    Raises:
        SettingError: the address is not one of this machine.
        EtownError: the port is in use, or not ours to use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise SettingError("host", f"{settings.host!r}: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(settings, error) from error
    return listener


def _refusal(settings: Settings, error: OSError) -> EtownError:
    if error.errno == errno.EADDRINUSE:
        return EtownError(
            f"port {settings.port} of {settings.host} is in use by another program",
            hint=f"stop it, or choose another: etown-kg serve --port {settings.port % 65535 + 1}",
        )
    if error.errno == errno.EACCES:
        return EtownError(
            f"port {settings.port} of {settings.host} is reserved for the administrator",
            hint="choose one above 1023: etown-kg serve --port 8000",
        )
    problem = os.strerror(error.errno) if error.errno else str(error)
    return SettingError("host", f"{settings.host!r}: {problem}")


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # SystemExit is what the server's loop takes as a wish to close its connections and end.
    raise SystemExit(0)
