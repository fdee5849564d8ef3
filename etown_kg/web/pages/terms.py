"""Terms as a page shows them: a label in the reader's language, and where it leads.

Whatever stands in the data is text: only a local page and an http(s) address become links, so a
``javascript:`` IRI is a name like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from etown_kg import vocab
from etown_kg.curies import compressed, shown
from etown_kg.web.pages.addresses import path_of
from etown_kg.web.pages.excerpts import NAME_CHARACTERS, TEXT_CHARACTERS, excerpt
from etown_kg.web.pages.labels import Label
from etown_kg.web.pages.language import texts

Term = NamedNode | BlankNode | Literal | Triple

_NUMBERS = frozenset(
    vocab.XSD + name
    for name in (
        "integer", "decimal", "double", "float", "int", "long", "short", "byte",
        "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger",
        "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
# Names that are kept: they are asked for again and again, and follow from the IRI alone.
KEPT = 10_000
# Datatypes that a literal shows by its form.
_PLAIN = frozenset(
    (
        vocab.RDF + "langString",
        *(
            vocab.XSD + name
            for name in (
                "string", "boolean", "date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth",
                "anyURI",
            )
        ),
    )
)  # fmt: skip
# Bounded, since Python reads no number of more than a few thousand digits.
_LONG_NUMBER = re.compile(r"(-?[0-9]{5,100})((?:\.[0-9]+)?)")


@dataclass(frozen=True)
class Shown:
    """One term of a page.

    Attributes:
        text: the label, or the literal's text.
        kind: ``iri``, ``number``, ``text``, ``blank`` or ``triple``.
        iri: the IRI, "" for other terms.
        path: the path of its page here, without the server's own prefix; "" if it has none.
        url: where it leads outside, for an http(s) IRI that the graph does not describe.
        language: of `text`, as a tag; "" if it has none.
        datatype: the CURIE of a literal's datatype, where it is not plain text.
        has_label: whether `text` is a label that the graph gives.
        omitted: characters of a literal that `text`, its beginning, leaves out.
    """

    text: str
    kind: str
    iri: str = ""
    path: str = ""
    url: str = ""
    language: str = ""
    datatype: str = ""
    has_label: bool = True
    omitted: int = 0


@dataclass(frozen=True)
class Names:
    """How to show the terms of one page to one reader; `Site.names` makes it."""

    known: Mapping[str, Label]
    base: str
    language: str
    # A page shows the same thing many times.
    _shown: dict[str, Shown] = field(default_factory=dict, repr=False, compare=False)

    def shown(self, term: Term | str) -> Shown:
        """A term, or an IRI given as text. One that `Site.names` was not told of has no label."""
        if isinstance(term, str):
            return self._iri(term)
        if isinstance(term, NamedNode):
            return self._iri(term.value)
        if isinstance(term, Literal):
            return literal_shown(term)
        return Shown(shown(term), "blank" if isinstance(term, BlankNode) else "triple")

    def label(self, term: Term | str) -> str:
        """The text alone."""
        return self.shown(term).text

    def _iri(self, iri: str) -> Shown:
        shown = self._shown.get(iri)
        if shown is None:
            shown = self._shown[iri] = self._made(iri)
        return shown

    def _made(self, iri: str) -> Shown:
        known = self.known.get(iri, Label())
        found = known.best(self.language)
        text, language = found or (_standard(iri, self.language) or short_name(iri), "")
        path = path_of(iri, self.base) if known.is_described else ""
        url = iri if not path and is_address(iri) else ""
        return Shown(text, "iri", iri, path, url, language, has_label=found is not None)


@lru_cache(maxsize=KEPT)
def _standard(iri: str, language: str) -> str:
    """What everybody calls a term of the standards, which graphs seldom say; "" for others."""
    variants = texts().get(f"standard.{compressed(iri)}")
    return variants[language] if variants else ""


def literal_shown(literal: Literal) -> Shown:
    """A literal for reading: numbers with their thousands apart, datatypes that tell something."""
    datatype = literal.datatype.value
    text = excerpt(literal.value)
    omitted = max(0, len(literal.value) - TEXT_CHARACTERS)
    if datatype in _NUMBERS:
        return Shown(grouped(text), "number", omitted=omitted)
    named = "" if datatype in _PLAIN else excerpt(compressed(datatype), NAME_CHARACTERS)
    language = literal.language or ""
    return Shown(text, "text", language=language, datatype=named, omitted=omitted)


def shortened(shown: Shown, most: int) -> Shown:
    """The same with a text of `most` characters, for where there is less room."""
    omitted = len(shown.text) - most
    if omitted <= 0:
        return shown
    return replace(shown, text=excerpt(shown.text, most), omitted=shown.omitted + omitted)


def grouped(number: str) -> str:
    """A plain number of five digits or more with its thousands apart.

    >>> grouped("1234567.5"), grouped("2021"), grouped("1E400")
    ('1,234,567.5', '2021', '1E400')
    """
    whole = _LONG_NUMBER.fullmatch(number)
    return f"{int(whole[1]):,}{whole[2]}" if whole else number


@lru_cache(maxsize=KEPT)
def short_name(iri: str) -> str:
    """What to call an IRI that has no label: its CURIE, its last part, or itself.

    >>> short_name("http://www.w3.org/2004/02/skos/core#Concept")
    'skos:Concept'
    >>> short_name("http://zoo.example/animals/grey%20eel")
    'grey eel'
    """
    name = compressed(iri)
    if name.startswith("<"):
        name = unquote(re.split(r"[/#:]", iri.rstrip("/#"))[-1]) or iri
    return excerpt(name, NAME_CHARACTERS)


def is_address(iri: str) -> bool:
    """Whether an IRI can be followed without danger: http and https alone."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
