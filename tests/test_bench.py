"""The benchmark's input: the same bytes for the same seed, exact in number, without a clash."""

from __future__ import annotations

import io

import pytest

from bench.engines import fingerprint, is_compared
from bench.generate import WORKLOADS, generate, main
from bench.reason import Sample, exponent
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
