"""``/api/figures``: the figures of a selection as `etown_kg.api.FigureList`."""

from __future__ import annotations

from fractions import Fraction
from http import HTTPStatus
from typing import Any

from flask import request, url_for

from etown_kg import api
from etown_kg.figures.figure import Evidence, Figure
from etown_kg.figures.selection import DERIVED, STATED, read_selection
from etown_kg.interval import Verdict, shown
from etown_kg.web.pages.api.operations import MAX_SIZE, MOST_PAGES, PAGE_SIZE, number_of_request
from etown_kg.web.pages.figured import names_for
from etown_kg.web.pages.site import Site
from etown_kg.web.pages.terms import Names
from etown_kg.web.protocol import RequestError


def figure_list(site: Site) -> api.FigureList:
    """The page of figures that the request asks for.

    Raises:
        ParameterError: a filter or threshold that is not understood.
        RequestError: 400 there is no such page.
    """
    version = site.backend.status().version
    figures = site.figures()
    selection = read_selection(request.args.items(multi=True), figures)
    found = selection.of(figures)
    page = number_of_request("page", 1, MOST_PAGES)
    size = number_of_request("size", PAGE_SIZE, MAX_SIZE)
    chosen = found[(page - 1) * size : page * size]
    if page > 1 and not chosen:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"page={page} is beyond the last")
    names = names_for(site, chosen)
    threshold = selection.threshold
    return {
        "version": version,
        "total": len(found),
        "page": page,
        "size": size,
        "next": _next(page) if page * size < len(found) else None,
        "figures": [
            _figure(each, names, threshold.verdict(each) if threshold else None) for each in chosen
        ],
        "unreadable": [{"iri": each.iri, "problem": each.problem} for each in figures.unreadable],
    }


def _next(page: int) -> str:
    values: dict[str, Any] = {**request.args.to_dict(flat=False), "page": page + 1}
    return url_for("api.figures", **values)


def _figure(figure: Figure, names: Names, verdict: Verdict | None) -> api.Figure:
    interval, period = figure.interval, figure.period

    def named(iri: str) -> api.Named | None:
        return {"iri": iri, "label": names.label(iri)} if iri else None

    def each_named(iris: tuple[str, ...]) -> list[api.Named]:
        return [{"iri": iri, "label": names.label(iri)} for iri in iris]

    return {
        "iri": figure.iri,
        "id": figure.fact_id or None,
        "label": names.label(figure.iri),
        "indicator": named(figure.indicator),
        "places": each_named(figure.places),
        "groups": each_named(figure.groups),
        "period": None
        if period is None
        else {
            "iri": period.iri,
            "label": names.label(period.iri),
            "start": period.start or None,
            "end": period.end or None,
        },
        "unit": named(figure.unit),
        "bound": named(figure.bound_kind),
        "stated": _number(figure.number),
        "interval": {
            "lower": _number(interval.lower),
            "lower_inclusive": interval.lower_inclusive,
            "upper": _number(interval.upper),
            "upper_inclusive": interval.upper_inclusive,
            "text": str(interval),
        },
        "source": DERIVED if figure.is_derived else STATED,
        "formula": figure.formula or None,
        "inputs": list(figure.inputs),
        "evidence": [phrase(each, names) for each in figure.evidence],
        "verdict": verdict,
    }


def phrase(evidence: Evidence, names: Names) -> api.Phrase:
    """A phrase in an article, with the article's name."""
    article = evidence.article
    return {
        "article": {"iri": article, "label": names.label(article)} if article else None,
        "paragraph": evidence.paragraph,
        "phrase": evidence.phrase or None,
        "source": None,
    }


def _number(value: Fraction | None) -> api.Number | None:
    """A number for JSON; digits where they end, else the fraction."""
    if value is None:
        return None
    digits = shown(value)
    exact = str(value) if "…" in digits else digits
    return {"number": float(value), "exact": exact}
