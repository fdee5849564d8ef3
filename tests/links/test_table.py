"""SSSOM tables: what is read and refused, and that nothing is lost on the way there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from etown_kg import vocab
from etown_kg.errors import MissingPathError, SettingError, SourceError
from etown_kg.links import Mapping, State, mappings_of, read_table, turtle, write_table
from etown_kg.links.mapping import COLUMNS, EXTENSIONS, KINDS, SEVERAL

HEAD = "subject_id\tpredicate_id\tobject_id\tmapping_justification"
REFUSED = [
    line.split("\t")
    for line in (Path(__file__).parent / "refused.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
ROW = "place:beijing\tskos:exactMatch\twd:Q956\tsemapv:LexicalMatching"


def table(folder: Path, text: str) -> Path:
    path = folder / "links.sssom.tsv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "text", "expected"), REFUSED, ids=[e[0] for e in REFUSED])
def test_what_is_no_table_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    given = text.replace("HEAD", HEAD).replace("\\n", "\n").replace("\\t", "\t")
    with pytest.raises(SourceError) as caught:
        read_table(table(tmp_path, given))
    assert expected in str(caught.value).split("links.sssom.tsv", 1)[1]


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError):
        read_table(tmp_path / "nothing.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"\xe9")
    with pytest.raises(SourceError, match="not UTF-8"):
        read_table(tmp_path / "latin.tsv")


def test_a_table_as_others_write_them_is_read(tmp_path: Path) -> None:
    text = (
        "#mapping_set_id: https://example.org/set\n#mapping_date: 2030-05-20\n"
        "#mapping_tool: a matcher\n#curie_map:\n#  ex: https://example.org/id/\n"
        "#extension_definitions:\n#- slot_name: why\n"
        f"#  property: {vocab.SKOS}editorialNote\n"
        f"{HEAD}\tauthor_label\tmapping_tool\twhy\tmood\n"
        'place:beijing\tskos:exactMatch\tex:1\tsemapv:LexicalMatching\tA|"B"\\|C\t\tsure\tgood\n'
        "<https://x.example/a>\tskos:closeMatch\thttps://y.example/b\tsemapv:LexicalMatching"
        '\t\tanother\t"two\nlines"\n\n'
    )
    found = read_table(table(tmp_path, "\ufeff" + text))
    first, second = (row.mapping for row in found.rows)
    assert first.link == (
        vocab.ID + "place/beijing", vocab.SKOS + "exactMatch", "https://example.org/id/1",
    )  # fmt: skip
    assert first.values["author_label"] == ("A", '"B"|C')
    assert first.values["ext_review_reason"] == ("sure",)
    assert first.value("mapping_date") == second.value("mapping_date") == "2030-05-20"
    assert "mapping_tool" not in first.values  # the column is there, and empty
    assert second.value("mapping_tool") == "another"
    assert second.value("ext_review_reason") == "two\nlines"
    assert [row.line for row in found.rows] == [10, 12]
    assert found.unread == ("mood",)


def test_the_table_says_what_its_prefixes_and_columns_are(tmp_path: Path) -> None:
    mapping = Mapping("https://w3id.org/etown/id/mapping/a", {
        "subject_id": (vocab.ID + "place/beijing",), "predicate_id": (vocab.SKOS + "exactMatch",),
        "object_id": ("http://www.wikidata.org/entity/Q956",),
        "mapping_justification": ("https://w3id.org/semapv/vocab/LexicalMatching",),
        "ext_review_reason": ("sure",),
    })  # fmt: skip
    written = write_table([mapping], {"license": "https://example.org/licence"})
    head = [line for line in written.splitlines() if line.startswith("#")]
    metadata = yaml.safe_load("\n".join(line[1:] for line in head))
    assert metadata["sssom_version"] == "1.1"
    assert metadata["license"] == "https://example.org/licence"
    assert metadata["curie_map"] == {
        "mapping": vocab.ID + "mapping/", "place": vocab.ID + "place/",
        "wd": "http://www.wikidata.org/entity/",
    }  # fmt: skip
    assert [each["slot_name"] for each in metadata["extension_definitions"]] == [
        "ext_review_reason"
    ]
    rows = written.splitlines()[len(head) :]
    assert rows[0].split("\t")[:2] == ["record_id", "subject_id"]
    assert rows[1].split("\t")[:4] == [
        "mapping:a", "place:beijing", "skos:exactMatch", "wd:Q956",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, State.CANDIDATE),
        ({"reviewer_agreement": "0"}, State.CANDIDATE),
        ({"reviewer_label": "A", "reviewer_agreement": "0.0"}, State.CANDIDATE),
        ({"reviewer_label": "A"}, State.ACCEPTED),
        ({"reviewer_id": "x:a"}, State.ACCEPTED),
        ({"reviewer_agreement": "0.1"}, State.ACCEPTED),
        ({"reviewer_label": "A", "reviewer_agreement": "-0.5"}, State.REJECTED),
        ({"reviewer_label": "A", "predicate_modifier": "Not"}, State.REJECTED),
    ],
)
def test_the_review_makes_the_state(values: dict[str, str], state: State) -> None:
    assert Mapping("x:m", {name: (value,) for name, value in values.items()}).state is state


# There and back

IRIS = st.sampled_from(
    [vocab.ID + "place/beijing", "http://www.wikidata.org/entity/Q956", "https://sws.geonames.org/1/",
     "urn:x:a", "https://example.org/a?b=c", vocab.SKOS + "closeMatch", "https://w3id.org/etown/id/a"]
)  # fmt: skip
TEXTS = (
    st.text(alphabet='ab 亦\t"\n|\\#:<>', min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: text and not text.endswith("\\"))
)
NUMBERS = st.sampled_from(["0.0", "0.5", "1.0", "0.125"])
DATES = st.dates().map(str)


def values_of(column: str) -> st.SearchStrategy[tuple[str, ...]]:
    one = {"entity": IRIS, "text": TEXTS, "date": DATES, "number": NUMBERS}[KINDS[column]]
    most = 3 if column in SEVERAL else 1
    return st.sets(one, min_size=1, max_size=most).map(sorted).map(tuple)


OPTIONAL = [name for name in KINDS if name not in (*HEAD.split("\t"), "record_id")]
MAPPINGS = st.builds(
    lambda number, required, more: Mapping(
        f"{vocab.ID}mapping/m{number}",
        {name: each for name in KINDS if (each := {**more, **required}.get(name))},
    ),
    st.integers(0, 9),
    st.fixed_dictionaries({name: IRIS.map(lambda iri: (iri,)) for name in HEAD.split("\t")}),
    st.sets(st.sampled_from(OPTIONAL), max_size=6).flatmap(
        lambda names: st.fixed_dictionaries({name: values_of(name) for name in sorted(names)})
    ),
)


@given(st.lists(MAPPINGS, max_size=4))
def test_a_table_that_is_read_back_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, mappings: list[Mapping]
) -> None:
    path = table(tmp_path_factory.getbasetemp(), write_table(mappings, {}))
    assert [row.mapping for row in read_table(path).rows] == mappings


@given(st.lists(MAPPINGS, max_size=4, unique_by=lambda mapping: mapping.iri))
def test_turtle_that_is_read_back_says_the_same(mappings: list[Mapping]) -> None:
    text = turtle(mappings)
    quads = list(parse(text, RdfFormat.TURTLE))
    assert sorted(mappings_of(quads), key=lambda each: each.iri) == sorted(
        mappings, key=lambda each: each.iri
    )
    links = {(q.subject.value, q.predicate.value, q.object.value) for q in quads
             if q.predicate.value == vocab.SKOS + "closeMatch"}  # fmt: skip
    for each in mappings:
        if each.link[1] == vocab.SKOS + "closeMatch":
            accepted = [other for other in mappings if other.link == each.link
                        and other.state is State.ACCEPTED]  # fmt: skip
            assert (each.link in links) == bool(accepted)
    assert turtle(list(reversed(mappings))) == text


def test_texts_that_a_table_cannot_part_are_refused() -> None:
    mapping = Mapping("x:m", {"author_label": ("a\\", "b")})
    with pytest.raises(SettingError, match="backslash"):
        write_table([mapping], {})
    assert "a\\" in write_table([Mapping("x:m", {"author_label": ("a\\",)})], {})


def test_every_column_has_a_property_of_its_own() -> None:
    assert not set(COLUMNS) & set(EXTENSIONS)
    assert set(KINDS.values()) == {"entity", "text", "date", "number"}
