"""What a graph says of itself in ``graph/meta``: its catalogue, its dumps, its coverage, its counts
(`docs/decisions/0015-the-graph-counts-itself-as-it-changes.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from etown_kg.catalogue.coverage import Coverage
from etown_kg.catalogue.dcat import Catalogue
from etown_kg.catalogue.description import Presentation, SelfDescription
from etown_kg.catalogue.dumps import DumpList
from etown_kg.graph.conclusions import Conclusions
from etown_kg.graph.counting import census
from etown_kg.store import Dataset
from etown_kg.store.spelling import Term


def description(
    base: str,
    presentation: Presentation,
    asserted: Dataset,
    conclusions: Conclusions,
    changed_at: Callable[[], str],
    solutions: Callable[[str], Iterator[dict[str, Term]]],
) -> SelfDescription:
    """The description of what is closed now, which the dataset has from then on.

    Args:
        changed_at: gives the time of the last change, "" if there was none.
        solutions: answers a SELECT over what is asserted.
    """
    catalogue = Catalogue(
        base, asserted.store, changed_at, presentation.titles, presentation.descriptions
    )
    coverage = Coverage(base, solutions, presentation.figures_query, catalogue.licences)
    sections = (catalogue, DumpList(base, catalogue.licences), coverage)
    count = partial(census, base, conclusions.closed, conclusions.inference, conclusions.outside)
    return SelfDescription(conclusions.closed, base, sections, count)
