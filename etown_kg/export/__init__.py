"""Quads to bytes: serialisations whose bytes depend on the statements alone.

The same quads give the same bytes, in whatever order they come: statements are sorted, each is
there once, and only the prefixes that are used are declared.
"""

from __future__ import annotations

from etown_kg.export.context import CONTEXT_QUERY, Context, read_context
from etown_kg.export.distributions import Dumps, write_statements
from etown_kg.export.serialisation import used_prefixes, write, write_sorted
from etown_kg.export.sorting import SortedQuads
from etown_kg.export.xml_characters import XmlStream

__all__ = [
    "CONTEXT_QUERY", "Context", "Dumps", "SortedQuads", "XmlStream", "read_context",
    "used_prefixes", "write", "write_sorted", "write_statements",
]  # fmt: skip
