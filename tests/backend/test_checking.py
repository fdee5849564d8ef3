"""Shapes are checked under the limits of the update, by real processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from etown_kg.backend import QueryRequest, UpdateRequest
from etown_kg.backend.client import ProcessBackend, start
from etown_kg.backend.limits import Limits
from etown_kg.errors import InvalidError, LimitError
from etown_kg.graph import KnowledgeGraph

BASE = "http://e/"
DATA = '@prefix : <http://e/> . GRAPH <http://z/graph/x> { :a a :Park . :b a :Park ; :name "B" }'
SHAPE = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://e/> .
    :Named a sh:NodeShape ; sh:targetClass :Park ;
        sh:property [ sh:path :name ; sh:minCount 1 ] ."""
# A query that is asked of each park and does not end for hours.
_PATTERNS = " ".join(f"?s{i} ?p{i} ?o{i} ." for i in range(9))
ENDLESS = f"""@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <http://e/> .
    :Slow a sh:NodeShape ; sh:targetClass :Slow ; sh:sparql [ sh:select '''
        SELECT $this {{ $this a <http://e/Slow> . {_PATTERNS} FILTER(?o1 != ?o1) }}''' ] ."""


@pytest.fixture
def validating(tmp_path: Path) -> Iterator[Callable[[Limits], ProcessBackend]]:
    """Starts an owner that checks shapes, one of which ends for nobody of `:Slow`."""
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "named.ttl").write_text(SHAPE)
    (tmp_path / "shapes" / "endless.ttl").write_text(ENDLESS)
    started: list[ProcessBackend] = []

    def begin(limits: Limits) -> ProcessBackend:
        quads = list(parse(DATA, RdfFormat.TRIG))
        build = partial(KnowledgeGraph, quads, base=BASE, ontology=tmp_path)
        started.append(start(build, limits, validate_updates=True))
        return started[-1]

    yield begin
    for backend in started:
        backend.close()


def holds(backend: ProcessBackend, pattern: str) -> bool:
    return b"true" in backend.query(QueryRequest(f"ASK {{ {pattern} }}")).body


def test_a_change_that_breaks_a_shape_is_refused_with_its_findings(
    validating: Callable[[Limits], ProcessBackend],
) -> None:
    backend = validating(Limits())
    fine = 'INSERT DATA { <http://e/c> a <http://e/Park> ; <http://e/name> "C" }'
    assert backend.update(UpdateRequest(fine)).version == 1
    with pytest.raises(InvalidError) as caught:
        backend.update(UpdateRequest("INSERT DATA { <http://e/d> a <http://e/Park> }"))
    assert [finding.focus for finding in caught.value.findings] == ["http://e/d"]  # type: ignore[attr-defined]
    assert holds(backend, "<http://e/c> ?p ?o")
    assert not holds(backend, "<http://e/d> ?p ?o")


def test_a_check_that_does_not_end_is_stopped_and_changes_nothing(
    validating: Callable[[Limits], ProcessBackend],
) -> None:
    backend = validating(Limits(update_s=4.0))
    slow = "INSERT DATA { <http://e/s> a <http://e/Slow> }"
    with pytest.raises(LimitError, match="update time of 4 s"):
        backend.update(UpdateRequest(slow))
    assert not holds(backend, "<http://e/s> ?p ?o")
    fine = 'INSERT DATA { <http://e/c> a <http://e/Park> ; <http://e/name> "C" }'
    assert backend.update(UpdateRequest(fine)).version == 1
    assert holds(backend, "<http://e/c> ?p ?o")
