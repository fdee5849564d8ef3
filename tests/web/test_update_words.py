"""Which updates are data alone, and that nothing in them takes longer than its length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg import query_text
from etown_kg.web.update_words import is_data_only

_OF_DATA = {"BASE", "PREFIX", "VERSION", "INSERT", "DELETE", "DATA", "GRAPH", "A", "TRUE", "FALSE"}
PIECES = (
    "INSERT", "delete", " DATA ", "{", "}", "a", "true", "WHERE", "LOAD", "<x:where>", "< where",
    "'where'", '"""', "'", '"', "\\", "\n", "# where", "@en-where", "?where", "$where", "p:where",
    ":where", "_:where", "1e5", "1.5E+3", ".", "-", "3where", "é", "亦庄:x", "x.where", "where.x:y",
)  # fmt: skip
# Each, repeated, would be looked through again from every place by an expression that is careless.
REPEATED = (
    '\\"', "\\'", "a", "a.", "a-", "1e", "1.", ".", "-", "<", "<a ", ":", "a:", "é", "'", '"',
    '"""a', "#", "@", "?", "\\", "{", "_", "'\\", '"\\\n',
)  # fmt: skip


@pytest.mark.parametrize(
    ("update", "is_data"),
    [
        ("PREFIX w: <x:where> INSERT DATA { w:where a 'where \\' where', 1e5, 'x'@where }", True),
        ("INSERT DATA { <x:a> <x:b> \"\"\"a\" WHERE\n \"\"\" } ; delete data {}", True),
        ("# WHERE\rINSERT DATA { _:where <x:b> 1.5 . }", True),
        ("INSERT DATA { <x:a> <x:b> 'never closed\n} ; DROP ALL", False),
        ("INSERT DATA {} ; LOAD <x:a>", False),
        ("INSERT DATA {} # \n CLEAR ALL", False),
        ("DELETE WHERE { ?s ?p ?o }", False),
        ("INSERT DATA {} ; DROP.ALL", False),
        ("", True),
    ],
)  # fmt: skip
def test_what_is_data_alone(update: str, is_data: bool) -> None:
    assert is_data_only(update) == is_data


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_it_sees_the_words_that_a_reader_of_queries_sees(update: str) -> None:
    words = {word for word in query_text.keywords(update) if not word.startswith("_")}
    if not words <= _OF_DATA:
        # To miss one would let a long update pass; to see one more costs its sender a message.
        assert not is_data_only(update)


@pytest.mark.parametrize("piece", REPEATED)
def test_a_long_update_is_looked_through_once(piece: str) -> None:
    # A million characters: looked through again from each, that would take hours.
    is_data_only("INSERT DATA { " + piece * (1_000_000 // len(piece)))
