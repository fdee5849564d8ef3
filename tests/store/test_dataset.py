"""What a dataset tells of its changes."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Triple

from etown_kg.store import Dataset, Delta, dataset
from etown_kg.vocab import XSD

A, P, Q, G, H = (NamedNode(f"x:{name}") for name in "apqgh")
ONE, SAME = (Literal(text, datatype=NamedNode(XSD + "integer")) for text in ("1", "01"))


def test_what_comes_and_goes_is_told_once_and_in_the_stores_form() -> None:
    quads = Dataset([Quad(A, P, A, G)], for_queries=True)
    assert quads.touched() == (set(), set())
    quads.apply(
        Delta(deleted=frozenset([Quad(A, P, A, G)]), inserted=frozenset([Quad(A, Q, SAME)]))
    )
    assert quads.touched() == ({Triple(A, P, A), Triple(A, Q, ONE)}, set())
    assert quads.touched() == (set(), set())
    quads.extend([Quad(A, Q, ONE)])  # another spelling of what is there
    assert quads.touched() == (set(), set())


def test_very_many_are_told_by_predicate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "_MOST_TOUCHED", 2)
    monkeypatch.setattr(dataset, "_FEW_TOUCHED", 1)
    quads = Dataset(for_queries=True)
    quads.extend([Quad(A, P, G)])
    assert not quads.is_touched()  # nobody has asked for it
    quads.touched()
    quads.extend([Quad(A, P, A), Quad(A, P, H)])
    assert quads.is_touched()
    quads.extend([Quad(A, Q, A)])
    quads.extend([Quad(H, Q, A), Quad(A, G, A)])
    assert quads.touched() == ({Triple(A, G, A)}, {P, Q})
