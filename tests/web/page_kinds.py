"""Every kind of page and of data that the app has, as one list: ``page_kinds.tsv``.

What walks through all pages walks through this list, and a test holds the list against the app's
own rules: a new page cannot be forgotten.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_suffix(".tsv")
NONE = "-"


class Address(NamedTuple):
    """One line: the rule that answers, whether with a page, a frame or data, and two examples."""

    rule: str
    what: str
    shipped: str
    hostile: str


def addresses() -> list[Address]:
    """The whole table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Address(*line.split("\t")) for line in lines if not line.startswith("#")]


def shipped_pages() -> list[str]:
    """A page of each kind over the graph that ships."""
    return [each.shipped for each in addresses() if each.what == "page"]


def hostile_pages() -> list[str]:
    """The same over the hostile graph, and the frames."""
    return [each.hostile for each in addresses() if each.what != "data" and each.hostile != NONE]


def hostile_files() -> list[str]:
    """What is no page over the hostile graph."""
    return [each.hostile for each in addresses() if each.what == "data" and each.hostile != NONE]
