"""Figures that measure the same side by side, and derived figures with their working."""

from __future__ import annotations

from etown_kg.figures.comparison import comparisons
from etown_kg.figures.working import working
from etown_kg.interval import Interval
from tests.figures.conftest import COUNTS, ZOO, figures_in

FIGURES = figures_in(COUNTS)


def test_two_articles_on_the_same_thing_and_time_are_in_tension_when_no_number_fits_both() -> None:
    (pair,) = comparisons(FIGURES)
    assert (pair.first.name, pair.second.name, pair.agrees) == ("F9", "F10", False)


def test_some_figures_are_compared_with_all_and_each_pair_comes_once() -> None:
    all_of_them = list(figures_in("".join(
        f':x{i} et:indicator :a ; et:lowerBound {i}.0 .' for i in range(5)
    )))  # fmt: skip
    assert len(comparisons(all_of_them)) == 10
    chosen = all_of_them[1:4:2]
    pairs = comparisons(all_of_them, chosen)
    assert len(pairs) == 7
    assert all(pair.first in chosen or pair.second in chosen for pair in pairs)
    assert len({frozenset((pair.first.iri, pair.second.iri)) for pair in pairs}) == 7


def test_what_overlaps_agrees() -> None:
    (pair,) = comparisons(figures_in(COUNTS.replace("280.0", "301.0")))
    assert pair.agrees


def test_another_place_period_group_or_unit_is_another_thing() -> None:
    for change in (
        (":east ; sdmx-dimension:refPeriod :y2", ":x ; sdmx-dimension:refPeriod :y2"),
        ('"2021-12-31"^^xsd:date .\n:lions', '"2021-06-30"^^xsd:date .\n:lions'),
        ('"F9" ;', '"F9" ; et:ofGroup :cubs ;'),
        ('"F9" ; et:indicator :big-cats ; sdmx-attribute:unitMeasure :heads',
         '"F9" ; et:indicator :big-cats ; sdmx-attribute:unitMeasure :tails'),
    ):  # fmt: skip
        changed = COUNTS.replace(*change)
        assert changed != COUNTS
        assert comparisons(figures_in(changed)) == []


def test_a_working_names_its_inputs_and_computes_the_result() -> None:
    shown = working(FIGURES.by_iri[ZOO + "more"], FIGURES.by_iri)
    assert [(text, figure and figure.iri) for text, figure in shown.parts] == [
        ("F10", ZOO + "lions"), (" - ", None), ("F11", ZOO + "tigers"),
    ]  # fmt: skip
    assert shown.result == Interval.more_than(260)
    assert [name for name, _ in shown.inputs] == ["F10", "F11"]


def test_a_function_is_no_figure_and_an_input_that_is_missing_is_a_problem() -> None:
    figures = figures_in(
        ':x et:formula "rounded(F1, 10) * stated (F1)" ; prov:wasDerivedFrom :gone .'
    )
    shown = working(figures.by_iri[ZOO + "x"], figures.by_iri)
    assert shown.result is None
    assert "F1 has no value" in shown.problem
    assert "".join(text for text, _ in shown.parts) == "rounded(F1, 10) * stated (F1)"


def test_a_formula_that_is_none_is_a_problem() -> None:
    figures = figures_in(':x et:formula "F1 +" .')
    assert "expected a number" in working(figures.by_iri[ZOO + "x"], figures.by_iri).problem
