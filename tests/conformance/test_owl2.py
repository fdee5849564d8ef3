"""The W3C OWL 2 test cases of RDF-based semantics that OWL 2 RL covers: all must pass.

OWL 2 Conformance, section 2.1: https://www.w3.org/TR/owl2-conformance/#Test_Types.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.owl2 import Case, judge_engine, read_cases

MANIFEST = Path(__file__).parents[2].parent / "shared" / "w3c" / "owl2" / "rdf-based.ttl"

if not MANIFEST.exists():
    pytest.skip(f"{MANIFEST.name}: the W3C test cases are not here", allow_module_level=True)

CASES = read_cases(MANIFEST)


def test_the_manifest_is_whole() -> None:
    """66 entailments, which are consistent as well, and 21 inconsistencies: 87 cases."""
    kinds = [case.kind for case in CASES]
    assert len({case.name for case in CASES}) == 87
    assert kinds.count("PositiveEntailmentTest") == 66
    assert kinds.count("ConsistencyTest") == 66
    assert kinds.count("InconsistencyTest") == 21


@pytest.mark.parametrize("case", CASES, ids=[f"{case.name}-{case.kind}" for case in CASES])
def test_case_passes(case: Case) -> None:
    assert judge_engine(case)
