"""Scopes: who was granted what may read that and what is public, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.scope import ALL, Scope, granted

GRAPHS = ("x:a", "x:b", "x:c", "default")
_NAMES = st.lists(st.sampled_from(GRAPHS))
_GRANT = st.one_of(st.none(), _NAMES)


@given(
    private=st.lists(st.sampled_from((*GRAPHS, "all"))),
    grants=st.lists(_GRANT, max_size=2),
    graph=st.sampled_from((*GRAPHS, "x:new")),
)
def test_a_graph_is_readable_if_it_is_public_or_granted(
    private: list[str], grants: list[list[str] | None], graph: str
) -> None:
    is_public = "all" not in private and graph not in private
    is_granted = any(grant is None or graph in grant for grant in grants)
    assert (graph in granted(private, *grants)) == (is_public or is_granted)


@given(graphs=_NAMES, is_all_but=st.booleans())
def test_scopes_of_the_same_graphs_are_the_same(graphs: list[str], is_all_but: bool) -> None:
    make = Scope.all_but if is_all_but else Scope.only
    one, other = make(graphs), make(reversed([*graphs, *graphs]))
    assert (one, one.tag, hash(one)) == (other, other.tag, hash(other))


def test_scopes_of_different_graphs_have_different_tags() -> None:
    scopes = [ALL, Scope.only([]), Scope.only(["x:a"]), Scope.all_but(["x:a"]),
              Scope.only(["x:a", "x:b"]), Scope.only(["x:a x:b"])]  # fmt: skip
    assert len({scope.tag for scope in scopes}) == len(scopes)


@pytest.mark.parametrize(
    ("private", "grants"), [((), ()), (("all",), (None,)), (("x:a",), (("x:a",),))]
)
def test_nothing_is_hidden_from_who_may_read_all_that_is_private(
    private: tuple[str, ...], grants: tuple[tuple[str, ...] | None, ...]
) -> None:
    assert granted(private, *grants).is_all
