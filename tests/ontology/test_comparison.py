"""The comparison queries on every kind of interval, held to `Interval.verdict` and brute force.

28 intervals (each end missing, open or closed, at several places, and points) are compared with
six thresholds (below, on, between and above the ends) by four operators, on both engines.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import RdfFormat, parse

from etown_kg import vocab
from etown_kg.graph import KnowledgeGraph
from etown_kg.interval import Interval, Operator, Verdict
from etown_kg.questions import Question, read_questions
from etown_kg.rdflib_terms import to_rdflib
from tests.ontology.engines import ENGINES, Table, ask

FOLDER = Path(__file__).parents[2] / "ontology" / "queries" / "compare"
QUERIES = {question.name: question for question in read_questions(FOLDER)}
NAMES: dict[Operator, str] = {">": "greater", ">=": "at-least", "<": "less", "<=": "at-most"}
THRESHOLDS = ("1", "2", "2.5", "3", "4", "5")
MEASURE = "https://example.org/measure"


def intervals() -> Iterator[Interval]:
    """22 with ends at 2 or 3 and at 3 or 4, two half-lines to each side, and two more points."""
    two, three, four = Fraction(2), Fraction(3), Fraction(4)
    lowers = [(None, False), (two, False), (two, True), (three, False), (three, True)]
    uppers = [(None, False), (three, False), (three, True), (four, False), (four, True)]
    for lower, lower_inclusive in lowers:
        for upper, upper_inclusive in uppers:
            if lower != upper or lower is None or (lower_inclusive and upper_inclusive):
                yield Interval(lower, lower_inclusive, upper, upper_inclusive)
    for inclusive in (False, True):
        yield Interval(lower=four, lower_inclusive=inclusive)
        yield Interval(upper=two, upper_inclusive=inclusive)
    yield Interval.exactly(2)
    yield Interval.exactly(4)


INTERVALS = tuple(intervals())
FIGURES = {f"https://example.org/figure/{k}": interval for k, interval in enumerate(INTERVALS)}


def turtle() -> str:
    """The intervals as figures of one measure."""
    lines = [
        f"@prefix {name}: <{vocab.PREFIXES[name]}> ." for name in ("et", "rdfs", "sdmx-attribute")
    ]
    lines.append(
        f'<{MEASURE}> rdfs:label "measure"@en . <https://example.org/u> rdfs:label "u"@en .'
    )
    for iri, interval in FIGURES.items():
        lines.append(
            f"<{iri}> et:indicator <{MEASURE}> ; et:statedNumber 9.0 ; "
            "sdmx-attribute:unitMeasure <https://example.org/u> ."
        )
        if interval.lower is not None:
            flag = str(interval.lower_inclusive).lower()
            lines.append(f"<{iri}> et:lowerBound {interval.lower}.0 ; et:lowerInclusive {flag} .")
        if interval.upper is not None:
            flag = str(interval.upper_inclusive).lower()
            lines.append(f"<{iri}> et:upperBound {interval.upper}.0 ; et:upperInclusive {flag} .")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def graphs() -> dict[str, KnowledgeGraph | rdflib.Graph]:
    asserted = list(parse(turtle(), format=RdfFormat.TURTLE))
    return {"oxigraph": KnowledgeGraph(asserted), "rdflib": to_rdflib(asserted)}


def compare(
    graphs: dict[str, KnowledgeGraph | rdflib.Graph],
    engine: str,
    question: Question,
    threshold: str,
    operator: Operator | None = None,
) -> Table:
    values: dict[str, str | None] = {"indicator": MEASURE, "threshold": threshold}
    if operator is not None:
        values["operator"] = operator
    return ask(engine, graphs[engine], question.bind(values), infer=False)


def found(table: Table) -> set[str]:
    """The figures of an answer; each must stand in it once."""
    assert all(count == 1 for count in table.rows.values())
    return {row[table.variables.index("figure")].strip("<>") for row in table.rows}


def figures_with(threshold: str, operator: Operator, *verdicts: Verdict) -> set[str]:
    return {
        iri
        for iri, interval in FIGURES.items()
        if interval.verdict(Fraction(threshold), operator) in verdicts
    }


def by_brute_force(interval: Interval, threshold: Fraction, operator: Operator) -> Verdict:
    """The verdict from all quarters between -10 and 10 that lie in the interval."""
    answers = set()
    for quarters in range(-40, 41):
        x = Fraction(quarters, 4)
        above = interval.lower is None or x > interval.lower
        below = interval.upper is None or x < interval.upper
        on_lower = x == interval.lower and interval.lower_inclusive
        on_upper = x == interval.upper and interval.upper_inclusive
        if (above or on_lower) and (below or on_upper):
            answers.add(
                {">": x > threshold, ">=": x >= threshold}.get(operator)
                if operator in {">", ">="}
                else {"<": x < threshold, "<=": x <= threshold}[operator]
            )
    return "possible" if len(answers) == 2 else "certain" if answers == {True} else "excluded"


def test_there_are_336_cases_of_the_two_operators_upwards() -> None:
    assert len(set(INTERVALS)) == 28
    assert len(INTERVALS) * len(THRESHOLDS) * 2 == 336


@pytest.mark.parametrize("operator", NAMES)
@pytest.mark.parametrize("interval", INTERVALS, ids=str)
def test_interval_verdict_is_what_brute_force_finds(interval: Interval, operator: Operator) -> None:
    for text in THRESHOLDS:
        threshold = Fraction(text)
        expected = by_brute_force(interval, threshold, operator)
        assert interval.verdict(threshold, operator) == expected, text


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("operator", NAMES)
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_verdict_query_says_what_the_interval_says(
    graphs: dict[str, KnowledgeGraph | rdflib.Graph],
    engine: str,
    operator: Operator,
    threshold: str,
) -> None:
    table = compare(graphs, engine, QUERIES["verdict"], threshold, operator)
    column = {name: k for k, name in enumerate(table.variables)}
    verdicts = {row[column["figure"]]: row[column["verdict"]] for row in table.rows}
    assert verdicts == {
        f"<{iri}>": "'" + interval.verdict(Fraction(threshold), operator)
        for iri, interval in FIGURES.items()
    }
    assert len(found(table)) == sum(table.rows.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("operator", NAMES)
@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_named_queries_find_the_figures_with_their_verdict(
    graphs: dict[str, KnowledgeGraph | rdflib.Graph],
    engine: str,
    operator: Operator,
    threshold: str,
) -> None:
    name = NAMES[operator]
    certain = compare(graphs, engine, QUERIES[f"certainly-{name}"], threshold)
    possible = compare(graphs, engine, QUERIES[f"possibly-{name}"], threshold)
    excluded = compare(graphs, engine, QUERIES["excluded"], threshold, operator)
    assert found(certain) == figures_with(threshold, operator, "certain")
    assert found(possible) == figures_with(threshold, operator, "certain", "possible")
    assert found(excluded) == figures_with(threshold, operator, "excluded")
    verdict = possible.variables.index("verdict")
    for row in possible.rows:
        interval = FIGURES[row[0].strip("<>")]
        assert row[verdict] == "'" + interval.verdict(Fraction(threshold), operator)


@pytest.mark.parametrize("engine", ENGINES)
def test_any_indicator_can_be_asked_for(
    graphs: dict[str, KnowledgeGraph | rdflib.Graph], engine: str
) -> None:
    text = QUERIES["possibly-greater"].bind({"indicator": None, "threshold": "-100"})
    assert found(ask(engine, graphs[engine], text, infer=False)) == set(FIGURES)


@pytest.mark.parametrize("engine", ENGINES)
def test_unknown_operator_finds_nothing(
    graphs: dict[str, KnowledgeGraph | rdflib.Graph], engine: str
) -> None:
    for name in ("verdict", "excluded"):
        text = QUERIES[name].bind({"indicator": MEASURE, "operator": "="})
        assert found(ask(engine, graphs[engine], text, infer=False)) == set()


def test_every_query_of_the_folder_is_tested() -> None:
    named = {f"{sort}-{name}" for sort in ("certainly", "possibly") for name in NAMES.values()}
    assert set(QUERIES) == named | {"verdict", "excluded"}
