"""The terminals of a query's text, and what is told of it from them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg import query_text
from etown_kg.errors import QueryError
from etown_kg.query_text import (
    depth,
    keywords,
    nests_deeper,
    prefixes_in,
    services,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?x<3&&?y>4", ["?x", "<3&&?y>", "4"]),  # the grammar's longest match
        ("?x < 3 && ?y >4", ["?x", "<", "3", "&", "&", "?y", "4"]),
        ("ex:a.SERVICE true.SERVICE", ["ex:a.SERVICE", "true", ".", "SERVICE"]),
        ("5.0 3. -1.5e3,.5 7.e2", ["5.0", "3", ".", "-", "1.5e3", ",", ".5", "7.e2"]),
        ('"a\\"b" \'c\' """d"e""" @en', ['"a\\"b"', "'c'", '"""d"e"""', "@en"]),
        ("^ex:p/ex:q*|!(ex:r)", ["^", "ex:p", "/", "ex:q", "*", "|", "!", "(", "ex:r", ")"]),
        ("<<( :a :b :c )>>", ["<<(", ":a", ":b", ":c", ")>>"]),
        ("ex:a\\(b _:c 地方:d", ["ex:a\\(b", "_:c", "地方:d"]),
        ("a # b\nc", ["a", "c"]),
        ("ex:a. ex:b.c.. :. ex:d\\..", ["ex:a", ".", "ex:b.c", ".", ".", ":", ".", "ex:d\\.", "."]),
    ],
)
def test_a_text_is_cut_into_terminals(text: str, expected: list[str]) -> None:
    found = [token.text for token in tokens(text)]
    assert [each for each in found if each != ">"] == expected


def test_a_terminal_knows_its_place() -> None:
    text = "ASK { ?s ex:p 'x' . true.b }"
    assert all(text[token.start : token.end] == token.text for token in tokens(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ASK {}", 1),
        ('ASK { ?s ?p "((((" } # ((((', 1),
        ("!!!!true", 4),
        ("!( !( !( 1 ) ) )", 3),
        ("- - -1", 3),
        ("1 - 1 - 1", 1),
        ("))))((((", 0),
        ("<< << ?s ?p ?o >> ?p ?o >>", 2),
    ],
)
def test_depth_counts_brackets_and_operators_before_operators(text: str, expected: int) -> None:
    assert depth(text) == expected


@given(st.text('({[<>!+-^a"#\n )}]', max_size=40), st.integers(0, 12))
def test_a_text_that_nests_deeper_is_told_by_its_depth(text: str, most: int) -> None:
    assert nests_deeper(text, most) == (depth(text) > most)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * { ?s ?p ?o }", False),
        ("SELECT * { ?graph ex:from 'GRAPH <x:a> {}' } # FROM <x:a>", False),
        ("ASK { <http://example.org/graph/a> ?p ?o }", False),
        ("ASK{graph?g{}}", True),
        ("SELECT * FROM <x:a> {}", True),
        ("ASK from named<x:a>{}", True),
        (r"ASK { \u0047RAPH ?g { } }", True),
        (r"ASK { ?s ?p '\u0041' }", True),
    ],
)
def test_a_query_that_may_look_at_named_graphs_is_told(text: str, expected: bool) -> None:
    assert query_text.names_graphs(text) is expected


@given(st.lists(st.sampled_from(["ex:a", " ", "?s", "no", ":", "ex", "\\u0065x:b", "<x:y>"])))
def test_no_prefix_of_a_text_is_missed(parts: list[str]) -> None:
    text = "".join(parts)
    known = {"ex": "http://example.org/", "no": "http://no.example/", "": "http://e.example/"}
    used = {token.text.partition(":")[0] for token in tokens(text) if token.kind == "name"}
    assert used & known.keys() <= prefixes_in(text, known).keys()
    if "\\" in text:
        assert prefixes_in(text, known) == known


@pytest.mark.parametrize(
    "unit",
    ["(", "'", '"', '"""', "<", "a:", "\\", '"\\', "a.", "a-", ":", "_", "?a", "<a", '"""a""',
     "1", "1.", "1.e", ".1", "1e", "a1.", "@", "#", "<<(", "a:b.c\\", "'''\\", "é.", "\n"],
)  # fmt: skip
def test_no_text_takes_more_than_its_length_in_time(unit: str) -> None:
    # Processor time: others may have the machine.
    started = time.process_time()
    depth(unit * (20_000 // len(unit)))
    short = time.process_time() - started
    started = time.process_time()
    depth(unit * (200_000 // len(unit)))
    # Ten times the text: some ten times the time, where a search that starts again takes hundred.
    assert time.process_time() - started < 60 * short + 0.5


def test_keywords_are_told_from_the_same_letters_elsewhere() -> None:
    text = 'SELECT ?service { ?s ex:from "SERVICE" ; <SERVICE> @SERVICE } # SERVICE'
    assert keywords(text) == {"SELECT"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ASK { SERVICE <http://a.example/> {} }", [("http://a.example/", False, False)]),
        ("ask{sErViCe#\nsilent<http://a.example/>{}}", [("http://a.example/", True, False)]),
        ("ASK { SERVICE ?where {} }", [(None, False, False)]),
        ("ASK { SERVICE <relative> {} }", [(None, False, False)]),
        ("ASK { SERVICE un:known {} }", [(None, False, False)]),
        (
            "PREFIX s: <http://s.example/> ASK { SERVICE s:a\\,b { { SERVICE s: {} } } }",
            [("http://s.example/a,b", False, False), ("http://s.example/", False, True)],
        ),
        (
            "ASK { { SERVICE <x:a> { { } } } SERVICE SILENT <x:b> {} }",
            [("x:a", False, False), ("x:b", True, False)],
        ),
        ("SELECT ?service { ?service a 'SERVICE' }", []),
    ],
)
def test_services_are_found_in_any_spelling(
    text: str, expected: list[tuple[str | None, bool, bool]]
) -> None:
    found = services(text, {})
    assert [(each.iri, each.is_silent, each.is_inner) for each in found] == expected


def test_a_prefix_of_ours_can_name_a_service() -> None:
    text = "ASK { SERVICE x:y {} }"
    (found,) = services(text, {"x": "http://x.example/"})
    assert (found.iri, text[found.start : found.end]) == ("http://x.example/y", "x:y")


def test_calls_are_turned_to_where_they_may_go() -> None:
    text = "ASK { SERVICE <x:a> { SERVICE <x:a> {} } SERVICE SILENT <x:b> {} }"
    changed = query_text.edited(text, query_text.calls(text, {}, {"x:a": "http://127.0.0.1/1"}))
    assert changed == (
        "ASK { SERVICE <http://127.0.0.1/1> { SERVICE <x:a> {} } SERVICE SILENT <x:> {} }"
    )
    with pytest.raises(QueryError, match="calls no other") as caught:
        query_text.calls("ASK {\n SERVICE <x:a> {} }", {})
    assert (caught.value.line, caught.value.column) == (2, 10)


def test_an_error_behind_edits_is_placed_in_the_text_that_was_given() -> None:
    text = "a <x:long> b\nc <x:y> d <x:z> e f"
    edits = [
        query_text.Edit(text.index(old), text.index(old) + len(old), new)
        for old, new in (("<x:long>", "<x:>"), ("<x:y>", "<http://x>"), ("<x:z>", "<x>"))
    ]
    lines = query_text.edited(text, edits).split("\n")
    for mark in "acdef":
        number = next(n for n, line in enumerate(lines) if mark in line)
        found = query_text.error(
            text, f"error at {number + 1}:{lines[number].index(mark) + 1}: ?", edits
        )
        assert found.line is not None
        assert found.column is not None
        assert text.split("\n")[found.line - 1][found.column - 1] == mark


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\u0053ERVICE \U0001F600", "SERVICE \U0001f600"),
        (r"\uD800 \U00110000 \u12", "\ud800 \\U00110000 \\u12"),
    ],
)
def test_escapes_are_written_out(text: str, plain: str) -> None:
    assert query_text.without_escapes(text) == plain


def test_a_place_is_shown_under_its_line() -> None:
    assert query_text.at("SELECT *\n{ ?s }", 2, 6) == "{ ?s }\n     ^"
    assert query_text.line_and_column("ab\ncd", 4) == (2, 2)


@pytest.mark.parametrize("column", [1, 70, 5000, 9990, 10_000, 99_999])
def test_a_long_line_is_shown_around_the_place(column: int) -> None:
    text = "".join(chr(ord("a") + n % 26) for n in range(10_000))
    shown, caret = query_text.at(text, 1, column).split("\n")
    assert len(shown) <= query_text.MOST_SHOWN + 2
    if column <= len(text):
        assert shown[len(caret) - 1] == text[column - 1]


@given(
    st.lists(st.sampled_from(["", "a", "ab", "xab", "ab-c", ":", " ", "?", ".", "é"]), max_size=12)
)
def test_no_prefix_is_missed_that_a_text_may_use(parts: list[str]) -> None:
    text = "".join(parts)
    known = {name: f"x:{name}" for name in ("", "a", "ab", "b", "ab-c", "c", "é", "none")}
    used = {name: iri for name, iri in known.items() if f"{name}:" in text}
    assert prefixes_in(text, known) == used
