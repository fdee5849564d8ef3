"""Point queries: small queries, answered from an index of the default graph within microseconds.

Most queries of a knowledge graph name a thing and ask what is around it. They are answered here by
index nested-loop joins in the process that reads them: one that meets more than a bounded number of
rows, or has anything that is not read here, is left to the engine. The answers are the engine's.

Who writes an index is `writing`, who reads one is `PointQueries`.
"""

from __future__ import annotations

from etown_kg.point_queries.answering import Answered, PointQueries
from etown_kg.point_queries.index import Index, IndexChange

__all__ = ["Answered", "Index", "IndexChange", "PointQueries"]
