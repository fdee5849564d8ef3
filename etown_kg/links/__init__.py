"""Links to other graphs: mappings with their review, in SSSOM's terms.

A mapping (`mapping`) says that a thing here is matched with one elsewhere, how that was found and
what a reviewer made of it; only what was accepted becomes a link that clients follow. Mappings
stand in the graph (`statements`) and travel as SSSOM TSV (`table`); `preview` tells what
accepting a candidate would come to.
"""

from etown_kg.links.mapping import Mapping, State
from etown_kg.links.merging import merged
from etown_kg.links.statements import mappings_of, turtle
from etown_kg.links.table import read_table, write_table

__all__ = [
    "Mapping", "State", "mappings_of", "merged", "read_table", "turtle", "write_table",
]  # fmt: skip
