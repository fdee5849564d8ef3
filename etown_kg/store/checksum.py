"""One number for a set of quads, which follows every change of the set.

The sum, modulo 2**64, of a number per quad; so the order does not matter, and a change adds and
subtracts what it brings and takes. It tells damage, not malice: use no such sum against somebody
who chooses the quads.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from pyoxigraph import Quad

from etown_kg.store.delta import batches, n_quads

# Another serialiser may escape other characters: sums of two schemes do not compare.
SCHEME: Final = f"crc32x2:pyoxigraph-{version('pyoxigraph')}"
_MODULUS: Final = 1 << 64
_OTHER_START: Final = 0x9E3779B9


def checksum(quads: Iterable[Quad]) -> int:
    """The sum of some quads as they are written; 0 to 2**64 - 1. About 1 us a quad."""
    total = 0
    crc32 = zlib.crc32
    for batch in batches(quads):
        for line in n_quads(batch):
            total += crc32(line) << 32 | crc32(line, _OTHER_START)
    return total % _MODULUS


def changed(total: int, deleted: Iterable[Quad], inserted: Iterable[Quad]) -> int:
    """The sum of a set after quads were taken out of it and put into it."""
    return (total - checksum(deleted) + checksum(inserted)) % _MODULUS
