"""The shape of a query: its text with places in it for the constants that differ between queries.

Programs ask the same of one thing after the other. What such queries have in common is read once
(`reading`), so that a further one costs a cut of its text by one regular expression. Constants are
IRIs, prefixed names and strings behind the first brace (SPARQL 1.1 Query, grammar rules 139 to
141, 156 and 157).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# What may not be mistaken for something else: a comment, a constant.
_CUT: Final = re.compile(
    r"""( \#[^\r\n]*
        | <[^<>"{}|^`\\\s]*>
        | "[^"\\\r\n]*" | '[^'\\\r\n]*'
        | (?<![\w@?$:.-])(?:[A-Za-z][\w-]*)?:\w(?:[\w.-]*[\w-])?
        )""",
    re.VERBOSE,
)


class Shape(NamedTuple):
    """What queries have in common: the text up to the first brace, and between the constants."""

    head: str
    pieces: tuple[str, ...]


class Cut(NamedTuple):
    """A query's shape and its own constants, in order."""

    shape: Shape
    constants: tuple[str, ...]


def cut(text: str) -> Cut | None:
    """A text in its parts; None for one that is not cut here.

    >>> cut("SELECT ?p { <x:a> ?p 'b' } # all of it")
    Cut(shape=Shape(head='SELECT ?p ', pieces=(' ', ' ?p ', ' } ')), constants=('<x:a>', "'b'"))
    """
    if "\\" in text or '"""' in text or "'''" in text:
        return None
    head, _, rest = text.partition("{")
    parts = _CUT.split(rest)
    if "#" not in rest:
        return Cut(Shape(head, tuple(parts[0::2])), tuple(parts[1::2]))
    pieces = [parts[0]]
    constants = []
    for part, piece in zip(parts[1::2], parts[2::2], strict=True):
        if part[0] == "#":
            pieces[-1] += piece
        else:
            constants.append(part)
            pieces.append(piece)
    return Cut(Shape(head, tuple(pieces)), tuple(constants))
