"""Suggestions as somebody types: things, classes and properties (API 0.2, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from etown_kg import vocab
from etown_kg.curies import expanded
from etown_kg.search.words import folded, local_name
from etown_kg.web.lookup import Snapshot
from etown_kg.web.pages.reconcile.matching import TERMS
from etown_kg.web.pages.schema import CLASS, is_built_in
from etown_kg.web.pages.search import definition_in, own_first
from etown_kg.web.pages.site import Site, Solution

# Suggestions of one answer, and what is searched for them.
SIZE = 10
SEARCHED = 400
Suggestion = dict[str, object]

_CLASSES = """
SELECT ?term (COUNT(*) AS ?n) WHERE { ?s a ?term FILTER(isIRI(?term)) } GROUP BY ?term
"""
_PROPERTIES = "SELECT ?term (COUNT(*) AS ?n) WHERE { ?s ?term ?o } GROUP BY ?term"


def things(
    site: Site, snapshot: Snapshot, typed: str, skipped: int, language: str
) -> list[Suggestion]:
    """Things whose names begin so or have the words; an IRI suggests what it names."""
    index = snapshot.index
    iri = expanded(typed)
    found = index.search(
        typed, iri=snapshot.representative(iri) if iri else None, names_only=True, limit=SEARCHED
    )
    classes = index.classes_of([hit.iri for hit in found.hits])
    iris = [
        hit.iri for hit in found.hits
        if hit.iri == iri or TERMS.isdisjoint(classes.get(hit.iri, ()))
    ][skipped : skipped + SIZE]  # fmt: skip
    kinds = [each for iri in iris for each in classes.get(iri, ())]
    names = site.names([*iris, *kinds], language)
    suggested = _suggested(site, snapshot, iris, language)
    for each, iri in zip(suggested, iris, strict=True):
        each["notable"] = [
            {"id": kind.iri, "name": kind.text} for kind in own_first(classes.get(iri, ()), names)
        ]
    return suggested


def types(
    site: Site, snapshot: Snapshot, typed: str, skipped: int, language: str
) -> list[Suggestion]:
    """Classes of things, those with the most members first where nothing is typed."""
    counts = counted(site, _CLASSES)
    declared = [iri for iri, kind in site.schema().kinds.items() if kind == CLASS]
    return _terms(site, snapshot, typed, skipped, language, counts, declared)


def properties(
    site: Site, snapshot: Snapshot, typed: str, skipped: int, language: str
) -> list[Suggestion]:
    """Properties, those that are used most first where nothing is typed."""
    counts = counted(site, _PROPERTIES)
    declared = [iri for iri, kind in site.schema().kinds.items() if kind != CLASS]
    return _terms(site, snapshot, typed, skipped, language, counts, declared)


KINDS: Mapping[str, Callable[[Site, Snapshot, str, int, str], list[Suggestion]]] = {
    "entity": things,
    "type": types,
    "property": properties,
}


def counted(site: Site, query: str) -> Mapping[str, int]:
    """The terms that a query counts, with their counts; counted once for a version of the data."""

    def count() -> dict[str, int]:
        return {_value(row, "term"): int(_value(row, "n")) for row in site.ask(query)}

    return site.schemas.counts(site.backend.status().version, query, count)


def _terms(
    site: Site,
    snapshot: Snapshot,
    typed: str,
    skipped: int,
    language: str,
    counts: Mapping[str, int],
    declared: Iterable[str],
) -> list[Suggestion]:
    """The terms that are meant, in the order of the search; all of them where nothing is typed."""
    known = {iri for iri in (*counts, *declared) if iri not in _LOGIC}
    ranked = sorted(known, key=lambda iri: (is_built_in(iri), -counts.get(iri, 0), iri))
    iri = expanded(typed)
    if typed and iri in known:
        ranked = [iri]
    elif typed:
        hits = snapshot.index.search(typed, names_only=True, limit=SEARCHED).hits
        found = [hit.iri for hit in hits if hit.iri in known]
        # A term that nothing is stated of is not in the index.
        wanted = folded(typed)
        found += [each for each in ranked if folded(local_name(each)).startswith(wanted)]
        ranked = list(dict.fromkeys(found))
    return _suggested(site, snapshot, ranked[skipped : skipped + SIZE], language)


# What only says how a graph is built.
_LOGIC = frozenset(
    vocab.RDF + name for name in ("first", "rest", "List")
)  # fmt: skip


def _suggested(
    site: Site, snapshot: Snapshot, iris: Sequence[str], language: str
) -> list[Suggestion]:
    names = site.names(iris, language)
    texts = snapshot.index.texts(iris)
    found: list[Suggestion] = []
    for iri in iris:
        members: Suggestion = {"id": iri, "name": names.label(iri)}
        definition = definition_in(texts.get(iri, ()), language)
        if definition is not None:
            members["description"] = definition.text
        found.append(members)
    return found


def _value(row: Solution, name: str) -> str:
    return str(getattr(row[name], "value", ""))
