"""RDF Patch to SPARQL Update: the changes of one graph, row by row.

https://afs.github.io/rdf-patch/. Rows of one graph: ``A`` and ``D`` with a triple, ``PA`` and
``PD`` for prefixes, ``H`` headers, ``TX`` and ``TC`` around it all. A patch is taken whole or not
at all, so a ``TA`` (abort) refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pyoxigraph import DefaultGraph, RdfFormat, parse

from etown_kg.blank_nodes import has_blank_node
from etown_kg.errors import UploadError

MEDIA_TYPES: Final = ("application/rdf-patch", "text/rdf-patch")
_PREFIX: Final = re.compile(r'"?([\w.-]*):?"?\s+<([^<>\s"]*)>\s*\.?')

# A word and a colon behind it, or a word alone, so that what follows is looked at once.
_NAMED: Final = re.compile(r"[\w.-]*:|[\w.-]+")


def to_update(body: bytes) -> str:
    """The update that makes the changes of a patch, in its order.

    >>> to_update(b"TX .\\nA <http://a> <http://b> 1 .\\nTC .")
    'INSERT DATA { <http://a> <http://b> 1 . }'

    Raises:
        UploadError: a row cannot be read, names another graph, deletes a blank node or aborts.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise UploadError(f"not UTF-8 at byte {error.start}") from error
    operations: list[str] = []
    sign, triples = "", list[str]()
    for row_sign, triple in _rows(text):
        if row_sign != sign and triples:
            operations.append(_operation(sign, triples))
            triples = []
        sign = row_sign
        triples.append(triple)
    if triples:
        operations.append(_operation(sign, triples))
    return " ;\n".join(operations)


def _operation(sign: str, triples: list[str]) -> str:
    word = "INSERT" if sign == "A" else "DELETE"
    return f"{word} DATA {{ {' '.join(triples)} }}"


def _rows(text: str) -> Iterator[tuple[str, str]]:
    """Each change as its letter and its triple in N-Triples."""
    prefixes: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.strip()
        if not row or row.startswith("#"):
            continue
        code, _, rest = row.partition(" ")
        if code in ("A", "D"):
            yield code, _triple(code, rest, prefixes, number)
        elif code in ("PA", "PD"):
            declared = _PREFIX.fullmatch(rest.strip()) if code == "PA" else None
            if code == "PA" and declared is None:
                raise UploadError("PA needs a prefix and an IRI", line=number, column=1)
            if declared is not None:
                prefixes[declared[1]] = declared[2]
        elif code.rstrip(".") == "TA":
            raise UploadError("the patch aborts itself with TA", line=number, column=1)
        elif code.rstrip(".") not in ("H", "TX", "TC"):
            raise UploadError(f"{code[:20]!r} is no row of RDF Patch", line=number, column=1)


def _triple(code: str, rest: str, prefixes: dict[str, str], number: int) -> str:
    # Those that the row may use: a patch may declare thousands, for thousands of rows.
    used = {word[:-1] for word in _NAMED.findall(rest) if word.endswith(":")} & prefixes.keys()
    head = "".join(f"PREFIX {prefix}: <{prefixes[prefix]}>\n" for prefix in used)
    statement = rest if rest.rstrip().endswith(".") else f"{rest} ."
    try:
        quads = list(parse((head + statement).encode(), RdfFormat.TURTLE))
    except SyntaxError as error:
        problem = re.sub(r"^Parser error at line \d+ column \d+: ", "", str(error.msg))
        raise UploadError(
            problem, line=number, column=1, hint="a row has one triple of this graph"
        ) from error
    if len(quads) != 1 or quads[0].graph_name != DefaultGraph():
        raise UploadError("a row has one triple", line=number, column=1)
    if code == "D" and has_blank_node(quads[0]):
        raise UploadError(
            "a blank node of a patch is none of the graph's: it cannot be deleted by its label",
            line=number,
            column=1,
            hint="send a DELETE WHERE as application/sparql-update",
        )
    return f"{quads[0].triple} ."
