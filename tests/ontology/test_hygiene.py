"""The hygiene queries: each finds its fault, and nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from etown_kg import vocab
from etown_kg.findings import Finding
from etown_kg.validate import HygieneQuery, read_queries
from tests.ontology.hygiene_faults import FAULTS, WORLD

HYGIENE = Path(__file__).parents[2] / "ontology" / "queries" / "hygiene"
QUERIES: dict[str, HygieneQuery] = {
    query.path.relative_to(HYGIENE).with_suffix("").as_posix(): query
    for query in read_queries(HYGIENE, closure=True)
}


def found(name: str, trig: str) -> tuple[Finding, ...]:
    header = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in vocab.PREFIXES.items())
    store = Store()
    store.load((header + WORLD + trig).encode(), RdfFormat.TRIG)
    return tuple(QUERIES[name].run(store))


@pytest.mark.parametrize("name", FAULTS)
def test_a_query_finds_its_fault_and_only_there(name: str) -> None:
    fault, foci, _ = FAULTS[name]
    expected = {f"http://e/zone/{focus}" for focus in foci.split()}
    assert {finding.focus for finding in found(name, fault)} == expected


@pytest.mark.parametrize("name", FAULTS)
def test_a_query_is_silent_where_its_rule_is_kept(name: str) -> None:
    assert found(name, FAULTS[name][2]) == ()


def test_every_query_has_a_fault_that_fires_it() -> None:
    assert set(QUERIES) == set(FAULTS)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_speaks_english_and_chinese(name: str) -> None:
    assert set(QUERIES[name].messages) == {"en", "zh"}


def test_queries_of_the_closure_are_not_run_on_what_is_asserted() -> None:
    assert {query.path.parent.name for query in read_queries(HYGIENE)} == {"hygiene"}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_documented_with_its_severity(name: str) -> None:
    page = HYGIENE.parents[2] / "docs" / "validation.md"
    row = f"| `{name}` | {QUERIES[name].severity} | "
    assert row in page.read_text(encoding="utf-8")
