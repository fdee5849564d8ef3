"""An index that took over changes is one of the triples that there are then."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, Triple

from etown_kg.point_queries import Index, IndexChange, terms
from etown_kg.point_queries.index import HALF, LOWER
from tests.point_queries.comparison import Both, Order
from tests.point_queries.generated import queries, triples


def change_of(triple: Triple, *, is_there: bool) -> IndexChange:
    s, p, o = map(terms.from_term, triple)
    return IndexChange(is_there, s, p, o)


def changes() -> st.SearchStrategy[list[tuple[Triple, bool]]]:
    """What comes and goes: also what is there already, or never was."""
    one = triples().flatmap(lambda some: st.sampled_from(some) if some else st.nothing())
    return st.lists(st.tuples(one, st.booleans()), max_size=12)


def change(both: Both, made: Iterable[tuple[Triple, bool]]) -> None:
    """Change the store, and the index by what is written of it and read again."""
    lines = b""
    for triple, is_there in made:
        (both.store.add if is_there else both.store.remove)(Quad(*triple))
        lines += change_of(triple, is_there=is_there).line()
    both.queries.change(IndexChange.of_lines(lines))


def held(index: Index) -> tuple[set[tuple[bytes, ...]], set[tuple[bytes, ...]]]:
    """The triples in an index, found by subject and by object."""
    by_subject: list[tuple[bytes, ...]] = []
    by_object: list[tuple[bytes, ...]] = []
    for number in count():
        try:
            term = index.terms[number]
        except IndexError:
            break
        assert index.number(term) == number
        keys, start, end = index.of_subject(number)
        ordered = list(keys[start:end])
        assert ordered == sorted(ordered)
        by_subject += [
            (term, index.terms[key >> HALF], index.terms[key & LOWER]) for key in ordered
        ]
        keys, start, end = index.of_object(number)
        ordered = list(keys[start:end])
        assert ordered == sorted(ordered)
        by_object += [(index.terms[key & LOWER], index.terms[key >> HALF], term) for key in ordered]
    assert len(by_subject) == len(set(by_subject))
    assert len(by_object) == len(set(by_object))
    return set(by_subject), set(by_object)


@settings(max_examples=80)
@given(triples(), st.lists(st.tuples(changes(), queries()), min_size=1, max_size=4))
def test_an_index_with_changes_answers_as_the_engine_does(
    said: list[Triple], steps: list[tuple[list[tuple[Triple, bool]], list[tuple[str, Order]]]]
) -> None:
    both = Both(said)
    asked: list[tuple[str, Order]] = []
    for made, then_asked in steps:
        asked += then_asked
        for text, order in asked:  # before a change too: what is known of them has to stay right
            both.agree(text, order)
        change(both, made)
        for text, order in asked:
            both.agree(text, order)
    wanted = {change_of(quad.triple, is_there=True)[1:] for quad in both.store}
    assert held(both.queries.index) == (wanted, wanted)
    assert held(Both(quad.triple for quad in both.store).queries.index) == (wanted, wanted)


@given(st.lists(st.tuples(triples(), st.booleans())))
def test_changes_are_read_as_they_were_written(made: list[tuple[list[Triple], bool]]) -> None:
    some = [change_of(triple, is_there=is_there) for each, is_there in made for triple in each]
    assert list(IndexChange.of_lines(b"".join(each.line() for each in some))) == some
