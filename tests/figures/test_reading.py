"""What the graph says about a figure, and figures that contradict themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from etown_kg.backend import QueryRequest
from etown_kg.backend.local import LocalBackend
from etown_kg.errors import SourceError
from etown_kg.figures.figure import Evidence, Period
from etown_kg.figures.reading import FILE, QUERY, figures_query, read_figures
from etown_kg.figures.working import working
from etown_kg.graph import KnowledgeGraph
from etown_kg.interval import Interval
from tests.figures.conftest import COUNTS, ZOO, figures_in


def test_a_figure_has_its_interval_its_place_and_its_words() -> None:
    lions = figures_in(COUNTS).by_iri[ZOO + "lions"]
    assert lions.interval == Interval.more_than(300)
    assert lions.name == "F10"
    assert lions.places == (ZOO + "east",)
    assert lions.period == Period(ZOO + "y2021", "2021-01-01", "2021-12-31")
    assert lions.articles == (ZOO + "gazette",)
    assert lions.evidence == (Evidence(ZOO + "e10", ZOO + "gazette", 4, "more than 300 lions"),)
    assert not lions.is_derived


def test_figures_come_in_the_order_of_their_numbers_and_derived_ones_last() -> None:
    assert [figure.name for figure in figures_in(COUNTS)] == ["F9", "F10", "F11", "F12", "more"]


def test_a_fraction_is_exact_and_bounds_nothing() -> None:
    share = figures_in(COUNTS).by_iri[ZOO + "share"]
    assert share.number == Fraction(1, 3)
    assert not share.is_bounded


def test_a_plain_observation_is_exact() -> None:
    (figure,) = figures_in(":count sdmx-measure:obsValue 4 .")
    assert figure.interval == Interval.exactly(4)


def test_a_note_knows_its_kind_and_what_it_relates() -> None:
    (note,) = figures_in(COUNTS).notes
    assert note.kind.endswith("TensionNote")
    assert note.related == (ZOO + "lions", ZOO + "lions-again")
    assert note.explanations == (("Who counted?", "en"),)


@pytest.mark.parametrize(
    ("turtle", "problem"),
    [
        (":x et:lowerBound 3.0 , 4.0 .", "lowerBound has 2 values: 3, 4"),
        (":x et:lowerBound 5.0 ; et:upperBound 4.0 .", "no number lies in"),
        (":x et:lowerBound 4.0 ; et:upperBound 4.0 .", "no number lies in"),
        (":x et:lowerBound 'many' .", "lowerBound is no number: many"),
        (":x et:lowerBound 'INF'^^xsd:double .", "lowerBound is not finite: INF"),
        (":x et:lowerBound '1E99'^^xsd:double .", "lowerBound is beyond 10^60: 1"),
        (":x et:lowerBound 4.0 ; et:lowerInclusive 'perhaps' .", "neither true nor false"),
        (":x et:statedNumber 4.0 ; et:indicator :a , :b .", "indicator has 2 values"),
        (":x et:statedNumber 4.0 ; et:numerator 1 ; et:denominator 0 .", "1/0 is no fraction"),
    ],
)
def test_a_figure_that_contradicts_itself_is_listed_with_the_reason(
    turtle: str, problem: str
) -> None:
    figures = figures_in(turtle + " :good et:lowerBound 1.0 .")
    assert [figure.iri for figure in figures] == [ZOO + "good"]
    (unreadable,) = figures.unreadable
    assert unreadable.iri == ZOO + "x"
    assert problem in unreadable.problem


def test_one_number_written_twice_is_one_number() -> None:
    (figure,) = figures_in(":x et:lowerBound 3.0 , 3.00 .")
    assert figure.interval.lower == 3


def test_a_bound_may_be_a_thing_without_a_name() -> None:
    (figure,) = figures_in("[] et:lowerBound 3.0 .")
    assert figure.iri.startswith("_:")


def test_all_figures_that_ship_are_read(shipped_graph: KnowledgeGraph) -> None:
    backend = LocalBackend(shipped_graph)
    found = backend.query(QueryRequest(QUERY, parameters=("json",), infer=False))
    solutions = parse_query_results(found.body, QueryResultsFormat.JSON)
    assert isinstance(solutions, QuerySolutions)
    names = ("subject", "property", "value")
    figures = read_figures([dict(zip(names, row, strict=True)) for row in solutions])
    numbers = (
        "PREFIX et: <https://w3id.org/etown/ontology#> SELECT DISTINCT ?f { ?f et:statedNumber ?n }"
    )
    counted = backend.query(QueryRequest(numbers, parameters=("csv",), infer=False)).body
    assert len(figures) == counted.count(b"\r\n") - 1 > 30
    assert figures.unreadable == ()
    for figure in figures:
        if figure.is_derived:
            assert working(figure, figures.by_iri).problem == ""
        else:
            assert all(each.phrase and each.paragraph for each in figure.evidence)
            assert figure.evidence


def test_an_ontology_may_bring_its_own_query(tmp_path: Path) -> None:
    assert figures_query(tmp_path) == QUERY
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("SELECT ?subject ?property ?value { }", encoding="utf-8")
    assert figures_query(tmp_path) == "SELECT ?subject ?property ?value { }"
    (tmp_path / FILE).write_bytes(b"\xff")
    with pytest.raises(SourceError, match=r"figures\.rq"):
        figures_query(tmp_path)
