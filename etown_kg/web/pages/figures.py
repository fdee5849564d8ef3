"""Figures: tables, charts and files of all numbers, or of those of one indicator.

Every view is an address: filters, threshold and page are parameters, and the same parameters give
the same figures at ``/figures.csv``, ``/figures.json`` and ``/figures.vl.json`` (Vega-Lite). What
is not understood is refused, in the page as in the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil

from flask import Blueprint, Response, json, render_template, request, url_for
from werkzeug.exceptions import NotFound

from etown_kg.errors import ParameterError
from etown_kg.figures.chart import vega_lite
from etown_kg.figures.comparison import Comparison, comparisons
from etown_kg.figures.figure import Figure, Figures
from etown_kg.figures.selection import (
    FILTERS,
    OPERATORS,
    VERDICTS,
    Selection,
    names_of_values,
    read_selection,
    resolved,
    values_of,
)
from etown_kg.figures.table import as_csv, as_json, record
from etown_kg.web.csv_safety import without_formulas
from etown_kg.web.pages.figure_lists import Lines, filters, value_label
from etown_kg.web.pages.figured import names_for
from etown_kg.web.pages.indicators import about
from etown_kg.web.pages.intervals import amount, legend
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names
from etown_kg.web.protocol import wants_safe_csv

# Figures on one page of the list.
PAGE_SIZE = 40
# Comparisons, or workings, below them.
MOST_CARDS = 8
# The page that is all of them, in files.
ALL_PAGES = 0

_SIGNS = {">": "greater", ">=": "at_least_sign", "<": "less", "<=": "at_most_sign"}


@dataclass(frozen=True)
class View:
    """The figures that an address asks for, and what it needs to speak of them.

    `page` counts from 1 and is 0 for all pages together; `chosen` are the figures of that page,
    `found` of all pages, `compared` the pairs of one on that page with another. `indicator` is
    the one that the address names.
    """

    figures: Figures
    selection: Selection
    names: Names
    found: tuple[Figure, ...]
    compared: tuple[Comparison, ...]
    page: int
    pages: int
    indicator: str = ""

    @property
    def chosen(self) -> tuple[Figure, ...]:
        """The figures of this page, by unit in the order of their numbers."""
        if self.page == ALL_PAGES:
            return self.found
        start = (self.page - 1) * PAGE_SIZE
        return self.found[start : start + PAGE_SIZE]

    def lines(self) -> Lines:
        used_in = _used_in(self)[:MOST_CARDS] if self.indicator else []
        workings = [each.iri for each in (*self.chosen, *used_in)]
        return Lines(self.figures, self.names, self.selection.threshold, workings=workings)

    def address(self, endpoint: str, *without: str, **changed: str) -> str:
        """The address of these figures at an endpoint; the parameters as `Selection.parameters`.

        The page is part of a file's address only: another choice begins at its first page.
        """
        values: dict[str, list[str]] = {}
        fixed = bool(self.indicator) and endpoint == "figures.indicator"
        for name, value in self.selection.parameters(*without, **changed):
            if name == "indicator" and fixed:
                continue
            if name in FILTERS:
                value = names_of_values(name, self.figures).get(value, value)
            values.setdefault(name, []).append(value)
        if fixed:
            values["name"] = [self.indicator_name]
        # Flask's types know single values; Werkzeug's addresses take lists.
        return url_for(endpoint, **values)  # type: ignore[arg-type]

    def file_address(self, endpoint: str, **more: str) -> str:
        """The address of a file with exactly the figures of this page."""
        page = {"page": str(self.page)} if self.page > 1 else {}
        return self.address(endpoint, **page, **more)

    @property
    def offered(self) -> Collection[Figure]:
        """The figures that the filters of this page choose from."""
        if not self.indicator:
            return self.figures
        return [figure for figure in self.figures if figure.indicator == self.indicator]

    @property
    def indicator_name(self) -> str:
        return names_of_values("indicator", self.figures)[self.indicator]

    @property
    def here(self) -> str:
        """The endpoint of this page."""
        return "figures.indicator" if self.indicator else "figures.index"


def blueprint(site: Site) -> Blueprint:
    """The pages and files of figures."""
    views = Blueprint("figures", __name__)

    @views.get("/figures")
    def index() -> Response:
        return _page(site, "")

    @views.get("/figures/<path:name>")
    def indicator(name: str) -> Response:
        try:
            return _page(site, resolved("indicator", name, site.figures()))
        except ParameterError as error:
            if error.name == "indicator" and error.value == name:
                raise NotFound from error
            raise

    @views.get("/figures.csv")
    def csv() -> Response:
        body = as_csv(_records(_file_view(site)))
        if wants_safe_csv(request.query_string):
            body = without_formulas(body)
        return Response(body, content_type="text/csv; charset=utf-8; header=present")

    @views.get("/figures.json", endpoint="json")
    def as_json_() -> Response:
        view = _file_view(site)
        body = as_json(
            _records(view),
            version=site.backend.status().version,
            language=view.names.language,
            selection=view.selection.parameters(),
            count=len(view.chosen),
            found=len(view.found),
            total=len(view.figures),
        )
        return Response(body, content_type="application/json")

    @views.get("/figures.vl.json")
    def chart() -> Response:
        view = _view(site)
        lines = view.lines()
        groups = lines.groups(view.chosen)
        said = (f"{line.title.text}: {line.words}" for group in groups for line in group.lines)
        threshold = view.selection.threshold
        spec = vega_lite(
            lines.panels(groups),
            plain("figures.chart_of", count=len(view.chosen), text="; ".join(said)),
            [plain(f"figures.{name}") for name in ("figure", "value", "period", "read_in")],
            threshold.value if threshold else None,
        )
        return Response(json.dumps(spec), content_type="application/json")

    return views


def all_as_csv(site: Site) -> bytes:
    """The body of ``/figures.csv?page=all``."""
    return as_csv(_records(_view(site, given=[("page", "all")], has_all=True)))


def _file_view(site: Site) -> View:
    return _view(site, has_all=True)


def _view(
    site: Site,
    indicator: str = "",
    given: Iterable[tuple[str, str]] | None = None,
    *,
    has_all: bool = False,
) -> View:
    """What the request asks for, or the parameters `given`; `has_all` lets it be all pages.

    Raises:
        ParameterError: a parameter that is not understood.
    """
    figures = site.figures()
    pairs = list(request.args.items(multi=True) if given is None else given)
    pages_asked = next((value for name, value in pairs if name == "page"), "")
    if indicator:
        pairs = [(name, value) for name, value in pairs if name != "indicator"]
        pairs.append(("indicator", indicator))
    selection = read_selection(pairs, figures)
    # By unit, as the page groups them, so that a page of the list has few groups.
    units = list(values_of("unit", figures))
    found = sorted(
        selection.of(figures), key=lambda each: units.index(each.unit) if each.unit else -1
    )
    pages = max(1, ceil(len(found) / PAGE_SIZE))
    is_all = has_all and pages_asked == "all"
    page = ALL_PAGES if is_all else _page_number(pages_asked, pages)
    shown = found if is_all else found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    compared = comparisons(found, shown)
    beside = [each for pair in compared[:MOST_CARDS] for each in (pair.first, pair.second)]
    names = names_for(site, [*shown, *beside], is_chosen_from=True)
    return View(figures, selection, names, tuple(found), tuple(compared), page, pages, indicator)


def _page_number(given: str, pages: int) -> int:
    if not given:
        return 1
    if not given.isdecimal() or not 1 <= int(given[:9]) <= pages:
        raise ParameterError("page", given, f"the list has {pages} pages", code="page")
    return int(given)


def _records(view: View) -> Iterator[Mapping[str, str | int | float | bool | None]]:
    threshold = view.selection.threshold
    for figure in view.chosen:
        verdict = threshold.verdict(figure) if threshold else None
        yield record(figure, view.names.label, verdict)


def _page(site: Site, indicator: str) -> Response:
    """The page of all figures, or of one indicator's; with what is wrong in it, as 400."""
    try:
        return Response(_rendered(site, _view(site, indicator)))
    except ParameterError as error:
        figures = site.figures()
        pairs = [("indicator", indicator)] if indicator else []
        unasked = View(
            figures,
            read_selection(pairs, figures),
            names_for(site, (), is_chosen_from=True),
            (),
            (),
            1,
            1,
            indicator,
        )
        page = _rendered(site, unasked, error)
        return Response(page, status=HTTPStatus.BAD_REQUEST)


def _rendered(site: Site, view: View, problem: ParameterError | None = None) -> str:
    lines = view.lines()
    used_in = _used_in(view) if view.indicator else []
    fixed = ("indicator",) if view.indicator else ()
    return render_template(
        "figures.html",
        view=view,
        problem=_said(problem, view) if problem else None,
        choices=_choices(problem, view) if problem else [],
        given=request.args,
        filters=filters(view.offered, view.selection, view.names, fixed),
        conditions=_conditions(view),
        operators=[(sign, plain(f"figures.{_SIGNS[sign]}")) for sign in OPERATORS],
        verdicts=_verdicts(view),
        groups=lines.groups(view.chosen),
        pairs=lines.pairs(view.compared[:MOST_CARDS]),
        more_pairs=max(0, len(view.compared) - MOST_CARDS),
        remarks=lines.remarks(view.chosen),
        workings=lines.workings(view.chosen),
        used_in=lines.workings(used_in[:MOST_CARDS]),
        more_used_in=max(0, len(used_in) - MOST_CARDS),
        about=about(site, view.indicator, view.names) if view.indicator else None,
        indicator_address=lines.indicator_address,
        verdict_text=lambda name: plain(f"figures.{name}"),
        legend=legend(view.names),
        asked=_asked(view),
    )


def _said(problem: ParameterError, view: View) -> str:
    known = f"figures.{problem.name}"
    name = plain(known) if problem.name in (*FILTERS, "threshold", "verdict") else problem.name
    return plain(f"figures.wrong_{problem.code}", value=problem.value, name=name)


def _choices(problem: ParameterError, view: View) -> list[tuple[str, str]]:
    """What the reader can do about it: labels and addresses."""
    args = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    endpoint, fixed = view.here, {"name": [view.indicator_name]} if view.indicator else {}

    def address(name: str, value: str) -> str:
        values: dict[str, list[str]] = dict(fixed)
        for given, each in [*((n, v) for n, v in args if n != name), (name, value)]:
            values.setdefault(given, []).append(each)
        return url_for(endpoint, **values)  # type: ignore[arg-type]

    if problem.code == "units":
        others = [pair for pair in args if pair[0] not in ("threshold", "compare", "verdict")]
        chosen = read_selection(others, view.figures).filtered(view.figures)
        units = values_of("unit", chosen)
        called = names_of_values("unit", view.figures)
        return [
            (f"{view.names.label(unit)} ({count})", address("unit", called[unit]))
            for unit, count in units.items()
        ]
    if problem.code == "ambiguous":
        return [(iri, address(problem.name, iri)) for iri in problem.known]
    return []


def _conditions(view: View) -> list[tuple[str, str, str]]:
    """The conditions that hold: what each is called, its value, the address without it."""
    found = []
    for name, values in view.selection.filters.items():
        if name == "indicator" and view.indicator:
            continue
        label = ", ".join(value_label(name, value, view.names) for value in values)
        found.append((plain(f"figures.{name}"), label, view.address(view.here, name)))
    return found


def _verdicts(view: View) -> list[tuple[str, int, str, bool]]:
    """Verdict, number of figures, address, whether it is what is shown; "" for all."""
    counts = view.selection.counts(view.figures)
    if not counts:
        return []
    shown = view.selection.verdicts
    found = [("", sum(counts.values()), view.address(view.here, "verdict"), not shown)]
    for verdict in VERDICTS:
        address = view.address(view.here, verdict=verdict)
        found.append((verdict, counts[verdict], address, shown == (verdict,)))
    return found


def _asked(view: View) -> str:
    """The threshold as a question, in the unit of the figures; "" without one."""
    threshold = view.selection.threshold
    if threshold is None:
        return ""
    units = {figure.unit for figure in view.selection.filtered(view.figures)}
    number = amount(threshold.value, units.pop() if len(units) == 1 else "", view.names)
    sign = threshold.operator.replace(">=", "≥").replace("<=", "≤")
    return plain("figures.verdicts", operator=sign, number=number)


def _used_in(view: View) -> list[Figure]:
    """Figures computed from those of the page, of other indicators."""
    inputs = {figure.iri for figure in view.chosen}
    return [
        figure
        for figure in view.figures
        if inputs.intersection(figure.inputs) and figure.indicator != view.indicator
    ]
