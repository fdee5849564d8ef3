"""The benchmark's input: the same bytes for the same seed, exact in number, without a clash."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from bench import lists
from bench.engines import fingerprint, is_compared
from bench.generate import WORKLOADS, generate, main
from bench.http.__main__ import prepare, write_closed
from bench.http.contenders import OURS, GraphFiles, contenders, interpreter_folder, serving
from bench.http.load import Sample as HttpSample
from bench.http.load import changing, hogging, measure, once
from bench.http.questions import Question, all_questions, university_names
from bench.http.report import Results, Start, write
from bench.reason import Sample, exponent
from etown_kg.graph import KnowledgeGraph
from etown_kg.reason import materialise

NAMES = sorted(WORKLOADS)


def generated(workload: str, triples: int, seed: int = 1) -> str:
    sink = io.StringIO()
    generate(workload, triples, seed, sink)
    return sink.getvalue()


@pytest.mark.parametrize("workload", NAMES)
def test_input_is_determined_by_size_and_seed(workload: str) -> None:
    assert generated(workload, 6000) == generated(workload, 6000)
    assert generated(workload, 6000) != generated(workload, 6000, seed=2)


@pytest.mark.parametrize("workload", NAMES)
def test_every_triple_is_there_once(workload: str) -> None:
    lines = generated(workload, 60_000).splitlines()
    assert len(lines) == 60_000
    assert len(set(lines)) == 60_000


@pytest.mark.parametrize("workload", NAMES)
def test_input_is_consistent_and_says_more_than_it_states(workload: str) -> None:
    closure = materialise(generated(workload, 30_000).encode())
    assert not closure.violations
    assert not closure.findings
    assert closure.inferred_count > 3_000


@pytest.mark.parametrize(
    ("axiom", "inferred"),
    [("oneOf", 200), ("unionOf", 201), ("intersectionOf", 201), ("members", 0)],
)
def test_axiom_with_a_long_list_concludes_from_every_member(axiom: str, inferred: int) -> None:
    found = lists.measure(axiom, members=200, repeats=1)
    assert found["inferred"] == inferred
    assert len(found["close"]) == 1


@pytest.mark.parametrize("workload", NAMES)
def test_addition_is_new(workload: str) -> None:
    before = set(generated(workload, 60_000).splitlines(keepends=True))
    addition = WORKLOADS[workload].write_addition(0)
    assert len(addition) >= 200
    assert not before & set(addition)


def test_too_few_triples_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["university", "--triples", "3"])
    assert "--triples 3" in capsys.readouterr().err


def test_fingerprint_does_not_depend_on_order() -> None:
    triples = [("<urn:a>", "<urn:p>", "<urn:b>"), ("<urn:b>", "<urn:p>", "<urn:a>")]
    assert fingerprint(triples, None) == fingerprint(triples[::-1], None)
    assert fingerprint(triples, None) != fingerprint(triples[:1], None)


def test_only_facts_in_the_ontologys_words_are_compared() -> None:
    sub_class = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"
    assert is_compared(("<urn:a>", "<urn:p>", "<urn:b>"))
    assert not is_compared(("<urn:a>", sub_class, "<urn:b>"))
    assert not is_compared(("<urn:a>", "<urn:p>", '"literal"'))
    assert not is_compared(("_:b0", "<urn:p>", "<urn:b>"))


def test_exponent_of_a_linear_engine_is_one() -> None:
    samples = [
        Sample("w", size, "e", "1", [size / 1e6], [1.0], None, None) for size in (10, 100, 1000)
    ]
    assert exponent(samples) == pytest.approx(1.0)
    assert exponent(samples[:1]) is None


# Servers over HTTP

FIGURES = [
    HttpSample("etown-kg", "one", 400.0, 2.0, 9.0, 0, 0.1, 80.0, 70.0),
    HttpSample("etown-kg", "one", 200.0, 4.0, 19.0, 0, 0.1, 90.0, 80.0),
    HttpSample("etown-kg", "one", 100.0, 5.0, 29.0, 0, 0.1, 70.0, 90.0),
    HttpSample("other", "one", 50.0, 20.0, 1500.0, 2, 0.1, 30.0, 10.0),
]


def test_the_report_gives_medians_and_ratios() -> None:
    starts = [Start("etown-kg", "small", 0.8, None, 60.0), Start("other", "small", 2.0, 1.5, 20.0)]
    results = Results(starts, {"Some": FIGURES}, "me", "none", {"small": 5}, 1.0, 3, 8)
    page = write(results)
    assert "| one | etown-kg | 200 |  | 4.0 | 19.0 | 80.0 | 0 |" in page
    assert "| one | other | 50.0 | 4.00 | 20.0 | 1,500 | 10.0 | 2 |" in page
    assert "| small | other | 2.00 | 1.50 | 20 | 30 |" in page


def test_all_servers_are_asked_about_what_is_there(tmp_path: Path) -> None:
    files, counts, facts = prepare(tmp_path, 6000)
    people, departments = university_names(facts)
    assert people
    assert departments
    store = Store()
    store.bulk_load(files[1].closed.read_bytes(), RdfFormat.N_TRIPLES)
    assert len(store) == counts["university"] > 6000
    for question in all_questions(people, departments):
        if question.graph == "university":
            found = [bool(list(store.query(text))) for text in question.texts[:20]]  # type: ignore[arg-type]  # SELECTs all
            assert any(found)
            assert len(set(question.texts)) == len(question.texts)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not here: apt install wrk")
def test_our_server_is_measured_over_http(tmp_path: Path) -> None:
    closed = tmp_path / "closed.nt"
    count = write_closed(KnowledgeGraph.build(), closed)
    graph = GraphFiles("shipped", None, None, closed)
    ours = next(each for each in contenders([interpreter_folder()]) if each.name == OURS)
    question = Question("count", "shipped", "small", ["SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"])
    with serving(ours, graph, tmp_path / "ours") as running:
        assert count == len(closed.read_text(encoding="utf-8").splitlines())
        with changing(running) as took:
            sample = measure(running, question, seconds=1, connections=2, start=0)
        assert sample.requests_s > 0
        assert sample.failed == 0
        assert took
        tagged = question._replace(unique=False, with_tag=True)
        with hogging(running):
            assert measure(running, tagged, seconds=1, connections=2, start=0).failed == 0
        assert once(running, question, 30) is not None
        assert running.memory_mb() > 20
    assert running.process.poll() is not None
