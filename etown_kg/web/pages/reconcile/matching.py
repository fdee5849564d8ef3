"""The candidates of names, with all that their scores follow from (API 0.2, section 4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from pyoxigraph import Literal, NamedNode

from etown_kg import vocab
from etown_kg.curies import expanded, is_iri
from etown_kg.errors import LimitError
from etown_kg.reconcile import (
    Candidate,
    Evidence,
    Given,
    Query,
    Reference,
    judged,
    likeness,
    named_same,
)
from etown_kg.search import Hit, How, Index, Role, Text
from etown_kg.web.lookup import ABOUT, Snapshot
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.schema import KIND_OF
from etown_kg.web.pages.search import MAX_CHARACTERS, definition_in, own_first
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names, Term

# Things that are looked at for one query, and the seconds that a batch may take.
RETRIEVED = 60
BATCH_S = 20.0
# The last part of an IRI is nearly a name.
ADDRESS_WORTH = 0.9
# What everything is of.
ANYTHING = frozenset((vocab.OWL + "Thing", vocab.RDFS + "Resource"))
# What is of these is no thing to be matched, unless it is asked for.
TERMS = ABOUT | frozenset(KIND_OF)

_VALUES = """
SELECT ?s ?p ?o WHERE {{ VALUES ?s {{ {things} }} VALUES ?p {{ {properties} }} ?s ?p ?o }}
"""
_MENTIONS = """
SELECT ?o (COUNT(*) AS ?n) WHERE {{ VALUES ?o {{ {things} }} ?s ?p ?o }} GROUP BY ?o
"""
_HAVING = """
SELECT DISTINCT ?s WHERE {{
  ?s <{property}> ?o FILTER(isIRI(?s) && ({conditions}))
}} ORDER BY ?s LIMIT {limit}
"""


def matched(
    site: Site, snapshot: Snapshot, queries: Mapping[str, Query]
) -> dict[str, dict[str, object]]:
    """The answer to a batch.

    Raises:
        LimitError: it takes longer than `BATCH_S`.
    """
    end = time.monotonic() + BATCH_S
    found: dict[str, list[Candidate]] = {}
    for name, query in queries.items():
        if time.monotonic() > end:
            raise LimitError(
                f"time of a batch of {BATCH_S:g} s", "the queries take longer",
                hint="send fewer queries at once", kind="time",
            )  # fmt: skip
        found[name] = _candidates(site, snapshot, _in_full(query, snapshot))
    index = snapshot.index
    iris = list(dict.fromkeys(each.iri for several in found.values() for each in several))
    texts, classes = index.texts(iris), index.classes_of(iris)
    language = reader_language()
    names = site.names(
        [*iris, *(each for several in classes.values() for each in several)], language
    )
    return {
        name: {
            "result": [
                _members(each, names, texts.get(each.iri, []), classes.get(each.iri, []))
                for each in several
            ]
        }
        for name, several in found.items()
    }


def _in_full(query: Query, snapshot: Snapshot) -> Query:
    """The query with whole IRIs, and without types that everything is of."""
    types = [expanded(each) or each for each in query.types]
    return replace(
        query,
        types=() if ANYTHING.intersection(types) else tuple(dict.fromkeys(types)),
        given=tuple(
            replace(each, property=expanded(each.property) or each.property) for each in query.given
        ),
    )


def _candidates(site: Site, snapshot: Snapshot, query: Query) -> list[Candidate]:
    index = snapshot.index
    if len(query.text) > MAX_CHARACTERS and expanded(query.text) is None:
        return []  # no name is so long, and each is compared with it character by character
    if query.text:
        hits = _hits(snapshot, query)
        iris = list(hits)
        texts = index.texts(iris)
        known = [_named(query.text, hits[iri], texts.get(iri, [])) for iri in iris]
    else:
        iris = list(dict.fromkeys(map(snapshot.representative, _having(site, snapshot, query))))
        known = [Evidence(iri, 1.0, False) for iri in iris]
    classes = index.classes_of(iris)
    wanted = frozenset(query.types)
    known = [
        replace(each, types=len(wanted.intersection(classes.get(each.iri, ()))))
        for each in known
        if TERMS.isdisjoint(classes.get(each.iri, ())) or not TERMS.isdisjoint(wanted)
    ]
    known = _with_values(site, snapshot, query.given, known)
    return judged(query, _with_mentions(site, known))


def _hits(snapshot: Snapshot, query: Query) -> dict[str, Hit]:
    """The things that the index finds by a name: of the types first, then of any, if they may."""
    iri = expanded(query.text)
    kinds: list[str | None] = [*query.types]
    if not query.types or query.strictness == "should":
        kinds.append(None)
    found: dict[str, Hit] = {}
    for kind in kinds:
        page = snapshot.index.search(
            query.text,
            iri=snapshot.representative(iri) if iri else None,
            in_class=kind,
            names_only=True,
            limit=RETRIEVED,
        )
        for hit in page.hits:
            found.setdefault(hit.iri, hit)
    return found


def _named(asked: str, hit: Hit, texts: Iterable[Text]) -> Evidence:
    """How alike the names of a thing are to the one that was asked for."""
    if hit.how is How.IRI:
        return Evidence(hit.iri, 1.0, True)
    best, is_named = 0.0, False
    for text in texts:
        if text.role is Role.DEFINITION:
            continue
        is_same = named_same(asked, text.text)
        if text.role is Role.CODE:  # F15 and F16 are alike, and two things
            worth = float(is_same)
        else:
            worth = likeness(asked, text.text) * (
                ADDRESS_WORTH if text.role is Role.ADDRESS else 1.0
            )
        best = max(best, worth)
        is_named = is_named or (is_same and text.role is not Role.ADDRESS)
    return Evidence(hit.iri, best, is_named)


def _with_values(
    site: Site, snapshot: Snapshot, given: Sequence[Given], known: list[Evidence]
) -> list[Evidence]:
    """What is known, with whether the values that were given agree with those of the graph."""
    if not given or not known:
        return known
    values: dict[tuple[str, str], list[Term]] = {}
    for row in site.ask(
        _VALUES.format(
            things=_listed(each.iri for each in known),
            properties=_listed(each.property for each in given),
        )
    ):
        values.setdefault((_text(row["s"]), _text(row["p"])), []).append(row["o"])
    things = {
        _text(term) for terms in values.values() for term in terms if isinstance(term, NamedNode)
    }
    texts = snapshot.index.texts([snapshot.representative(iri) for iri in things])

    def agrees(thing: str, each: Given) -> bool | None:
        terms = values.get((thing, each.property))
        if terms is None:
            return None
        return any(_agrees(value, term, snapshot, texts) for value in each.values for term in terms)

    return [replace(each, agreeing=tuple(agrees(each.iri, one) for one in given)) for each in known]


def _agrees(
    value: str | float | bool | Reference,
    term: Term,
    snapshot: Snapshot,
    texts: Mapping[str, Sequence[Text]],
) -> bool:
    """Whether a value of a table is one of the graph."""
    if isinstance(term, NamedNode):
        ours = snapshot.representative(term.value)
        wanted = value.id if isinstance(value, Reference) else str(value)
        if ours == snapshot.representative(expanded(wanted) or wanted):
            return True
        return not isinstance(value, Reference) and any(
            each.role is not Role.DEFINITION and named_same(wanted, each.text)
            for each in texts.get(ours, ())
        )
    if not isinstance(term, Literal) or isinstance(value, Reference):
        return False
    if isinstance(value, bool):
        return term.value in (("true", "1") if value else ("false", "0"))
    numbers = _number(str(value)), _number(term.value)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return str(value).strip() == term.value or named_same(str(value), term.value)


def _having(site: Site, snapshot: Snapshot, query: Query) -> list[str]:
    """Things that have one of the values of a property that is given, for a query without a name.

    Whether the values agree is judged later, as for every candidate.
    """
    found: list[str] = []
    for given in query.given:
        if not is_iri(given.property):
            continue
        conditions = [
            condition for value in given.values for condition in _conditions(snapshot.index, value)
        ] or ["false"]
        asked = _HAVING.format(
            property=given.property, conditions=" || ".join(conditions), limit=RETRIEVED
        )
        found += [_text(row["s"]) for row in site.ask(asked)]
    return found


def _conditions(index: Index, value: str | float | bool | Reference) -> Iterable[str]:
    """What a value of the graph fulfils that may agree with a given one, in SPARQL."""
    wanted = value.id if isinstance(value, Reference) else str(value)
    iri = expanded(wanted)
    if iri is not None and is_iri(iri):
        yield f"?o = {NamedNode(iri)}"
    if isinstance(value, Reference):
        return
    folded = Literal(wanted.strip().lower() if not isinstance(value, bool) else wanted.lower())
    yield f"(isLiteral(?o) && LCASE(STR(?o)) = {folded})"
    number = _number(wanted)
    if number is not None:
        yield f"(isNumeric(?o) && ?o = {number:f})"
    for hit in index.search(wanted, names_only=True, limit=RETRIEVED).hits:
        if named_same(wanted, hit.text):
            yield f"?o = {NamedNode(hit.iri)}"


def _with_mentions(site: Site, known: list[Evidence]) -> list[Evidence]:
    """What is known; of things that are called the same, with how much the graph speaks of each."""
    same = [each.iri for each in known if each.is_named]
    if len(same) < 2:
        return known
    rows = site.ask(_MENTIONS.format(things=_listed(same)))
    mentions = {_text(row["o"]): int(_text(row["n"])) for row in rows}
    return [replace(each, mentions=mentions.get(each.iri, 0)) for each in known]


def _members(
    candidate: Candidate, names: Names, texts: Sequence[Text], classes: Sequence[str]
) -> dict[str, object]:
    """A candidate as the API has it."""
    definition = definition_in(texts, names.language)
    members: dict[str, object] = {
        "id": candidate.iri,
        "name": names.label(candidate.iri),
        "type": [{"id": kind.iri, "name": kind.text} for kind in own_first(classes, names)],
        "score": candidate.score,
        "match": candidate.is_match,
        "features": [
            {"id": "name_likeness", "value": round(candidate.name, 4)},
            {"id": "same_name", "value": candidate.is_named},
            {"id": "type_factor", "value": candidate.type},
            {"id": "property_factor", "value": round(candidate.properties, 4)},
        ],
    }
    if definition is not None:
        members["description"] = definition.text
    return members


def _listed(iris: Iterable[str]) -> str:
    """IRIs for VALUES; what is none cannot be in the graph."""
    return " ".join(f"<{iri}>" for iri in dict.fromkeys(iris) if is_iri(iri))


def _text(term: object) -> str:
    return str(getattr(term, "value", ""))


def _number(text: str) -> Decimal | None:
    """A number of a table or of the graph, "" and words being none.

    >>> _number("300.0") == _number("300"), _number("more than 300")
    (True, None)
    """
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None
