"""Data extension: the values of properties of things, as columns (API 0.2, section 7).

A property may be an indicator too: its values are the figures of that place or group, in words,
so that "more than 300" does not become 300 on its way into a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus

from pyoxigraph import Literal, NamedNode

from etown_kg import vocab
from etown_kg.curies import expanded, is_iri
from etown_kg.figures.figure import Figure
from etown_kg.reconcile import Extension
from etown_kg.reconcile.request import Wanted
from etown_kg.web.pages.figured import names_for
from etown_kg.web.pages.intervals import in_words
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.reconcile.matching import ANYTHING
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names, Term
from etown_kg.web.protocol import RequestError

# Things times properties of one request.
MAX_CELLS = 5_000
# Properties that are proposed where no number is asked for, and at most.
PROPOSED, MOST_PROPOSED = 20, 200
Cell = dict[str, object]

_VALUES = """
SELECT DISTINCT ?s ?p ?o WHERE {{
  VALUES ?s {{ {things} }} VALUES ?p {{ {properties} }} ?s ?p ?o FILTER(!isBlank(?o))
}}
"""
_USED = """
SELECT ?p (COUNT(DISTINCT ?s) AS ?n) WHERE {{
  {members} ?s ?p ?o FILTER(isIRI(?s) && !isBlank(?o))
}} GROUP BY ?p ORDER BY DESC(?n) ?p LIMIT {limit}
"""
# What follows from every class, and tells no thing from another.
_EVERYWHERE = frozenset((vocab.OWL + "sameAs", vocab.OWL + "differentFrom"))
_WHOLE = frozenset(
    vocab.XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
        "nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort",
        "unsignedByte",
    )
)  # fmt: skip
_REAL = frozenset(vocab.XSD + name for name in ("decimal", "double", "float"))
_DAY = re.compile(r"-?\d{4,}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")


def extended(site: Site, extension: Extension, language: str) -> dict[str, object]:
    """The rows of a data extension, and what their columns are."""
    columns = [(each, expanded(each.property) or each.property) for each in extension.properties]
    properties = [iri for _, iri in columns]
    indicators = _indicators(site, properties)
    values = _values(site, extension.ids, [iri for iri in properties if iri not in indicators])
    terms = [term for several in values.values() for term in several]
    names = site.names([*filter(is_iri, properties), *terms], language)
    rows: dict[str, dict[str, list[Cell]]] = {}
    for thing in extension.ids:
        rows[thing] = {}
        for wanted, iri in columns:
            cells = (
                _figures(site, indicators[iri], thing)
                if iri in indicators
                else [_cell(term, names) for term in _chosen(values.get((thing, iri), ()), wanted)]
            )
            rows[thing][wanted.property] = cells[: wanted.limit or None]
    return {
        "meta": [{"id": each.property, "name": names.label(iri)} for each, iri in columns],
        "rows": rows,
    }


def proposed(site: Site, kind: str, limit: str | None, language: str) -> dict[str, object]:
    """The properties that things of a class have, the most frequent first, and their indicators.

    Raises:
        RequestError: 400 the class is no IRI, the limit no number.
    """
    given = (limit or "").strip()
    if given and not (given.isascii() and given.isdigit() and 0 < len(given) < 7 and int(given)):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"limit={given[:20]!r} is no number of properties",
            hint=f"give a number from 1 to {MOST_PROPOSED}, or leave it out",
        )
    most = min(int(given), MOST_PROPOSED) if given else PROPOSED
    iri = expanded(kind) or kind
    if kind and not is_iri(iri):
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            f"type={kind[:80]!r} is no absolute IRI",
            hint="give the id of a type, percent-encoded",
        )
    is_any = not kind or iri in ANYTHING
    members = "" if is_any else f"?s a {NamedNode(iri)} ."
    asked = _USED.format(members=members, limit=MOST_PROPOSED)
    used = [str(getattr(row["p"], "value", "")) for row in site.ask(asked)]
    found = [each for each in used if each not in _EVERYWHERE]
    # The figures come first: nobody finds them among the properties.
    found = [*_indicators_of(site, members), *found][:most]
    names = site.names(found, language)
    return {
        "type": kind,
        "limit": most,
        "properties": [{"id": each, "name": names.label(each)} for each in found],
    }


def _values(
    site: Site, things: Iterable[str], properties: Sequence[str]
) -> dict[tuple[str, str], list[Term]]:
    """The values of each thing and property, in an order that does not change."""
    things, properties = [list(filter(is_iri, each)) for each in (things, properties)]
    if not things or not properties:
        return {}
    asked = _VALUES.format(
        things=" ".join(f"<{iri}>" for iri in things),
        properties=" ".join(f"<{iri}>" for iri in dict.fromkeys(properties)),
    )
    found: dict[tuple[str, str], list[Term]] = {}
    for row in site.ask(asked):
        s, p = row["s"], row["p"]
        assert isinstance(s, NamedNode)
        assert isinstance(p, NamedNode)
        found.setdefault((s.value, p.value), []).append(row["o"])
    return {place: sorted(terms, key=str) for place, terms in found.items()}


def _chosen(terms: Sequence[Term], wanted: Wanted) -> list[Term]:
    """The values in the language that is wanted, and those of no language."""
    return [
        term
        for term in terms
        if not wanted.language
        or not isinstance(term, Literal)
        or not term.language
        or term.language.lower().split("-")[0] == wanted.language.split("-")[0]
    ]


def _cell(term: Term, names: Names) -> Cell:
    """A value as the API has it; what it has no form for is a text."""
    if isinstance(term, NamedNode):
        return {"id": term.value, "name": names.label(term)}
    if not isinstance(term, Literal):
        return {"str": str(term)}
    text, datatype = term.value, term.datatype.value
    if datatype in _WHOLE and re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        return {"int": int(text)}
    if datatype in _REAL and re.fullmatch(r"[+-]?[0-9.]{1,15}(?:[eE][+-]?[0-9]{1,2})?", text):
        return {"float": float(text)}
    if datatype == vocab.XSD + "date" and _DAY.fullmatch(text):
        return {"date": f"{text}T00:00:00"}
    if datatype == vocab.XSD + "dateTime" and _MOMENT.fullmatch(text):
        return {"date": text}
    return {"str": text}


def _indicators(site: Site, properties: Iterable[str]) -> dict[str, list[Figure]]:
    """The figures of those of the properties that are indicators."""
    wanted = set(properties)
    found: dict[str, list[Figure]] = {}
    for figure in site.figures():
        if figure.indicator in wanted:
            found.setdefault(figure.indicator, []).append(figure)
    return found


def _indicators_of(site: Site, members: str) -> list[str]:
    """The indicators of which some member of a class has a figure; "" for all things."""
    figures = list(site.figures())
    if not figures or not members:
        return list(dict.fromkeys(each.indicator for each in figures if each.indicator))
    subjects = {iri for each in figures for iri in (*each.places, *each.groups) if is_iri(iri)}
    rows = site.ask(
        f"SELECT DISTINCT ?s WHERE {{ VALUES ?s {{ {' '.join(f'<{iri}>' for iri in subjects)} }} "
        f"{members} }}"
    )
    ours = {str(getattr(row["s"], "value", "")) for row in rows}
    return list(
        dict.fromkeys(
            each.indicator
            for each in figures
            if each.indicator and not ours.isdisjoint((*each.places, *each.groups))
        )
    )


def _figures(site: Site, figures: Sequence[Figure], thing: str) -> list[Cell]:
    """The figures of a thing in words, each with its period."""
    own = [each for each in figures if thing in each.places or thing in each.groups]
    names = names_for(site, own)
    return [{"str": _in_words(each, names)} for each in own]


def _in_words(figure: Figure, names: Names) -> str:
    words = in_words(figure, names)
    if figure.period is None:
        return words
    return plain(
        "reconcile.figure", names.language, words=words, period=names.label(figure.period.iri)
    )
