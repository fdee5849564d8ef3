"""Terms and their numbers, and the reader that numbers a file's terms at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.errors import MissingPathError, SourceError
from etown_kg.reason.dictionary import BLANK, IRI, LITERAL, NUMBERS, TERMS, TYPE, Dictionary
from etown_kg.reason.ntriples import Columns, read_ntriples
from etown_kg.reason.syntax import canonical, literal, split_literal
from etown_kg.vocab import RDF, XSD

Statement = tuple[bytes, ...]

NAMES = st.text("abcXYZ019/#", min_size=1, max_size=90).map(lambda name: f"<http://e/{name}>")
BLANKS = st.text("abc019", min_size=1, max_size=9).map(lambda label: f"_:b{label}")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LITERALS = st.one_of(
    TEXTS.map(lambda text: literal(text).decode()),
    TEXTS.map(lambda text: literal(text, None, "zh-hans").decode()),
    st.tuples(TEXTS, NAMES).map(lambda pair: literal(pair[0], pair[1][1:-1]).decode()),
)
STATEMENTS = st.lists(
    st.tuples(NAMES | BLANKS, NAMES, NAMES | BLANKS | LITERALS, st.none() | NAMES | BLANKS),
    max_size=40,
)


def statements_of(columns: Columns) -> set[Statement]:
    term = columns.dictionary.term
    graphs = columns.graph if columns.graph is not None else [-1] * len(columns.subject)
    rows = zip(columns.subject, columns.predicate, columns.object, graphs, strict=True)
    return {(term(s), term(p), term(o), *([term(g)] if g >= 0 else [])) for s, p, o, g in rows}


def test_vocabulary_has_the_same_numbers_in_every_dictionary() -> None:
    read = read_ntriples(f"<urn:a> <{RDF}type> <urn:b> .\n".encode()).dictionary
    for dictionary in (Dictionary(), read):
        assert dictionary.find(f"<{RDF}type>".encode()) == TYPE
        assert dictionary.terms(range(len(TERMS))) == list(TERMS)
    assert len(NUMBERS) == len(TERMS)


def test_terms_keep_their_numbers_and_kinds() -> None:
    dictionary = read_ntriples(b'<urn:a> <urn:p> "x" .\n').dictionary
    known = dictionary.find(b"<urn:a>")
    numbers = dictionary.encode([b"<urn:a>", b"_:later", b"<urn:new>", b'"y"@en', b"_:later"])
    assert numbers[0] == known
    assert numbers[1] == numbers[4]
    assert dictionary.kinds[numbers].tolist() == [IRI, BLANK, IRI, LITERAL, BLANK]
    assert dictionary.terms(numbers[1:4]) == [b"_:later", b"<urn:new>", b'"y"@en']
    assert dictionary.find(b"<urn:nowhere>") is None


@given(STATEMENTS)
def test_reader_gives_back_the_statements(
    statements: list[tuple[str, str, str, str | None]],
) -> None:
    lines = [" ".join(t for t in statement if t) + " .\n" for statement in statements]
    expected = {tuple(t.encode() for t in statement if t) for statement in statements}
    assert statements_of(read_ntriples("".join(lines).encode())) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('<urn:a>\t<urn:p>  "x" . # why not', (b"<urn:a>", b"<urn:p>", b'"x"')),
        ('<urn:a><urn:p>"x".', (b"<urn:a>", b"<urn:p>", b'"x"')),
        (f'<urn:a> <urn:p> "x"^^<{XSD}string> .', (b"<urn:a>", b"<urn:p>", b'"x"')),
        ('<urn:a> <urn:p> "x"@EN-gb .', (b"<urn:a>", b"<urn:p>", b'"x"@en-gb')),
        (
            r'<urn:\u00e9> <urn:p> "\u4EA6\t\"" .',
            ("<urn:é>".encode(), b"<urn:p>", '"亦\t\\""'.encode()),
        ),
        ('<urn:a> <urn:p> "a . b" <urn:g> .\r', (b"<urn:a>", b"<urn:p>", b'"a . b"', b"<urn:g>")),
    ],
    ids=["spaces", "no-spaces", "xsd-string", "language", "escapes", "graph"],
)  # fmt: skip
def test_every_way_to_write_a_statement_is_read(line: str, expected: Statement) -> None:
    assert statements_of(read_ntriples(f"{line}\n".encode())) == {expected}


def test_terms_written_in_two_ways_have_one_number() -> None:
    text = (
        f'<urn:a> <urn:p> "x" .\n<urn:a> <urn:p> "x"^^<{XSD}string> .\n'
        '<urn:\\u0061> <urn:p> "x" .\n'
    )
    columns = read_ntriples(text.encode())
    assert len(set(zip(columns.subject, columns.predicate, columns.object, strict=True))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "<urn:a> <urn:p> .",
        "<urn:a> <urn:p> <urn:b>",
        '"x" <urn:p> <urn:b> .',
        "<urn:a> _:p <urn:b> .",
        "<urn:a b> <urn:p> <urn:b> .",
        '<urn:a> <urn:p> "x"y .',
        '<urn:a> <urn:p> "x"^^urn:t .',
        '<urn:a> <urn:p> "x"@ .',
        '<urn:a> <urn:p> "a" "b" .',
        '<urn:a> <urn:p> "\\x" .',
        "<urn:a> <urn:p> <urn:{b}> .",
        "<<( <urn:a> <urn:p> <urn:b> )>> <urn:p> <urn:b> .",
    ],
)
def test_mistakes_are_refused(line: str) -> None:
    with pytest.raises(SourceError):
        read_ntriples(f"<urn:a> <urn:p> <urn:b> .\n{line}\n".encode())


def test_mistake_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.nt"
    path.write_text("# a comment\n\n<urn:a> <urn:p> oops .\n")
    with pytest.raises(SourceError, match=r"bad\.nt:3: not an N-Triples"):
        read_ntriples(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match=r"none\.nt"):
        read_ntriples(tmp_path / "none.nt")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(SourceError, match="UTF-8"):
        read_ntriples(b'<urn:a> <urn:p> "\xff" .\n')


def test_many_chunks_are_read_as_one() -> None:
    lines = [f'<urn:s{i % 5000}> <urn:p{i % 7}> "{"x" * (i % 50)}{i}" .\n' for i in range(40_000)]
    columns = read_ntriples("".join(lines).encode())
    assert len(columns.subject) == 40_000
    assert statements_of(columns) == {tuple(x[:-3].encode().split(b" ", 2)) for x in lines}


def test_long_literals_are_told_apart() -> None:
    one, other = "a" * 9000 + "b", "a" * 9000 + "c"
    text = f'<urn:a> <urn:p> "{one}" .\n<urn:a> <urn:p> "{other}" .\n<urn:a> <urn:p> "{one}" .\n'
    columns = read_ntriples(text.encode())
    assert len(set(columns.object.tolist())) == 2


@given(TEXTS)
def test_literals_survive_writing_and_reading(text: str) -> None:
    assert split_literal(literal(text)).lexical == text
    assert canonical(literal(text)) == literal(text)
