"""What the graph says of an indicator: definition, how it is measured, what to look at besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from etown_kg import vocab
from etown_kg.figures.figure import Text
from etown_kg.web.pages.figure_lists import best
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.site import Site, Term
from etown_kg.web.pages.terms import Names, Shown

_DEFINITIONS = (vocab.SKOS + "definition", vocab.RDFS + "comment")
_RELATED = vocab.TERMS + "relatedIndicator"
# What tells whether two indicators can be compared, with the names of their texts.
_FACTS = {
    vocab.TERMS + "measureType": "figures.measure_type",
    vocab.TERMS + "indicatorKind": "figures.indicator_kind",
}
_QUERY = """
SELECT ?property ?value WHERE {{
  {iri} ?property ?value
  FILTER(?property IN ({properties}))
}}
"""


@dataclass(frozen=True)
class About:
    """An indicator for a reader. `definition` has its language tag beside it."""

    shown: Shown
    definition: Text
    facts: Sequence[tuple[str, Shown]]
    related: Sequence[Shown]


def about(site: Site, indicator: str, names: Names) -> About:
    """What the graph asserts of an indicator; a blank node has nothing but its figures."""
    if indicator.startswith("_:"):
        return About(names.shown(indicator), ("", ""), (), ())
    properties = (*_DEFINITIONS, *_FACTS, _RELATED)
    listed = ", ".join(f"<{each}>" for each in properties)
    rows = site.ask(_QUERY.format(iri=NamedNode(indicator), properties=listed), infer=False)
    values: dict[str, list[Term]] = {each: [] for each in properties}
    for row in rows:
        if isinstance(row["property"], NamedNode):
            values[row["property"].value].append(row["value"])
    called = site.names((row["value"] for row in rows), names.language)

    def things(path: str) -> list[Shown]:
        found = [called.shown(each) for each in values[path] if isinstance(each, NamedNode)]
        return sorted(found, key=lambda each: each.text)

    definitions = tuple(
        (each.value, each.language or "")
        for path in _DEFINITIONS
        for each in values[path]
        if isinstance(each, Literal)
    )
    return About(
        names.shown(indicator),
        best(definitions, names.language),
        [(plain(name), each) for path, name in _FACTS.items() for each in things(path)],
        things(_RELATED),
    )
