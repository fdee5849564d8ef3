"""Coverage: for what the graph has figures, and what it says where it has none.

A page and two files with the same parameters. What nobody reports, what is reported without a
bound, and what is zero are three answers (`etown_kg.catalogue.coverage`); a question about an
indicator, a place and a period that no figure speaks of is answered, not left empty.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from math import ceil
from typing import get_args

from flask import Blueprint, Response, render_template, request, url_for

from etown_kg.catalogue.coverage import STATUSES, Cell, Status, cells, known_indicators
from etown_kg.errors import ParameterError
from etown_kg.figures.selection import last_part, short_names
from etown_kg.web.csv_safety import without_formulas
from etown_kg.web.pages.language import plain, reader_language
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names
from etown_kg.web.protocol import wants_safe_csv

# Cells on one page.
PAGE_SIZE = 200
# Values that a filter offers; more are typed.
MOST_OPTIONS = 200
KEYS = ("indicator", "place", "period")
PARAMETERS = (*KEYS, "article", "status")
COLUMNS = (
    "indicator", "indicator_label", "place", "place_label", "period", "period_label",
    "period_start", "period_end", "status", "stated_figures", "derived_figures", "figures",
    "articles", "article_labels",
)  # fmt: skip
SEPARATOR = " | "


@dataclass(frozen=True)
class View:
    """The cells that a request asks for; `wanted` are its parameters, resolved."""

    all: tuple[Cell, ...]
    wanted: Mapping[str, str]
    names: Names
    page: int = 1

    @cached_property
    def found(self) -> tuple[Cell, ...]:
        """The cells that fit; where a thing is asked for of which there is none, that it is not
        reported.
        """
        fitting = tuple(cell for cell in self.all if self._fits(cell))
        asked = {name: self.wanted[name] for name in KEYS if name in self.wanted}
        is_open = self.wanted.get("status", "not-reported") == "not-reported"
        if fitting or not asked or "article" in self.wanted or not is_open:
            return fitting
        if any(self._is_of(cell, asked) for cell in self.all):  # of another status
            return ()
        indicator, place, period = (asked.get(name, "") for name in KEYS)
        return (Cell(indicator, place, period),)

    @property
    def pages(self) -> int:
        return max(1, ceil(len(self.found) / PAGE_SIZE))

    @property
    def shown(self) -> tuple[Cell, ...]:
        """The cells of this page."""
        return self.found[(self.page - 1) * PAGE_SIZE : self.page * PAGE_SIZE]

    def address(self, endpoint: str, **more: str) -> str:
        """The address of the same cells at an endpoint."""
        values = {name: _named(self.all, name).get(v, v) for name, v in self.wanted.items()}
        # Flask's types want names that are known here.
        return url_for(endpoint, **values, **more)  # type: ignore[arg-type]

    def _fits(self, cell: Cell) -> bool:
        return all(value in _values(cell, name) for name, value in self.wanted.items())

    @staticmethod
    def _is_of(cell: Cell, asked: Mapping[str, str]) -> bool:
        return all(value in _values(cell, name) for name, value in asked.items())


def blueprint(site: Site) -> Blueprint:
    """The page and its files."""
    views = Blueprint("coverage", __name__)

    @views.get("/coverage")
    def index() -> Response:
        try:
            return Response(_page(site, _view(site)))
        except ParameterError as error:
            unasked = View(_cells(site), {}, _names(site, _cells(site)))
            return Response(_page(site, unasked, error), status=HTTPStatus.BAD_REQUEST)

    @views.get("/coverage.csv")
    def csv_file() -> Response:
        view = _view(site)
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for cell in view.found:
            row = record(cell, view.names)
            writer.writerow({name: _joined(value) for name, value in row.items()})
        body = out.getvalue().encode()
        if wants_safe_csv(request.query_string):
            body = without_formulas(body)
        return Response(body, content_type="text/csv; charset=utf-8; header=present")

    @views.get("/coverage.json")
    def json_file() -> Response:
        view = _view(site)
        document = {
            "version": site.backend.status().version,
            "language": view.names.language,
            "selection": view.wanted,
            "statuses": {name: said[view.names.language] for name, said in STATUSES.items()},
            "complete": True,  # what is not listed is not reported
            "count": len(view.found),
            "total": len(view.all),
            "cells": [record(cell, view.names) for cell in view.found],
        }
        body = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        return Response(body, content_type="application/json")

    return views


def record(cell: Cell, names: Names) -> dict[str, object]:
    """A cell as one row; the keys are `COLUMNS`."""

    def labels(iris: Iterable[str]) -> list[str]:
        return [names.label(iri) for iri in iris if iri]

    return {
        "indicator": cell.indicator,
        "indicator_label": "".join(labels([cell.indicator])),
        "place": cell.place,
        "place_label": "".join(labels([cell.place])),
        "period": cell.period,
        "period_label": "".join(labels([cell.period])),
        "period_start": cell.start,
        "period_end": cell.end,
        "status": cell.status,
        "stated_figures": len(cell.stated),
        "derived_figures": len(cell.derived),
        "figures": [*cell.stated, *cell.derived],
        "articles": list(cell.articles),
        "article_labels": labels(cell.articles),
    }


def _joined(value: object) -> object:
    return SEPARATOR.join(map(str, value)) if isinstance(value, list) else value


def _cells(site: Site) -> tuple[Cell, ...]:
    figures = site.figures()
    version = site.backend.status().version
    found = site.coverage.of(
        [""],
        lambda: version,
        lambda _: {
            "": cells(figures, known_indicators(lambda q: site.ask(q, infer=False), figures))
        },
    )
    return found[""]


def _view(site: Site) -> View:
    """What the request asks for.

    Raises:
        ParameterError: a value that nothing has, that several have, or a page that is not there.
    """
    known = _cells(site)
    wanted = {
        name: _resolved(known, name, value)
        for name in PARAMETERS
        if (value := request.args.get(name, "").strip())
    }
    view = View(known, wanted, _names(site, known))
    given = request.args.get("page", "1")
    if not given.isdecimal() or not 1 <= int(given[:9]) <= view.pages:
        raise ParameterError("page", given, f"the list has {view.pages} pages", code="page")
    return View(known, wanted, view.names, int(given))


def _values(cell: Cell, name: str) -> tuple[str, ...]:
    """What a cell has of one parameter."""
    if name == "article":
        return cell.articles
    return (str(getattr(cell, name)),)


def _known(known: Iterable[Cell], name: str) -> list[str]:
    """All values of one parameter, in the order in which they come first."""
    if name == "status":
        return list(get_args(Status))
    return [v for v in dict.fromkeys(v for cell in known for v in _values(cell, name)) if v]


def _named(known: Iterable[Cell], name: str) -> dict[str, str]:
    """What an address calls each value."""
    return short_names(_known(known, name))


def _resolved(known: Iterable[Cell], name: str, value: str) -> str:
    """The value that a name in an address means.

    Raises:
        ParameterError: nothing has it, or several values are called so.
    """
    values = _known(known, name)
    if value in values:
        return value
    found = [each for each in values if last_part(each) == value]
    if len(found) == 1:
        return found[0]
    if found:
        problem = f"it can mean {len(found)} things; write the whole IRI of one"
        raise ParameterError(name, value, problem, known=found, code="ambiguous")
    options = sorted(_named(known, name).values())
    raise ParameterError(name, value, "no figure has it", known=options, code="unknown")


def _names(site: Site, known: Iterable[Cell]) -> Names:
    iris = {iri for cell in known for iri in (*cell.key, *cell.articles)} - {""}
    return site.names((iri for iri in iris if not iri.startswith("_:")), reader_language())


def _page(site: Site, view: View, problem: ParameterError | None = None) -> str:
    counts = {name: sum(cell.status == name for cell in view.all) for name in STATUSES}
    return render_template(
        "coverage.html",
        view=view,
        problem=_said(problem) if problem else "",
        filters=list(_filters(view)),
        statuses=[
            (name, plain(f"coverage.{_key(name)}"), said[view.names.language], counts[name])
            for name, said in STATUSES.items()
        ],
        status_text=lambda name: plain(f"coverage.{_key(name)}"),
        silent=[cell.indicator for cell in view.all if cell.status == "not-reported"],
        unreadable=site.figures().unreadable,
        names=view.names,
    )


def _key(status: str) -> str:
    return status.replace("-", "_")


def _said(problem: ParameterError) -> str:
    name = plain(f"coverage.{problem.name}")
    return plain(f"coverage.wrong_{problem.code}", value=problem.value, name=name)


def _filters(view: View) -> Iterator[tuple[str, str, str, list[tuple[str, str]]]]:
    """Name, label, present value and options of each filter; without options it is typed."""
    for name in PARAMETERS:
        named = _named(view.all, name)
        present = view.wanted.get(name, "")
        options = []
        if len(named) <= MOST_OPTIONS:
            is_status = name == "status"
            options = [
                (short, plain(f"coverage.{_key(iri)}") if is_status else view.names.label(iri))
                for iri, short in named.items()
            ]
            options.sort(key=lambda each: each[1].casefold())
        yield name, plain(f"coverage.{name}"), named.get(present, present), options
