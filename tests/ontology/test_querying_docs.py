"""The queries of docs/querying.md give the answers that stand below them."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from etown_kg.graph import KnowledgeGraph
from tests.ontology.engines import parse_expected
from tests.ontology.shipped import QUERIES, Shipped

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "querying.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sparql\n(.*?)^```\n\n```csv\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_every_query_has_its_answer_below() -> None:
    assert len(BLOCKS) == TEXT.count("```sparql") == TEXT.count("```csv")


# rdflib's union graph has no named graphs to name.
CASES = [
    pytest.param(engine, query, answer, id=f"{engine}-{number}")
    for number, (query, answer) in enumerate(BLOCKS)
    for engine in ("oxigraph", "rdflib")
    if engine == "oxigraph" or "GRAPH" not in query
]


@pytest.mark.parametrize(("engine", "query", "answer"), CASES)
def test_query_gives_the_answer_below_it(
    shipped: Shipped, engine: str, query: str, answer: str
) -> None:
    assert shipped.ask(engine, query, prefixes=True) == parse_expected(answer)


def test_python_example_runs(
    shipped_graph: KnowledgeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    # The graph of the example is the one that the run has closed already.
    monkeypatch.setattr(KnowledgeGraph, "build", lambda: shipped_graph)
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "docs/querying.md", "exec"), {})
    assert out.getvalue() == "https://w3id.org/etown/id/obs/F27\n"


def test_every_folder_and_comparison_is_named() -> None:
    for folder in ("competency", "examples", "compare"):
        assert f"`{folder}/`" in TEXT
    for path in (QUERIES / "compare").glob("*.rq"):
        assert f"`{path.stem}`" in TEXT
