"""Files of another store's graphs: whole or none, with blank nodes kept apart."""

from __future__ import annotations

import io

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from etown_kg.backend.store_source import StoreSource
from etown_kg.blank_nodes import named
from etown_kg.errors import RemoteError
from etown_kg.export import Dumps
from etown_kg.export.distributions import by_name
from etown_kg.graph import Answer, KnowledgeGraph

GRAPHS = {
    "urn:g:east": "<urn:a> <urn:b> _:x . _:x <urn:c> 1 .",
    "urn:g:west": "<urn:d> <urn:b> _:x . _:x <urn:c> 2 .",
    "urn:g:inferred": "<urn:a> <urn:follows> <urn:d> .",
}


def source(sizes: dict[str, int]) -> StoreSource:
    def triples(text: str, graphs: tuple[str, ...]) -> list[Triple]:
        if "WHERE { GRAPH <" in text:
            (graph,) = graphs
            assert f"<{graph}>" in text
            return [quad.triple for quad in parse(GRAPHS[graph], RdfFormat.TURTLE)]
        return []

    def answer(text: str, graphs: tuple[str, ...]) -> Answer:
        assert "urn:g:inferred" not in graphs
        return KnowledgeGraph([]).query(text)

    return StoreSource(sizes, "urn:g:inferred", triples, answer, "SELECT ?subject {}")


SIZES = {"urn:g:east": 2, "urn:g:west": 2, "urn:g:inferred": 1}


def written(name: str, sizes: dict[str, int]) -> bytes:
    out = io.BytesIO()
    with Dumps(source(sizes)) as dumps:
        dumps.write(by_name(name), out)
    return out.getvalue()


@pytest.mark.parametrize(("name", "count"), [("asserted.nq", 4), ("closure.nq", 5)])
def test_graphs_are_put_together(name: str, count: int) -> None:
    found = set(parse(written(name, SIZES), RdfFormat.N_QUADS))
    trig = "".join(
        f"GRAPH <{graph}> {{ {text.replace('_:x', '_:' + graph[6:])} }}"
        for graph, text in GRAPHS.items()
        if name == "closure.nq" or not graph.endswith("inferred")
    )
    assert len(found) == count
    assert set(named(found)) == set(named(parse(trig, RdfFormat.TRIG)))


def test_other_files_are_made_too() -> None:
    assert b"urn:follows" not in written("asserted.jsonld", SIZES)
    assert b"urn:follows" in written("closure.jsonld", SIZES)
    assert written("figures.csv", SIZES).count(b"\n") == 1


def test_a_store_that_cuts_its_answers_gives_no_file() -> None:
    with pytest.raises(RemoteError, match="3 statements in urn:g:west and sent 2"):
        written("asserted.nq", {**SIZES, "urn:g:west": 3})
