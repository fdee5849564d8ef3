"""Answers that pages keep: of the present version of the data, and of no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from etown_kg.web.pages import kept as kept_module
from etown_kg.web.pages.kept import Kept


def answering(asked: list[set[str]], mark: str) -> Callable[[set[str]], Mapping[str, str]]:
    def ask(keys: set[str]) -> Mapping[str, str]:
        asked.append(keys)
        return {key: key + mark for key in keys}

    return ask


def test_only_what_is_not_known_is_asked_for() -> None:
    kept: Kept[str] = Kept()
    asked: list[set[str]] = []
    assert kept.of(["a", "b"], lambda: "1", answering(asked, "!")) == {"a": "a!", "b": "b!"}
    assert kept.of(["b", "c"], lambda: "1", answering(asked, "?")) == {"b": "b!", "c": "c?"}
    assert kept.of([], lambda: "1", answering(asked, "")) == {}
    assert asked == [{"a", "b"}, {"c"}]


def test_another_version_has_other_answers() -> None:
    kept: Kept[str] = Kept()
    asked: list[set[str]] = []
    kept.of(["a"], lambda: "1", answering(asked, "!"))
    assert kept.of(["a"], lambda: "2", answering(asked, "?")) == {"a": "a?"}
    assert kept.of(["a"], lambda: "1", answering(asked, "")) == {"a": "a!"}


def test_an_answer_of_a_version_in_between_is_not_kept() -> None:
    kept: Kept[str] = Kept()
    asked: list[set[str]] = []
    versions = iter(["1", "2"])
    assert kept.of(["a"], lambda: next(versions), answering(asked, "!")) == {"a": "a!"}
    for version in ("1", "2"):
        found = kept.of(["a"], lambda version=version: version, answering(asked, "?"))  # type: ignore[misc]
        assert found == {"a": "a?"}


def test_what_is_kept_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_module, "MOST_KEPT", 2)
    kept: Kept[str] = Kept()
    asked: list[set[str]] = []
    for key in "abc":
        kept.of([key], lambda: "1", answering(asked, ""))
    kept.of(["c"], lambda: "1", answering(asked, ""))
    kept.of(["a"], lambda: "1", answering(asked, ""))
    assert asked == [{"a"}, {"b"}, {"c"}, {"a"}]
