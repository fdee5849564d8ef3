"""What is read of batches, and what is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from etown_kg.errors import SettingError
from etown_kg.reconcile import Given, Query, Reference, read_extension, read_queries
from etown_kg.reconcile.request import MAX_LIMIT, MAX_PROPERTIES, Wanted

READERS = {"queries": read_queries, "extend": read_extension}
REFUSED = [
    line.split("\t")
    for line in (Path(__file__).parent / "refused.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_a_whole_query_is_read() -> None:
    document = json.dumps(
        {
            "q0": {"query": " Beijing "},
            "q1": {
                "query": "北京", "type": ["x:City", {"id": "x:Place", "name": "place"}],
                "limit": 3.0, "type_strict": "all",
                "properties": [
                    {"pid": "x:in", "v": {"id": "x:china", "name": "China"}},
                    {"pid": "x:code", "v": ["11", 11, 1.5, True]},
                ],
            },
            "q2": {"properties": [{"pid": "x:code", "v": "11"}], "type": "", "limit": 10**9},
        }
    )  # fmt: skip
    assert read_queries(document) == {
        "q0": Query("Beijing"),
        "q1": Query(
            "北京",
            ("x:City", "x:Place"),
            3,
            (Given("x:in", (Reference("x:china"),)), Given("x:code", ("11", 11, 1.5, True))),
            "all",
        ),
        "q2": Query("", limit=MAX_LIMIT, given=(Given("x:code", ("11",)),)),
    }


def test_a_whole_extension_is_read() -> None:
    document = json.dumps(
        {
            "ids": ["x:a", "x:b", "x:a"],
            "properties": [
                {"id": "x:p"},
                {"id": "x:q", "settings": {"limit": "2", "lang": "ZH"}},
                {"id": "x:r", "settings": {"limit": 0, "other": [1]}},
            ],
        }
    )
    read = read_extension(document)
    assert read.ids == ("x:a", "x:b")
    assert read.properties == (Wanted("x:p"), Wanted("x:q", 2, "zh"), Wanted("x:r"))


@pytest.mark.parametrize(("name", "document", "expected"), REFUSED, ids=[e[2] for e in REFUSED])
def test_what_is_not_of_the_form_is_refused_with_its_place(
    name: str, document: str, expected: str
) -> None:
    with pytest.raises(SettingError) as caught:
        READERS[name](document)
    assert str(caught.value).startswith(expected)


def test_a_query_of_endless_size_is_refused() -> None:
    many = [{"pid": "x:p", "v": "a"}] * (MAX_PROPERTIES + 1)
    with pytest.raises(SettingError, match="are the most"):
        read_queries(json.dumps({"q": {"properties": many}}))
    with pytest.raises(SettingError, match=r"nests too deep|no JSON"):
        read_queries("[" * 100_000)
    with pytest.raises(SettingError, match="no JSON that is read"):
        read_queries('{"q": {"query": "a", "limit": ' + "9" * 5000 + "}}")
