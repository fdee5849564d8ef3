"""``etown-kg serve``: the endpoint and its start page on one address."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from etown_kg import audit
from etown_kg.backend import Backend
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.backend.limits import KIB, MIB, Limits
from etown_kg.backend.supervisor import OwnerError
from etown_kg.cli.building import build
from etown_kg.cli.console import step
from etown_kg.cli.options import graph_options, setting, settings_of
from etown_kg.cli.workers import Crew, number_of_workers
from etown_kg.config import Settings
from etown_kg.errors import EtownError, SettingError
from etown_kg.remote import Bounds
from etown_kg.scope import granted
from etown_kg.store import SERVED_BY
from etown_kg.tokens import Tokens, file_of

if TYPE_CHECKING:
    from etown_kg.backend.remote import RemoteBackend
    from etown_kg.cli.web_server import WebServer
    from etown_kg.web.access import FindToken

# Unanswered connections that the system keeps waiting for us.
BACKLOG = 128
AUDIT_LOG = "audit.log"


@click.command(
    epilog="""\b
Examples:
  etown-kg serve
  etown-kg serve --host 0.0.0.0 --port 8080
  etown-kg serve --ontology my-ontology --data my-facts
  etown-kg serve --location /var/lib/etown-kg --timeout-s 5
  etown-kg serve --backend http://127.0.0.1:7878/query
"""
)
@graph_options
@setting("default_graph", metavar="union|standard")
@setting("articles", metavar="DIR")
@setting("host", metavar="ADDRESS")
@setting("port", type=int)
@setting("workers", type=int)
@setting("threads", type=int)
@setting("location", metavar="DIR")
@setting("ephemeral_updates", is_flag=True, default=None)
@setting("validate_updates", is_flag=True, default=None)
@setting("tokens", metavar="FILE")
@setting("private", metavar="GRAPH", multiple=True, default=None)
@setting("audit_log", metavar="FILE")
@setting("access_log", metavar="FILE")
@setting("backend", metavar="URL")
@setting("backend_update", metavar="URL")
@setting("backend_graphs", metavar="URL")
@setting("backend_authorization", metavar="FILE")
@setting("backend_fresh_s", type=float)
@setting("timeout_s", type=float)
@setting("token_timeout_s", type=float)
@setting("update_s", type=float)
@setting("memory_mib", type=int)
@setting("answer_mib", type=int)
@setting("answer_cache_mib", type=int)
@setting("search_texts", type=int)
@setting("nesting", type=int)
@setting("places", type=int)
@setting("client_places", type=int)
@setting("allow_service", metavar="IRI", multiple=True, default=None)
@setting("allow_load", metavar="HOST", multiple=True, default=None)
@setting("allow_network", metavar="CIDR", multiple=True, default=None)
@setting("remote_s", type=float)
@setting("remote_mib", type=int)
@setting("query_kib", type=int)
@setting("update_kib", type=int)
@setting("update_data_mib", type=int)
@setting("upload_mib", type=int)
@setting("parameters", type=int)
@setting("requests_per_minute", type=int)
@setting("proxies", type=int)
@click.pass_context
def serve(context: click.Context) -> None:
    """Serve the SPARQL endpoint and its pages until Ctrl-C.

    SIGTERM lets the requests at work end; SIGHUP reads the data again and drops no request.
    """
    settings = settings_of(context)
    limits = limits_of(settings)
    workers = number_of_workers(settings)
    with listening(settings) as listener, ExitStack() as stack:
        # First: a port in use is known before any work, and so is a file of tokens that cannot be
        # read.
        find_token_of(settings)
        stack.enter_context(_ended_quietly())
        crew: Crew | None = None
        if workers > 1:
            crew = stack.enter_context(Crew(settings, limits, workers, listener))
        meanwhile = crew.load if crew is not None else partial(load_web, settings)
        with step("Asking the store" if settings.backend else "Building the graph"):
            backend = open_backend(settings, limits, meanwhile)
            stack.enter_context(_served(backend, settings))
            # From here on signals are obeyed, since they may come as soon as somebody is answered.
            _reload_on_hangup(backend, settings)
            if crew is not None:
                _stop_on_signals(crew, settings)
                crew.begin(backend.folder if isinstance(backend, ProcessBackend) else None)
            status = backend.status()
        keep_audit_log(settings)  # not before: a location begins as an empty folder
        server: WebServer | Crew
        if crew is not None:
            crew.wait()
            server = crew
        else:
            server = web_server(settings, backend, limits, listener)
            _stop_on_signals(server, settings)
        click.echo(
            f"{status.asserted:,} asserted and {status.inferred:,} inferred statements"
            f" on http://{_address(settings)}/  (Ctrl-C stops)"
        )
        sys.stdout.flush()
        server.run()


def open_backend(
    settings: Settings, limits: Limits, meanwhile: Callable[[], object]
) -> ProcessBackend | RemoteBackend:
    """What answers: an owner of the graph with its executors, or another store.

    `meanwhile` is called while the graph is built.

    Raises:
        EtownError: the graph cannot be built, or the store cannot be used.
    """
    if settings.backend is not None:
        meanwhile()
        from etown_kg.cli.remote_store import remote_backend

        return remote_backend(settings, limits)
    return start(
        partial(build, settings), limits, validate_updates=settings.validate_updates,
        scopes=(granted(settings.private),), meanwhile=meanwhile,
    )  # fmt: skip


def web_server(
    settings: Settings,
    backend: Backend,
    limits: Limits,
    listener: socket.socket,
    *,
    shared: Path | None = None,
) -> WebServer:
    """The web server that the settings ask for; `shared` as for `create_app`."""
    from etown_kg.cli.web_server import WebServer, room_for_connections
    from etown_kg.web import create_app

    app = create_app(
        settings, backend, find_token=find_token_of(settings), limits=limits,
        read_only=not is_writable(settings), shared=shared,
    )  # fmt: skip
    # It warns of every request that waits a moment for a thread; that is no fault.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return WebServer(
        app,
        listener,
        threads=settings.threads,
        max_body_bytes=max(settings.upload_mib, settings.update_data_mib, 1) * 2 * MIB,
        max_connections=room_for_connections(),
    )


def load_web(settings: Settings) -> None:
    """Load what serves the pages: it takes as long as the graph, which another process builds."""
    import etown_kg.cli.web_server
    import etown_kg.web

    if settings.backend is not None:
        import etown_kg.cli.remote_store  # noqa: F401  # wanted in memory, as the others


def limits_of(settings: Settings) -> Limits:
    """The limits of queries that the settings name.

    Raises:
        SettingError: they contradict each other.
    """
    if settings.threads <= settings.client_places:
        raise SettingError(
            "threads",
            f"{settings.threads} can all be held by one client, which has "
            f"{settings.client_places} places",
        )
    standard = Limits()
    return Limits(
        query_s=settings.timeout_s,
        longest_s=max(settings.timeout_s, settings.token_timeout_s),
        update_s=settings.update_s,
        memory_bytes=settings.memory_mib * MIB,
        answer_bytes=settings.answer_mib * MIB,
        text_bytes=settings.query_kib * KIB,
        nesting=settings.nesting,
        places=settings.places,
        reserved_places=min(standard.reserved_places, settings.places - 1),
        client_places=settings.client_places,
        # The threads that one client cannot hold answer the others.
        client_waiting=min(
            standard.client_waiting, (settings.threads - settings.client_places) // 2
        ),
        services=settings.allow_service,
        load_hosts=settings.allow_load,
        networks=settings.allow_network,
        remote=Bounds(settings.remote_s, settings.remote_mib * MIB),
    )


def is_writable(settings: Settings) -> bool:
    """Whether changes are taken at all; by whom is a matter of tokens."""
    changes_store = settings.backend is not None and (
        settings.backend_update is not None or settings.backend_graphs is not None
    )
    return settings.location is not None or settings.ephemeral_updates or changes_store


def find_token_of(settings: Settings) -> FindToken | None:
    """What tells the tokens of the settings' file; None where no token opens anything.

    Raises:
        StorageError: the file is not one of tokens, or others may read it.
    """
    if not is_writable(settings) and not settings.private:
        return None
    return Tokens.open(file_of(settings.location, settings.tokens)).find


def keep_audit_log(settings: Settings) -> None:
    """Send the lines about updates where the settings say; a file that was moved is made anew."""
    file = settings.audit_log
    if file is None and settings.location is not None:
        file = settings.location / AUDIT_LOG
    if not is_writable(settings):
        return
    handler: logging.Handler = logging.StreamHandler()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = WatchedFileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    audit.LOGGER.addHandler(handler)
    audit.LOGGER.setLevel(logging.INFO)
    audit.LOGGER.propagate = False


@contextmanager
def _served(backend: ProcessBackend | RemoteBackend, settings: Settings) -> Iterator[None]:
    """Close the backend behind the block; meanwhile its location says who serves it."""
    sign = settings.location / SERVED_BY if settings.location is not None else None
    try:
        if sign is not None:
            assert isinstance(backend, ProcessBackend)  # no other has a location
            sign.write_text(str(backend.folder), encoding="utf-8")
        yield
    finally:
        if sign is not None:
            sign.unlink(missing_ok=True)
        backend.close()


@contextmanager
def _ended_quietly() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end what is started before it serves, and leave nothing behind."""

    numbers = (signal.SIGTERM, signal.SIGHUP)

    def end(_signal: int, _frame: FrameType | None) -> NoReturn:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)  # once is enough, and must not cut the end short
        sys.exit(0)

    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_on_signals(server: WebServer | Crew, settings: Settings) -> None:
    """SIGTERM and Ctrl-C stop the server."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.stop(settings.token_timeout_s)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _reload_on_hangup(backend: ProcessBackend | RemoteBackend, settings: Settings) -> None:
    """SIGHUP reads the data again."""

    def reload(_signal: int, _frame: FrameType | None) -> None:
        # In a thread: the server answers from the old data until the new ones are there.
        task = partial(_reload, backend, settings.location)
        threading.Thread(target=task, name="reload", daemon=True).start()

    signal.signal(signal.SIGHUP, reload)


def _reload(backend: ProcessBackend | RemoteBackend, location: Path | None) -> None:
    if not isinstance(backend, ProcessBackend):
        click.echo("not reloaded: the data are in another store, not in files", err=True)
        return
    if location is not None:
        click.echo(f"not reloaded: the data are kept in {location}, not in files", err=True)
        return
    try:
        backend.reload()
    except (EtownError, OwnerError) as error:
        click.echo(f"not reloaded, the data are as they were: {error}", err=True)
    else:
        status = backend.status()
        click.echo(f"reloaded: version {status.version}")
        sys.stdout.flush()


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
