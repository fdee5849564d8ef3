"""Reconciliation: which thing of the graph a name in somebody's table means.

The values of the Reconciliation Service API 0.2
(https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/): queries and
data extension as they are read (`request`), names compared (`likeness`), candidates judged
(`candidates`). It knows nothing of HTTP, nor of where names and values come from.
"""

from etown_kg.reconcile.candidates import Candidate, Evidence, judged
from etown_kg.reconcile.likeness import likeness, named_same
from etown_kg.reconcile.request import (
    Extension,
    Given,
    Query,
    Reference,
    read_extension,
    read_queries,
)

__all__ = [
    "Candidate", "Evidence", "Extension", "Given", "Query", "Reference", "judged", "likeness",
    "named_same", "read_extension", "read_queries",
]  # fmt: skip
