"""The beginning of a text that is too long for its place: whoever writes a graph may write much."""

from __future__ import annotations

# A name that is longer is none; the whole of it stands among the facts and in the data.
NAME_CHARACTERS = 240
# What a page shows of one text; the rest is in the data that every page leads to.
TEXT_CHARACTERS = 1_200


def excerpt(text: str, most: int = TEXT_CHARACTERS) -> str:
    """The beginning of a text, to a whole word where there is one; `most` in characters.

    >>> excerpt("a zone for development", 12)
    'a zone for…'
    >>> excerpt("short", 12)
    'short'
    """
    if len(text) <= most:
        return text
    start = text[:most]
    whole, space, _ = start.rpartition(" ")
    return (whole if space and len(whole) > most / 2 else start) + "…"
