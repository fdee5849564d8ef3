"""The index against tables of cases, and against plain Python on random texts."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etown_kg.errors import LimitError
from etown_kg.search import How, Index, Role, Text, index
from etown_kg.search.words import folded

HERE = Path(__file__).parent
ZOO = "https://zoo.example/id/"


def lines(name: str) -> Iterator[list[str]]:
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


TEXTS = [
    Text(ZOO + name, Role[role], text, language)
    for name, role, language, text in lines("texts.tsv")
]
CASES = list(lines("cases.tsv"))


@pytest.fixture(scope="module")
def zoo() -> Index:
    members = [
        (ZOO + "robin", ZOO + "Vogel"), (ZOO + "robin", ZOO + "Tier"),
        (ZOO + "TicketOffice", ZOO + "Haus"), (ZOO + "great-ape-house", ZOO + "Haus"),
        (ZOO + "aviary", ZOO + "Haus"), (ZOO + "aviary", ZOO + "Vogel"),
    ]  # fmt: skip
    return Index(TEXTS, members)


@pytest.mark.parametrize(
    ("typed", "how", "role", "names"), CASES, ids=[case[0] or "(empty)" for case in CASES]
)
def test_what_is_typed_finds_what_is_meant(
    zoo: Index, typed: str, how: str, role: str, names: str
) -> None:
    found = zoo.search(typed)
    expected = [] if names == "-" else [ZOO + name for name in names.split() if name != "..."]
    iris = [hit.iri for hit in found.hits]
    assert (iris[: len(expected)] if names.endswith("...") else iris) == expected
    if expected:
        assert found.hits[0].how == How(how)
        assert (found.hits[0].role.name if found.hits[0].role is not None else "-") == role


def test_scores_fall_from_exact_to_some(zoo: Index) -> None:
    typed = ["European robin", "European", "great apes", "gre ap", "Eurpean", "猿 apes"]
    scores = [zoo.search(each).hits[0].score for each in typed]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[0] == 100


def test_a_name_comes_before_a_definition_that_holds_it(zoo: Index) -> None:
    found = zoo.search("robin")
    assert [hit.iri for hit in found.hits] == [ZOO + "robin", ZOO + "aviary"]
    assert found.hits[1].role is Role.DEFINITION
    assert zoo.search("robin", names_only=True).total == 1


def test_a_word_of_definitions_alone_may_be_meant_as_a_name(zoo: Index) -> None:
    found = zoo.search("houses", names_only=True)
    assert [hit.iri for hit in found.hits] == [ZOO + "great-ape-house"]
    assert dict(found.corrections) == {"houses": ["house"]}
    narrow = Index([*TEXTS, Text(ZOO + "x", Role.DEFINITION, "Many houses.", "en")], [])
    assert [hit.iri for hit in narrow.search("houses").hits] == [ZOO + "x"]
    assert narrow.search("houses", names_only=True).hits == found.hits


def test_what_describes_the_graph_comes_behind_its_things_of_the_same_name() -> None:
    texts = [
        Text("x:town", Role.LABEL, "北京经济技术开发区", "zh"),
        Text("x:town", Role.ALIAS, "亦庄开发区", "zh"),
        Text("x:ontology", Role.LABEL, "亦庄本体", "zh"),
    ]
    alike = Index(texts, []).search("亦庄").hits
    assert [hit.iri for hit in alike] == ["x:ontology", "x:town"]
    made = Index(texts, [], about={"x:ontology"})
    assert [hit.iri for hit in made.search("亦庄").hits] == ["x:town", "x:ontology"]
    # A title that is typed whole is what was meant.
    assert made.search("亦庄本体").hits[0].iri == "x:ontology"


def test_corrections_are_told(zoo: Index) -> None:
    assert dict(zoo.search("Eurpean robin").corrections) == {"eurpean": ["european"]}
    assert not zoo.search("European robin").corrections
    assert not zoo.search("qqqqqqq").corrections


def test_classes_are_counted_over_all_hits_and_narrow_them(zoo: Index) -> None:
    found = zoo.search("house", limit=1, classes=5)
    assert found.total == found.matching == 2
    assert found.classes == ((ZOO + "Haus", 2), (ZOO + "Vogel", 1))
    narrowed = zoo.search("house", in_class=ZOO + "Vogel", classes=5)
    assert [hit.iri for hit in narrowed.hits] == [ZOO + "aviary"]
    assert (narrowed.total, narrowed.matching, narrowed.classes) == (1, 2, found.classes)
    assert zoo.search("house", in_class=ZOO + "Nonsense").total == 0


def test_pages_part_the_hits(zoo: Index) -> None:
    everything = zoo.search("e", limit=100)
    pages = [zoo.search("e", limit=2, offset=start).hits for start in (0, 2, 4)]
    assert tuple(hit for page in pages for hit in page) == everything.hits[:6]


def test_an_iri_finds_what_it_names(zoo: Index) -> None:
    found = zoo.search("aviary", iri=ZOO + "robin")
    assert [(hit.iri, hit.score, hit.how) for hit in found.hits] == [(ZOO + "robin", 100, How.IRI)]
    assert zoo.search("https", iri="https://elsewhere.example/").total == 0


def test_texts_and_classes_of_a_resource(zoo: Index) -> None:
    texts = zoo.texts([ZOO + "robin", "https://elsewhere.example/"])
    assert [text.text for text in texts[ZOO + "robin"]][:3] == [
        "European robin",
        "知更鸟",
        "BTO-61",
    ]
    assert list(texts) == [ZOO + "robin"]
    classes = zoo.classes_of([ZOO + "robin"])[ZOO + "robin"]
    assert classes == [ZOO + "Tier", ZOO + "Vogel"]


def test_a_search_that_takes_too_long_says_so(zoo: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    many = Index([Text(f"{ZOO}{n}", Role.LABEL, f"robin {n}", "") for n in range(3000)], [])
    monkeypatch.setattr(index, "SEARCH_S", 0.0)
    with pytest.raises(LimitError, match="search time"):
        many.search("robin")
    monkeypatch.undo()
    assert many.search("robin").total == 3000


def test_a_long_text_is_read_by_its_first_words(zoo: Index) -> None:
    assert zoo.search("robin " * 100_000).total == 2


WORDS = st.text(string.ascii_lowercase, min_size=4, max_size=12)
HAN = st.text(st.sampled_from("亦庄北京经济技术开发区机器人"), min_size=1, max_size=6)
ANY = st.text(max_size=30)


@settings(max_examples=40)  # each makes a database
@given(st.lists(HAN, min_size=1, max_size=6), HAN)
def test_every_stretch_of_chinese_is_found(labels: list[str], typed: str) -> None:
    made = Index([Text(f"x:{n}", Role.LABEL, text, "zh") for n, text in enumerate(labels)], [])
    found = {
        hit.iri
        for hit in made.search(typed, limit=100).hits
        if hit.how not in (How.SOME, How.SPREAD)
    }
    assert found == {f"x:{n}" for n, text in enumerate(labels) if typed in text}


@settings(max_examples=40)  # each makes a database
@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_every_word_is_found_by_each_of_its_beginnings(
    words: list[str], data: st.DataObject
) -> None:
    made = Index([Text(f"x:{n}", Role.LABEL, f"the {w}", "en") for n, w in enumerate(words)], [])
    word = data.draw(st.sampled_from(words))
    typed = word[: data.draw(st.integers(1, len(word)))]
    found = {hit.iri for hit in made.search(typed, limit=100).hits}
    assert found >= {f"x:{n}" for n, each in enumerate(words) if each.startswith(typed)}


@settings(max_examples=40)  # each makes a database
@given(WORDS, st.data())
def test_every_single_typing_error_is_forgiven(word: str, data: st.DataObject) -> None:
    made = Index([Text("x:1", Role.LABEL, f"Xu {word}", "en")], [])
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    typed = data.draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        ).filter(lambda each: len(each) >= 4)
    )
    assert [hit.iri for hit in made.search(typed).hits] == ["x:1"]


@settings(max_examples=40)  # each makes a database
@given(st.lists(ANY, max_size=5), ANY)
def test_whatever_is_typed_is_no_error_and_finds_itself(labels: list[str], typed: str) -> None:
    texts = [Text(f"x:{n}", Role.LABEL, text, "") for n, text in enumerate([*labels, typed])]
    found = Index(texts, []).search(typed, limit=100)
    assert all(0 <= hit.score <= 100 for hit in found.hits)
    if any(character.isalnum() for character in folded(typed)):
        assert f"x:{len(labels)}" in {hit.iri for hit in found.hits}
