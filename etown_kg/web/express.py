"""The quick way through the server for what is asked most: plain queries without a token.

A request that comes whole and plain (`message`) and asks a query of everybody is answered here
without Flask: from the answers that are kept, with 304 where the client has the answer, or by an
executor that is idle. Everything here takes microseconds and waits for nobody, so that a server
can do it on the thread that reads its sockets. Whatever takes longer, fails or is out of the
ordinary goes the ordinary way (`sparql`), which alone knows how to say no; a query that was
begun here goes there with its request (`exchange.BEGUN`). The responses are the same, header by
header.
"""

from __future__ import annotations

import logging
import time
from binascii import a2b_qp
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from werkzeug.http import parse_accept_header

from etown_kg.backend import Backend, Begun, QueryRequest, QueryResult
from etown_kg.web import access_log, exchange, packing
from etown_kg.web.answers import Answer, Answers
from etown_kg.web.conditional import PACKED, digest, is_repeatable, tag_of, tags
from etown_kg.web.headers import ALWAYS
from etown_kg.web.limits import RequestLimits
from etown_kg.web.message import Message, read_message
from etown_kg.web.metrics import Metrics
from etown_kg.web.protocol import (
    FORM,
    DescriptionRequest,
    RequestError,
    read_query,
    wants_safe_csv,
)
from etown_kg.web.rate_limit import RateLimit, client_of

# An answer of more bytes is made and packed in a thread of its own.
MAX_ANSWER_BYTES = 128 * 1024
ROUTE = "/sparql"
# Where an app has its `Express`, if it has one.
EXTENSION = "etown_express"
# Requests that are remembered, as far as they are no longer than this.
_REMEMBERED = 1024
_REMEMBERED_BYTES = 4096


class Question(NamedTuple):
    """What a request asks, all that can be told from its bytes.

    `digest` is the question's part of its entity tags, "" if its answer may change while the
    data do not; `held` are the tags of the answers that the client has.
    """

    message: Message
    asked: QueryRequest
    digest: str
    held: tuple[str, ...]
    takes_packed: bool
    name: str


class Express:
    """Reads requests and makes responses, as bytes. For one thread.

    `rate` bounds how often one client may ask. Answers are kept in `cache_bytes` of memory.
    """

    def __init__(
        self,
        backend: Backend,
        limits: RequestLimits,
        query_s: float,
        *,
        metrics: Metrics,
        log: logging.Logger | None,
        rate: RateLimit | None,
        cache_bytes: int,
    ) -> None:
        self._backend = backend
        self._limits = limits
        self._query_s = query_s
        self._metrics = metrics
        self._log = log
        self._rate = rate
        self._answers = Answers(cache_bytes)
        # How many responses were made here.
        self.answered = 0
        self._known = lru_cache(_REMEMBERED)(self._read)

    def read(self, received: bytes) -> Question | None:
        """What these bytes ask, if it is a question for here."""
        if len(received) <= _REMEMBERED_BYTES:
            return self._known(received)
        return self._read(received)

    def admits(self, address: str) -> bool:
        """Whether the client at this address may ask now; this counts as one request of it."""
        return self._rate is None or not self._rate.wait_s(_client(address))

    def at_once(self, question: Question, address: str, started: float) -> bytes | None:
        """The response, if it takes nobody's help; `started` by `perf_counter`."""
        version = self._backend.known_version() if question.digest else None
        if version is not None:
            tag = tag_of(version, question.digest)
            if tag in question.held:
                return self._respond(question, address, started, HTTPStatus.NOT_MODIFIED, tag)
            answer = self._answers.get(tag)
            if answer is not None:
                return self._send(question, address, started, tag, answer)
        result = self._backend.lookup(question.asked)
        return None if result is None else self.response(question, address, started, result)

    def begin(self, question: Question, address: str) -> Begun | None:
        """Begin to work on the answer, if that takes no waiting."""
        return self._backend.begin(question.asked, _client(address))

    def response(
        self, question: Question, address: str, started: float, result: QueryResult
    ) -> bytes:
        """The response with an answer of `MAX_ANSWER_BYTES` or less."""
        tag = tag_of(result.version, question.digest) if question.digest else None
        answer = Answer(result.format.content_type, result.body)
        return self._send(question, address, started, tag, answer)

    def _read(self, received: bytes) -> Question | None:
        message = read_message(received)
        if message is None or message.path not in (ROUTE, f"{ROUTE}/"):
            return None
        headers = message.headers
        try:
            asked = self._asked(message)
            held = tuple(tags(headers["if-none-match"])) if "if-none-match" in headers else ()
        except RequestError:
            return None
        if asked is None:
            return None
        given = headers.get("x-request-id", "")
        return Question(
            message,
            asked,
            digest(*exchange.question(asked, is_safe=False)) if is_repeatable(asked.text) else "",
            held,
            "accept-encoding" in headers and _takes_gzip(headers["accept-encoding"]),
            given if access_log.is_name(given) else "",
        )

    def _asked(self, message: Message) -> QueryRequest | None:
        """The query that a message asks, None if it asks for more, or for something else.

        Raises:
            RequestError: see `read_query`.
        """
        headers = message.headers
        host = headers["host"].lower().removesuffix(":80")
        base = f"http://{host}{message.path}"
        accept = headers.get("accept")
        text = sole_query(message, self._limits)
        if text is not None:
            return QueryRequest(text, accept=accept, base=base)
        content_type = headers.get("content-type", "")
        is_form = message.method == "POST" and content_type.lower().startswith(FORM)
        asked = read_query(
            message.method,
            message.query_string,
            content_type=content_type,
            body=message.body,
            accept=accept,
            limits=self._limits,
        )
        is_safe = wants_safe_csv(
            message.query_string, message.body if is_form else b"", limits=self._limits
        )
        if isinstance(asked, DescriptionRequest) or asked.explain_empty or is_safe:
            return None
        timeout_s = None if asked.timeout_s is None else min(asked.timeout_s, self._query_s)
        return replace(asked, base=base, timeout_s=timeout_s)

    def _send(
        self, question: Question, address: str, started: float, tag: str | None, answer: Answer
    ) -> bytes:
        """The response with an answer, which is kept if it has a tag."""
        media_type = answer.content_type.partition(";")[0]
        is_packed = question.takes_packed and packing.is_worth_it(media_type, len(answer.body))
        if is_packed and answer.packed is None:
            answer = answer._replace(packed=packing.packed(answer.body))
        if tag is not None:
            self._answers.keep(tag, answer)
        body = answer.packed if is_packed and answer.packed is not None else answer.body
        shown = tag + PACKED if tag is not None and is_packed else tag
        more = f"Content-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n"
        if is_packed:
            more += "Content-Encoding: gzip\r\n"
        return self._respond(question, address, started, HTTPStatus.OK, shown, more, body)

    def _respond(
        self,
        question: Question,
        address: str,
        started: float,
        status: HTTPStatus,
        tag: str | None,
        more: str = "",
        body: bytes = b"",
    ) -> bytes:
        """The bytes of a response, counted and logged."""
        self.answered += 1
        name = question.name or access_log.new_name()
        kept = _NEVER_KEPT if tag is None else f'{_KEPT}"{tag}"'
        head = f"{_STATUS[status]}{more}{access_log.HEADER}: {name}{_date(int(time.time()))}{kept}"
        seconds = time.perf_counter() - started
        self._metrics.count(question.message.method, ROUTE, int(status), seconds, len(body))
        if self._log is not None:
            access_log.write(
                self._log, id=name, client=address, token=None, method=question.message.method,
                path=question.message.path, status=int(status), bytes=len(body),
                ms=round(seconds * 1000, 1),
                agent=question.message.headers.get("user-agent", "")[: access_log.MAX_AGENT],
            )  # fmt: skip
        return b"".join((head.encode("latin-1"), _ALWAYS, body))


def sole_query(message: Message, limits: RequestLimits) -> str | None:
    """The text of a query that comes by GET with no other parameter: what `read_query` finds.

    It is a third of the time of the whole to read it as one of many. None where `read_query` has
    to look, or has something to say.
    """
    encoded = message.query_string
    if (
        message.method != "GET"
        or not encoded.startswith(b"query=")
        or b"&" in encoded
        or len(encoded) > limits.query_bytes
    ):
        return None
    try:
        return _unquoted(encoded[6:].replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        return None


def _unquoted(encoded: bytes) -> bytes:
    """What `urllib.parse.unquote_to_bytes` gives, for bytes without line breaks.

    Quoted-printable (RFC 2045, section 6.7) writes =3D where an address has %3D, and is read in
    C. It is read otherwise where an escape is none, which the length tells.
    """
    escapes = encoded.count(b"%")
    plain = a2b_qp(encoded.replace(b"=", b"=3D").replace(b"%", b"="))
    if len(plain) != len(encoded) - 2 * escapes:
        return unquote_to_bytes(encoded)
    return plain


@lru_cache(maxsize=256)
def _takes_gzip(accept_encoding: str) -> bool:
    return bool(parse_accept_header(accept_encoding)["gzip"] > 0)


_client = lru_cache(maxsize=4096)(client_of)
_STATUS = {
    status: f"HTTP/1.1 {int(status)} {status.phrase}\r\n"
    for status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
}
_NEVER_KEPT = f"Cache-Control: {exchange.NEVER_KEEP}"
_KEPT = f"Cache-Control: {exchange.REVALIDATE}\r\nETag: "
_ALWAYS = "".join(
    f"\r\n{name}: {value}"
    for name, value in {**ALWAYS, "Vary": "Accept, Accept-Encoding"}.items()
).encode() + b"\r\n\r\n"  # fmt: skip


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    """The line with the time, as HTTP writes it (RFC 9110, section 5.6.7), and its ends."""
    return f"\r\nDate: {formatdate(second, usegmt=True)}\r\n"
