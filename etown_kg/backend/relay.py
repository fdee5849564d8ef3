"""The calls of SERVICE, made by us instead of the engine.

The engine resolves a name anew for each call, follows no bound in time or size, and says little
of what went wrong. So the queries of a process that may call others are changed to call this
relay, a thread of the same process that listens on the loopback address under a name drawn by
lot, and the relay passes each call on to the address that was looked at (`etown_kg.addresses`)
within its bounds (`etown_kg.remote`). SPARQL 1.1 Federated Query,
https://www.w3.org/TR/sparql11-federated-query/.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from secrets import token_hex
from typing import Any, Final

from pyoxigraph import QuerySolutions, parse_query_results

from etown_kg import doctype, query_text, remote, vocab
from etown_kg.addresses import Place, locate
from etown_kg.backend.limits import MIB, Limits
from etown_kg.errors import EtownError, QueryError, RemoteError
from etown_kg.formats import SOLUTION_FORMATS, XML, Format, by_name

_RESULTS: Final = ("application/sparql-results+json", "application/sparql-results+xml")
# Small, since the stack of the thread that evaluates is what the address space is needed for.
_STACK_BYTES: Final = MIB


@contextmanager
def calls(
    text: str, limits: Limits, open_descriptors: Callable[[], object] | None
) -> Iterator[Mapping[str, str]]:
    """The IRIs that the text's SERVICE clauses may call, with the address to call instead.

    `open_descriptors` makes calls possible, as looking up an address is one already; without it
    there are none, and what is not in the mapping is for the reader of the text to refuse.

    Raises:
        QueryError: a call that is not allowed, or that leads to a machine inside the operator's
            network, or that could be spelt in a way that is not seen.
        RemoteError: behind the block, why a call failed that the block failed of.
    """
    places = _places(text, limits, open_descriptors)
    if not places:
        yield {}
        return
    relay = _Relay(places, limits.remote)
    try:
        with relay.running():
            yield relay.addresses
    except QueryError as error:
        if relay.failure is None:
            raise
        raise relay.failure from error


def _places(
    text: str, limits: Limits, open_descriptors: Callable[[], object] | None
) -> dict[str, Place]:
    """Where the allowed services of a text are, by IRI; silent ones that are nowhere left out."""
    if not limits.services or open_descriptors is None:
        return {}
    services = query_text.services(text, vocab.PREFIXES)
    plain = query_text.services(query_text.without_escapes(text), vocab.PREFIXES)
    if [service.iri for service in plain] != [service.iri for service in services]:
        raise QueryError("SERVICE and the address it calls are to be written without \\u escapes")
    places: dict[str, Place] = {}
    for service in services:
        if service.iri is None or service.iri not in limits.services:
            if not service.is_silent:
                raise query_text.not_allowed(text, service, limits.services)
            continue
        if service.iri in places or service.is_inner:
            continue
        open_descriptors()
        try:
            places[service.iri] = locate(service.iri, limits.networks)
        except QueryError:
            if not service.is_silent:
                raise
    return places


class _Relay:
    """A server for one query; `addresses` are what the query has to call."""

    def __init__(self, places: Mapping[str, Place], bounds: remote.Bounds) -> None:
        self._places = {f"/{token_hex(16)}": place for place in places.values()}
        self._bounds = bounds
        self.failure: EtownError | None = None
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        port = self._server.server_address[1]
        self.addresses = {
            place.iri: f"http://127.0.0.1:{port}{path}" for path, place in self._places.items()
        }

    @contextmanager
    def running(self) -> Iterator[None]:
        """Pass calls on while the block runs."""
        before = threading.stack_size(_STACK_BYTES)
        try:
            thread = threading.Thread(
                target=self._server.serve_forever, args=(0.01,), name="relay", daemon=True
            )
            thread.start()
        finally:
            threading.stack_size(before)
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def pass_on(self, path: str, body: bytes) -> remote.Reply:
        """What the server answers that a path stands for.

        Raises:
            RemoteError: nothing of use.
        """
        place = self._places.get(path)
        if place is None:  # somebody else on this machine, who does not know the name
            raise RemoteError(path, "nothing is here")
        headers = {"Accept": ", ".join(_RESULTS), "Content-Type": "application/sparql-query"}
        reply = remote.fetch(place, self._bounds, method="POST", headers=headers, body=body)
        if 300 <= reply.status < 400:
            raise RemoteError(
                place.iri, f"it answers {reply.status}: redirects are not followed",
                hint="the operator can allow the address that it leads to",
            )  # fmt: skip
        if reply.status != HTTPStatus.OK:
            said = reply.body[:300].decode(errors="replace").strip()
            raise RemoteError(place.iri, f"it answers {reply.status}: {said}")
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in _RESULTS:
            raise RemoteError(
                place.iri, f"its answer is {media_type or 'of no type'}, not SPARQL results"
            )
        _check_results(place.iri, reply.body, by_name(media_type, SOLUTION_FORMATS))
        return reply

    def _handler(relay) -> type[BaseHTTPRequestHandler]:  # noqa: N805  # the handler has a self
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                try:
                    reply = relay.pass_on(self.path, self.rfile.read(length))
                except EtownError as error:
                    relay.failure = error
                    self.send_error(HTTPStatus.BAD_GATEWAY)
                    return
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", reply.headers["content-type"])
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the failure that matters is told to who asked."""

        return Handler


def _check_results(iri: str, body: bytes, format: Format) -> None:
    """Read another server's results to their end, before the engine begins to use them.

    It would tell of a fault in them as of one of its own, in the midst of an evaluation, and it
    takes XML that is cut for whole.

    Raises:
        RemoteError: they are no solutions.
    """
    assert format.results is not None  # by the table
    if format is XML:
        checked = doctype.checked(body)
        if isinstance(checked, doctype.Refusal):
            raise RemoteError(iri, f"its answer cannot be read: {checked.problem}")
    try:
        found = parse_query_results(body, format.results)
        if not isinstance(found, QuerySolutions):
            raise RemoteError(iri, "its answer is a truth value, not solutions")
        for _ in found:
            pass
    except (SyntaxError, ValueError, RuntimeError, OSError) as error:
        raise RemoteError(iri, f"its answer cannot be read: {error}") from error
