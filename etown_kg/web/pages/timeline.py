"""What happened to a thing, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import NamedNode

from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Shown

# Happenings that the page of a thing shows.
MOST_HAPPENINGS = 30

_HAPPENINGS = """
PREFIX et: <https://w3id.org/etown/ontology#>
SELECT DISTINCT ?what ?period ?start WHERE {{
  ?what ?relation {iri} ; et:occursDuring ?period . ?period et:startDate ?start
}} ORDER BY ?start ?what ?period LIMIT {limit}
"""


@dataclass(frozen=True)
class Happening:
    """Something that happened; `start` is the first day of its period."""

    shown: Shown
    period: Shown
    start: str


def timeline_of(site: Site, iri: NamedNode, language: str) -> tuple[Happening, ...]:
    """What happened to a thing or where it is, the earliest first; nothing where nothing did."""
    rows = site.ask(_HAPPENINGS.format(iri=iri, limit=MOST_HAPPENINGS))
    names = site.names([row[part] for row in rows for part in ("what", "period")], language)
    found: dict[tuple[str, str], Happening] = {}
    for row in rows:
        what, start = names.shown(row["what"]), str(getattr(row["start"], "value", ""))
        # Another name of the same thing (owl:sameAs) is not another happening.
        key = (what.text, start)
        found.setdefault(key, Happening(what, names.shown(row["period"]), start))
    return tuple(found.values())
