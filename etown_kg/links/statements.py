"""Mappings as RDF statements: ``sssom:Mapping`` with a property for each column.

Each link stands twice: as the plain SKOS triple, which clients follow, and as the mapping that
tells where it comes from. A mapping that is no accepted link has no plain triple.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Members
from decimal import Decimal, InvalidOperation

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.curies import compressed
from etown_kg.errors import SettingError
from etown_kg.links.mapping import COLUMNS, EXTENSIONS, KINDS, SENTENCES, Mapping, State

_TYPE = vocab.RDF + "type"
_MAPPING = NamedNode(vocab.SSSOM + "Mapping")
_COMMENT = vocab.RDFS + "comment"
SEMAPV = "https://w3id.org/semapv/vocab/"
# Prefixes of links beside the project's own.
PREFIXES: dict[str, str] = {
    **vocab.PREFIXES,
    "semapv": SEMAPV,
    "wd": "http://www.wikidata.org/entity/",
    "dbr": "http://dbpedia.org/resource/",
    "gn": "https://sws.geonames.org/",
    "om": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
}
_HEAD = """\
# Links to other graphs, in the columns of SSSOM (https://w3id.org/sssom/). Each link stands twice:
# as the plain SKOS triple and as a mapping that says how, where and when it was found, who reviewed
# it and why. What nobody has accepted has no plain triple. Never owl:sameAs, and never part of the
# reasoner's input. `etown-kg links export` makes a table of this file, `etown-kg links import`
# makes it of a table.
"""
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|<[^>]*>')
_PREFIX = re.compile(r"([\w-]+):")
Term = NamedNode | BlankNode | Literal | Triple


def property_of(column: str) -> str:
    """The property of a column."""
    if column in EXTENSIONS:
        return EXTENSIONS[column][0]
    return _COMMENT if column == "comment" else vocab.SSSOM + column


def mappings_of(quads: Iterable[Quad]) -> list[Mapping]:
    """The mappings that stand in a graph, by the order of their links.

    Raises:
        SettingError: a number of a mapping is none.
    """
    described: dict[str, list[tuple[str, Term]]] = {}
    mappings: set[str] = set()
    for quad in quads:
        if isinstance(quad.subject, NamedNode):
            if quad.predicate.value == _TYPE and quad.object == _MAPPING:
                mappings.add(quad.subject.value)
            elif quad.predicate.value in _COLUMN_OF:
                described.setdefault(quad.subject.value, []).append(
                    (quad.predicate.value, quad.object)
                )
    found = [_mapping(iri, described.get(iri, ())) for iri in mappings]
    return sorted(found, key=lambda each: (*each.link, each.iri))


def turtle(mappings: Iterable[Mapping], language: str = "en") -> str:
    """The Turtle of mappings, the same for the same ones in whatever order.

    `language` is that of texts for people of which it is not known.
    """
    listed = sorted(mappings, key=lambda each: (*each.link, each.iri))
    blocks = [_block(each, language) for each in listed]
    # Without texts, in which any word may stand before a colon.
    bare = _TEXT.sub("", "".join(blocks))
    used = sorted({name for name in _PREFIX.findall(bare) if name in PREFIXES})
    prefixes = "".join(f"@prefix {name}: <{PREFIXES[name]}> .\n" for name in used)
    return "\n".join((prefixes + "\n" + _HEAD, *blocks)) if blocks else _HEAD


_COLUMN_OF: Members[str, str] = {
    property_of(column): column for column in (*COLUMNS, *EXTENSIONS) if column != "record_id"
}


def _mapping(iri: str, statements: Iterable[tuple[str, Term]]) -> Mapping:
    values: dict[str, set[str]] = {}
    languages: dict[str, str] = {}
    for name, term in statements:
        column = _COLUMN_OF[name]
        if name == property_of("mapping_source"):
            # An IRI is a mapping set, a text the place where somebody found it.
            column = "mapping_source" if isinstance(term, NamedNode) else "ext_found_in"
        text = str(getattr(term, "value", term))
        if KINDS[column] == "number":
            text = _number(text, iri, column)
        values.setdefault(column, set()).add(text)
        if isinstance(term, Literal) and term.language:
            languages[text] = term.language
    return Mapping(
        iri, {name: tuple(sorted(values[name])) for name in KINDS if name in values}, languages
    )


def _number(text: str, iri: str, column: str) -> str:
    try:
        return decimal(text)
    except InvalidOperation:
        raise SettingError(
            f"{compressed(iri)} sssom:{column}", f"{text!r} is no number", hint="write 0.7, say"
        ) from None


def _block(mapping: Mapping, language: str) -> str:
    """A mapping's statements, and its link's if it was accepted."""
    lines = [f"{_named(mapping.iri)} a sssom:Mapping"]
    for column, values in mapping.values.items():
        if column == "record_id":
            continue
        tags = (mapping.languages.get(value, language) for value in values)
        terms = " , ".join(
            _term(column, value, tag) for value, tag in zip(values, tags, strict=True)
        )
        lines.append(f"    {_named(property_of(column))} {terms}")
    block = " ;\n".join(lines) + " .\n"
    if mapping.state is not State.ACCEPTED:
        return block
    return " ".join(map(_named, mapping.link)) + " .\n\n" + block


def _term(column: str, value: str, language: str) -> str:
    kind = KINDS[column]
    if kind == "entity":
        return _named(value)
    if kind == "date":
        return f'"{value}"^^xsd:date'
    if kind == "number":
        return decimal(value)
    return str(Literal(value, language=language) if column in SENTENCES else Literal(value))


def decimal(value: str) -> str:
    """A number as Turtle writes decimals.

    >>> decimal("1"), decimal("-1.0"), decimal("1e-2")
    ('1.0', '-1.0', '0.01')
    """
    digits = format(Decimal(value), "f")
    return digits if "." in digits else f"{digits}.0"


def _named(iri: str) -> str:
    return compressed(iri, PREFIXES)
