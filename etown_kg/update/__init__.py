"""SPARQL 1.1 Update and the graph store's operations, as the changes that they come to.

    evaluate(text, dataset, options)         an update's text
    replacement, addition, removal           PUT, POST and DELETE of a graph
    effective(dataset, delta)                a change that was made up elsewhere

Nothing here changes the data for good: each returns a `etown_kg.store.Delta`.
"""

from etown_kg.update.evaluation import Loader, Options, evaluate
from etown_kg.update.pending import addition, effective, removal, replacement

__all__ = [
    "Loader",
    "Options",
    "addition",
    "effective",
    "evaluate",
    "removal",
    "replacement",
]
