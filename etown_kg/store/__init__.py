"""Asserted quads: in memory for queries, on disk for good, and as changes between the two.

    Dataset      quads that can be queried and changed
    Delta        a change as a value
    Location     a folder that keeps the quads and loses no change it acknowledged

Relies on pyoxigraph. Knows no files of the project, no updates and no reasoner.
"""

from etown_kg.store.checksum import checksum
from etown_kg.store.dataset import DEFAULT_GRAPHS, Dataset, DefaultGraphMode, GraphQuads
from etown_kg.store.delta import UNNAMED, Delta, GraphName, composed
from etown_kg.store.disk import is_want_of_room
from etown_kg.store.journal import State
from etown_kg.store.location import RESERVE_BYTES, SERVED_BY, Location
from etown_kg.store.restoring import restore, verify

__all__ = [
    "DEFAULT_GRAPHS",
    "RESERVE_BYTES",
    "SERVED_BY",
    "UNNAMED",
    "Dataset",
    "DefaultGraphMode",
    "Delta",
    "GraphName",
    "GraphQuads",
    "Location",
    "State",
    "checksum",
    "composed",
    "is_want_of_room",
    "restore",
    "verify",
]
