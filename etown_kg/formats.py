"""The one table of formats: names, media types, suffixes, and who negotiates what.

Three kinds, after what a format can carry: ``graph`` (triples), ``dataset`` (quads; it can
carry a graph too) and ``solutions`` (SELECT and ASK answers). Negotiation follows RFC 9110,
section 12.5.1, through Werkzeug's accept parsing; the two leniencies below are the ones that
widespread clients need.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from pyoxigraph import QueryResultsFormat, RdfFormat

from etown_kg.errors import FormatError

if TYPE_CHECKING:
    from werkzeug.datastructures import MIMEAccept

Kind = Literal["graph", "dataset", "solutions"]
Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]


@dataclass(frozen=True)
class Format:
    """One serialisation.

    `media_type` is what an answer says; `accepted` are further types that ask for it;
    `names` are values of the ``format``/``output``/``results`` parameters and of ``--format``.
    `charset` tells whether the answer's Content-Type carries ``; charset=utf-8``: the binary
    and self-describing types do not, and some clients compare them as a whole.
    """

    label: str
    media_type: str
    kind: Kind
    names: tuple[str, ...]
    suffixes: tuple[str, ...]
    accepted: tuple[str, ...] = ()
    charset: bool = False
    rdf: RdfFormat | None = None
    results: QueryResultsFormat | None = None

    @property
    def name(self) -> str:
        """The format's first name: the one that messages and help texts show."""
        return self.names[0]

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return f"{self.media_type}; charset=utf-8" if self.charset else self.media_type


TURTLE = Format(
    "Turtle", "text/turtle", "graph", ("turtle", "ttl"), (".ttl", ".turtle"),
    ("application/turtle", "application/x-turtle"), charset=True, rdf=RdfFormat.TURTLE,
)  # fmt: skip
N_TRIPLES = Format(
    "N-Triples", "application/n-triples", "graph", ("ntriples", "nt", "n-triples"), (".nt",),
    rdf=RdfFormat.N_TRIPLES,
)  # fmt: skip
RDF_XML = Format(
    "RDF/XML", "application/rdf+xml", "graph", ("rdf", "rdf+xml", "rdfxml", "xml"),
    (".rdf", ".owl", ".xml"), ("application/xml", "text/xml"), rdf=RdfFormat.RDF_XML,
)  # fmt: skip
JSON_LD = Format(
    "JSON-LD", "application/ld+json", "dataset", ("jsonld", "json-ld", "json"), (".jsonld",),
    ("application/json",), rdf=RdfFormat.JSON_LD,
)  # fmt: skip
TRIG = Format(
    "TriG", "application/trig", "dataset", ("trig",), (".trig",), ("application/x-trig",),
    rdf=RdfFormat.TRIG,
)  # fmt: skip
N_QUADS = Format(
    "N-Quads", "application/n-quads", "dataset", ("nquads", "nq", "n-quads"), (".nq",),
    rdf=RdfFormat.N_QUADS,
)  # fmt: skip
JSON = Format(
    "SPARQL results JSON", "application/sparql-results+json", "solutions", ("json", "srj"),
    (".srj", ".json"), ("application/json",), results=QueryResultsFormat.JSON,
)  # fmt: skip
XML = Format(
    "SPARQL results XML", "application/sparql-results+xml", "solutions", ("xml", "srx"),
    (".srx", ".xml"), ("application/xml", "text/xml"), results=QueryResultsFormat.XML,
)  # fmt: skip
CSV = Format(
    "CSV", "text/csv", "solutions", ("csv",), (".csv",), charset=True,
    results=QueryResultsFormat.CSV,
)  # fmt: skip
TSV = Format(
    "TSV", "text/tab-separated-values", "solutions", ("tsv",), (".tsv",), charset=True,
    results=QueryResultsFormat.TSV,
)  # fmt: skip

# Order is preference: the first of a kind is the default.
RDF_FORMATS = (TURTLE, N_TRIPLES, RDF_XML, JSON_LD, TRIG, N_QUADS)
SOLUTION_FORMATS = (JSON, XML, CSV, TSV)
# The W3C names no boolean form for CSV and TSV, and clients misread one: an ASK gets these.
BOOLEAN_FORMATS = (JSON, XML)


def for_form(form: Form) -> tuple[Format, ...]:
    """The formats that an answer to this query form can have, the default first.

    >>> [format.name for format in for_form("ASK")]
    ['json', 'xml']
    """
    if form == "SELECT":
        return SOLUTION_FORMATS
    return BOOLEAN_FORMATS if form == "ASK" else RDF_FORMATS


def by_name(name: str, among: Iterable[Format] = RDF_FORMATS + SOLUTION_FORMATS) -> Format:
    """The format with this name or media type; the first in order where several have it.

    >>> by_name("ttl").media_type
    'text/turtle'

    Raises:
        FormatError: no format has that name; its `known` lists the names.
    """
    formats = tuple(among)
    wanted = name.strip().lower()
    for format in formats:
        if wanted in format.names or wanted in (format.media_type, *format.accepted):
            return format
    raise FormatError(name, [format.name for format in formats])


def by_suffix(path: PurePath | str, among: Iterable[Format] = RDF_FORMATS) -> Format:
    """The format of a file by its suffix.

    Raises:
        FormatError: no format has that suffix.
    """
    formats = tuple(among)
    suffix = PurePath(path).suffix.lower()
    for format in formats:
        if suffix in format.suffixes:
            return format
    raise FormatError(str(path), [suffix for format in formats for suffix in format.suffixes])


def negotiate(form: Form, accept: str | None, parameters: Iterable[str] = ()) -> Format:
    """The format of an answer, from the request's Accept header and format parameters.

    The first of `parameters` that names a format of this query form decides; unknown ones are
    ignored, since clients send several spellings at once. Then Accept decides with full
    q-values and wildcards. Two leniencies: an Accept that lists only types of the *other*
    query form gets the default with its true type (rdflib's connector sends one fixed header
    for every form), and an ASK with only CSV or TSV gets JSON.

    Raises:
        FormatError: nothing acceptable is offered (HTTP 406); `known` lists what is.
    """
    named = tuple(parameters)
    if len(accept or "") + sum(map(len, named)) > _REMEMBERED_LENGTH:
        return _negotiated.__wrapped__(form, accept, named)
    return _negotiated(form, accept, named)


# Clients repeat themselves, and reading a header takes as long as a small query.
_REMEMBERED_LENGTH = 1024


@lru_cache(maxsize=512)
def _negotiated(form: Form, accept: str | None, parameters: tuple[str, ...]) -> Format:
    offered = for_form(form)
    for parameter in parameters:
        try:
            return by_name(parameter, offered)
        except FormatError:
            continue
    accepted = _parsed(accept)
    if not accepted:
        return offered[0]
    best = _best(accepted, offered)
    if best is not None:
        return best
    other = RDF_FORMATS if form in ("SELECT", "ASK") else SOLUTION_FORMATS
    if _best(accepted, (*other, *SOLUTION_FORMATS)) is not None:
        return offered[0]
    raise FormatError(accept or "", [format.media_type for format in offered])


def _parsed(accept: str | None) -> MIMEAccept:
    """The header's types without parameters, which Werkzeug would compare literally."""
    from werkzeug.datastructures import MIMEAccept  # slow to load: see `prepare`
    from werkzeug.http import parse_accept_header

    parsed = parse_accept_header(accept or "", MIMEAccept)
    return MIMEAccept([(value.split(";")[0].strip().lower(), q) for value, q in parsed])


def prepare() -> None:
    """Load what reads headers, which takes 30 ms: for processes that may load nothing later."""
    _negotiated("ASK", "*/*", ())


def _best(accepted: MIMEAccept, offered: Iterable[Format]) -> Format | None:
    """The offered format of highest quality; among equals the more specific, then the first.

    A type named outright counts before one that a wildcard admits, so that
    ``text/csv, */*`` gets CSV; the quality of a type is that of its most specific range
    (RFC 9110, section 12.5.1), so that ``text/turtle;q=0, */*`` excludes Turtle.
    """
    best: tuple[float, int] = (0.0, 0)
    chosen: Format | None = None
    for format in offered:
        # A wildcard admits a format by its own type only; the aliases must be named outright.
        ranks = [_rank(accepted, format.media_type)]
        ranks += [rank for alias in format.accepted if (rank := _rank(accepted, alias))[1] == 2]
        if max(ranks) > best and max(ranks)[0] > 0:
            best, chosen = max(ranks), format
    return chosen


def _rank(accepted: MIMEAccept, media_type: str) -> tuple[float, int]:
    """(quality, specificity) of a type: 2 named outright, 1 by ``type/*``, 0 by ``*/*``."""
    major = media_type.split("/")[0]
    for specificity, pattern in ((2, media_type), (1, f"{major}/*"), (0, "*/*")):
        qualities = [q for value, q in accepted if value == pattern]
        if qualities:
            return max(qualities), specificity
    return 0.0, 0
