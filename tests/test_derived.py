"""Derived figures against their formulas, on graphs small enough to read."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from etown_kg import vocab
from etown_kg.derived import check_derived
from etown_kg.graph import KnowledgeGraph

PREFIXES = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in vocab.PREFIXES.items())

INPUTS = """
obs:F04 et:factId "F04" ; et:statedNumber 200.0 ; et:lowerBound 200.0 ; et:lowerInclusive false .
obs:F05 et:factId "F05" ; et:statedNumber 28.0 .
obs:F06 et:factId "F06" ; et:statedNumber 600.0 ; et:upperBound 600.0 ; et:upperInclusive false .
obs:F55 et:factId "F55" ; et:statedNumber 364.0 ; et:lowerBound 364.0 ; et:lowerInclusive true ;
    et:upperBound 364.0 ; et:upperInclusive true .
obs:F56 et:factId "F56" ; et:statedNumber 25.0 ; et:lowerBound 25.0 ; et:lowerInclusive true ;
    et:upperBound 25.0 ; et:upperInclusive true .
obs:F57 et:factId "F57" ; et:statedNumber 339.0 ; et:lowerBound 339.0 ; et:lowerInclusive true ;
    et:upperBound 339.0 ; et:upperInclusive true .
obs:F59 et:factId "F59" ; et:statedNumber 1748.0 ; et:lowerBound 1748.0 ; et:lowerInclusive true ;
    et:upperBound 1748.0 ; et:upperInclusive true .
obs:F60 et:factId "F60" ; et:statedNumber 34.8 ; et:lowerBound 34.8 ; et:lowerInclusive true ;
    et:upperBound 34.8 ; et:upperInclusive true .
obs:F69 et:factId "F69" ; et:statedNumber 285.0 ; et:lowerBound 285.0 ; et:lowerInclusive true ;
    et:upperBound 285.0 ; et:upperInclusive true .
obs:F70 et:factId "F70" ; et:statedNumber 0.333333 ; et:numerator 1.0 ; et:denominator 3.0 .
"""

SUM = """derived:X1 et:formula "F56 + F57" ; prov:wasDerivedFrom obs:F56, obs:F57 ;
    et:statedNumber 364.0 ; et:agreesWith obs:F55 ; et:lowerBound 364.0 ; et:lowerInclusive true ;
    et:upperBound 364.0 ; et:upperInclusive true ."""
GROWTH = """derived:X4 et:formula "F06 / F04" ; prov:wasDerivedFrom obs:F06, obs:F04 ;
    et:statedNumber 3.0 ; et:upperBound 3.0 ; et:upperInclusive false ."""
SHARE = """derived:X6 et:formula "F69 * stated(F70)" ; prov:wasDerivedFrom obs:F69, obs:F70 ;
    et:statedNumber 95.0 ; et:boundKind bound-kind:approximate ."""
ENTERPRISES = """derived:X7 et:formula "F59 / (1 + rounded(F60, 0.1) / 100)" ;
    prov:wasDerivedFrom obs:F59, obs:F60 ; et:statedNumber 1297.0 ;
    et:boundKind bound-kind:approximate ; et:lowerBound 1296.2 ; et:lowerInclusive true ;
    et:upperBound 1297.3 ; et:upperInclusive false ."""
RATE = """derived:X8 et:formula "stated(F04) / stated(F05)" ;
    prov:wasDerivedFrom obs:F04, obs:F05 ; et:statedNumber 7.14 ;
    et:boundKind bound-kind:approximate ."""


def findings(turtle: str) -> list[tuple[str, str]]:
    """The findings as (local name of the path, message)."""
    quads = ox.parse(PREFIXES + INPUTS + turtle, format=ox.RdfFormat.TURTLE)
    return [(found.path.split("#")[-1], found.message) for found in check_derived(quads)]


@pytest.mark.parametrize("turtle", [SUM, GROWTH, SHARE, ENTERPRISES, RATE])
def test_figure_that_follows_is_not_reported(turtle: str) -> None:
    assert findings(turtle) == []


def test_figure_derived_from_a_derived_figure_names_it_by_its_local_name() -> None:
    twice = """derived:X9 et:formula "X1 * 2" ; prov:wasDerivedFrom derived:X1 ;
        et:statedNumber 728.0 ; et:lowerBound 728.0 ; et:lowerInclusive true ;
        et:upperBound 728.0 ; et:upperInclusive true ."""
    assert findings(SUM + twice) == []


@pytest.mark.parametrize(
    ("turtle", "path", "message"),
    [
        (SUM.replace("364.0 ; et:agrees", "365.0 ; et:agrees"), "statedNumber", "gives 364"),
        (SUM.replace("et:lowerBound 364.0", "et:lowerBound 363.0"), "lowerBound", "[364, 364]"),
        (SUM.replace("obs:F55", "obs:F59"), "agreesWith", "does not agree"),
        (SUM.replace("obs:F55", "obs:F99"), "agreesWith", "does not agree"),
        (SUM.replace("et:statedNumber 364.0 ;", ""), "statedNumber", "expected the stated number"),
        (SUM.replace("obs:F56, ", ""), "wasDerivedFrom", "F56 is not among the inputs"),
        (SUM.replace("obs:F57 ;", "obs:F57, obs:F59 ;"), "formula", "not use the input F59"),
        (SUM.replace("F56 + F57", "F56 + "), "formula", "expected a number"),
        (SUM.replace("F56 + F57", "F56 + F57 / 0"), "formula", "divisor is zero"),
        (SUM + 'derived:X1 et:formula "F56" .', "formula", "expected one value"),
        (SUM + "derived:X1 et:lowerBound 1.0 .", "lowerBound", "expected one value"),
        (SUM + "obs:F56 et:lowerBound 1.0 .", "lowerBound", "input F56: expected one value"),
        (SUM.replace("364.0 ; et:agrees", '"many" ; et:agrees'), "statedNumber", "finite number"),
        (SUM.replace("364.0 ; et:agrees", "unit:NUM ; et:agrees"), "statedNumber", "a literal"),
        (
            SUM.replace("et:lowerInclusive true", 'et:lowerInclusive "yes"'),
            "lowerInclusive",
            "expected true or false",
        ),
        (GROWTH.replace("et:upperInclusive false", "et:upperInclusive true"), "upperBound", "3)"),
        (GROWTH.replace("et:upperBound 3.0", "et:upperBound 2.9"), "upperBound", "(-∞, 3)"),
        (
            GROWTH.replace(" .", " ; et:lowerBound 1.0 ; et:lowerInclusive false ."),
            "lowerBound",
            "(-∞, 3)",
        ),
        (GROWTH.replace("; et:upperBound 3.0 ; et:upperInclusive false", ""), "upperBound", "3)"),
        (SHARE.replace("95.0", "94.9"), "statedNumber", "gives 95"),
        (ENTERPRISES.replace("1296.2", "1296.3"), "lowerBound", "1296.255098…"),
        (ENTERPRISES.replace("1297.3", "1297.2"), "upperBound", "1297.217068…"),
        (ENTERPRISES.replace("1297.3", "1297.4"), "upperBound", "1297.217068…"),
        (ENTERPRISES.replace("1297.0", "1296.0"), "statedNumber", "gives 1296.735905…"),
        (RATE.replace("7.14", "7.1428"), "statedNumber", "gives 7.142857…"),
        (RATE.replace("stated(F05)", "stated(F99)"), "wasDerivedFrom", "F99 is not among"),
    ],
)
def test_figure_that_does_not_follow_is_reported(turtle: str, path: str, message: str) -> None:
    assert turtle not in {SUM, GROWTH, SHARE, ENTERPRISES, RATE}, "the case changes nothing"
    reported = findings(turtle)
    assert any(found == path and message in text for found, text in reported), reported


def test_input_that_the_graph_does_not_describe_is_reported() -> None:
    assert findings(SUM.replace("F56", "F98")) == [("formula", "F98 has no value among the inputs")]


def test_shipped_figures_follow_from_their_formulas(shipped_graph: KnowledgeGraph) -> None:
    formula = ox.NamedNode(vocab.TERMS + "formula")
    assert sum(quad.predicate == formula for quad in shipped_graph.asserted) >= 5
    assert check_derived(shipped_graph.asserted) == ()
