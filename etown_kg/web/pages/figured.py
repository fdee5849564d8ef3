"""The figures of a thing: of a place, a period, an indicator, an article, or a figure itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import url_for

from etown_kg.figures.figure import Figure, Figures
from etown_kg.figures.selection import DERIVED, FILTERS, STATED, names_of_values, values_of
from etown_kg.web.pages.figure_lists import MOST_OPTIONS, Followed, Group, Lines
from etown_kg.web.pages.language import reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names

# Figures on the page of a thing; all of them are a link away.
MOST_SHOWN = 6


@dataclass(frozen=True)
class Figured:
    """What the page of a thing shows of figures.

    `itself` is the thing if it is a figure, with an axis of its own, `workings` how it follows and
    what follows from it, `groups` the figures that speak of it. `more` is their number where not
    all are shown, and `address` that of all.
    """

    itself: Group | None
    workings: list[Followed]
    groups: list[Group]
    more: int
    address: str


def figured(site: Site, iri: str) -> Figured | None:
    """The figures of a thing for the reader; None if it has none."""
    figures = site.figures()
    own = figures.by_iri.get(iri)
    speaking = _by_thing(figures).get(iri, ())
    if own is None and not speaking:
        return None
    follows = [each for each in figures if iri in each.inputs] if own else []
    # The page of an article has its figures already, where the article states them.
    is_article = any(iri in each.articles for each in speaking)
    shown = () if is_article else speaking[:MOST_SHOWN]
    workings = [*([own] if own else ()), *follows[:MOST_SHOWN]]
    names = names_for(site, [*shown, *workings])
    lines = Lines(figures, names, workings=[each.iri for each in workings] if own else ())
    return Figured(
        lines.group(own.unit, [own]) if own else None,
        lines.workings(workings),
        lines.groups(shown),
        len(speaking) if len(speaking) > len(shown) else 0,
        _address(figures, iri),
    )


def names_for(site: Site, shown: Iterable[Figure], *, is_chosen_from: bool = False) -> Names:
    """The names of all that a page with these figures speaks of, notes and workings included.

    `is_chosen_from` adds the values that filters offer.
    """
    figures = site.figures()
    wanted = {figure.iri for figure in shown}
    notes = [note for note in figures.notes if wanted.intersection(note.related)]
    wanted.update(iri for note in notes for iri in note.related)
    wanted.update(each.iri for each in figures if wanted.intersection(each.inputs))
    known = [figures.by_iri[iri] for iri in wanted if iri in figures.by_iri]
    known += [figures.by_iri[iri] for each in known for iri in each.inputs if iri in figures.by_iri]
    iris = {iri for note in notes for iri in (note.kind, *note.related)}
    iris.update(iri for each in known for iri in each.iris())
    if is_chosen_from:
        offered = (values_of(name, figures) for name in FILTERS)
        iris.update(iri for values in offered if len(values) <= MOST_OPTIONS for iri in values)
    iris -= {STATED, DERIVED}
    return site.names(iris, reader_language())


def _address(figures: Figures, iri: str) -> str:
    """The list of all figures of a thing; "" for a group, which no filter chooses by."""
    for name in FILTERS:
        called = names_of_values(name, figures)
        if iri in called:
            # Flask's types want names that are known here.
            return url_for("figures.index", **{name: called[iri]})  # type: ignore[arg-type]
    return ""


@lru_cache(maxsize=8)
def _by_thing(figures: Figures) -> Mapping[str, tuple[Figure, ...]]:
    """The figures that speak of each thing, in the order of their numbers."""
    found: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        things = {value for values in FILTERS.values() for value in values(figure)}
        things.update(figure.groups)
        things.update(each.iri for each in figure.evidence)
        for thing in things:
            found.setdefault(thing, {})[figure.iri] = figure
    return {thing: tuple(members.values()) for thing, members in found.items()}
