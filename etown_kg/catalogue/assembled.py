"""The catalogue of data that do not describe themselves: another store's, or what nobody closed.

What `description` keeps up to date in ``graph/meta`` is put together here from queries, for the
moment in which it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from etown_kg import vocab
from etown_kg.catalogue import void
from etown_kg.catalogue.census import namespace
from etown_kg.catalogue.coverage import Coverage
from etown_kg.catalogue.dcat import Catalogue
from etown_kg.catalogue.description import Presentation
from etown_kg.catalogue.statistics import Statistics, Term

Ask = Callable[[str], Iterable[Mapping[str, Term]]]

MOST_HEADER: Final = 1000
_HEADER: Final = f"""
SELECT ?ontology ?property ?value WHERE {{
  ?ontology a <{vocab.OWL}Ontology> ; ?property ?value
}} ORDER BY ?ontology ?property ?value LIMIT {MOST_HEADER}
"""


def assembled(
    base: str, ask: Ask, counted: Statistics, presentation: Presentation
) -> Iterator[Triple]:
    """Catalogue, counts and coverage.

    Args:
        base: what the IRIs of things and graphs start with.
        ask: gives the solutions of a query over what is asserted.
        counted: the counts of the present state.
        presentation: the site's wording, and the query that finds figures.
    """
    header = Store()
    header.extend(_quads(ask(_HEADER)))
    catalogue = Catalogue(
        base, header, titles=presentation.titles, descriptions=presentation.descriptions
    )
    yield from catalogue.triples()
    yield from Coverage(base, ask, presentation.figures_query, catalogue.licences).triples()
    yield from _counts(base, counted)


def _counts(base: str, counted: Statistics) -> Iterator[Triple]:
    dataset = void.dataset_of(base)
    yield from void.size(dataset, counted.default_size, *(counted.terms or (None, None)))
    for iri, size in counted.sizes.items():
        yield from void.graph_subset(dataset, iri, size)
    spaces = {*map(namespace, (*(counted.properties or ()), *(counted.classes or ())))}
    for space in sorted(spaces):
        yield Triple(dataset, void.void("vocabulary"), NamedNode(space))
    if counted.properties is not None:
        yield Triple(dataset, void.void("properties"), void.number(len(counted.properties)))
        for iri, found in counted.properties.items():
            yield from void.property_partition(
                dataset, iri, found.triples, found.subjects, found.objects
            )
    if counted.classes is not None:
        yield Triple(dataset, void.void("classes"), void.number(len(counted.classes)))
        for iri, entities in counted.classes.items():
            yield from void.class_partition(dataset, iri, entities)


def _quads(rows: Iterable[Mapping[str, Term]]) -> Iterator[Quad]:
    for row in rows:
        s, p, o = row["ontology"], row["property"], row["value"]
        is_header = isinstance(s, NamedNode) and isinstance(p, NamedNode)
        if is_header and isinstance(o, NamedNode | Literal):
            yield Quad(s, p, o)  # type: ignore[arg-type]  # narrowed in the line before
