"""A client for a served graph: answers as Python values and tables, figures as intervals.

>>> from etown_kg.client import Client
>>> graph = Client("http://127.0.0.1:8000/")  # doctest: +SKIP
>>> graph.figures(indicator="unicorns", threshold=300).to_pandas()  # doctest: +SKIP

Queries and updates go to any endpoint of the SPARQL 1.1 Protocol that answers in its JSON and
N-Triples; figures, entities, search and proofs come from ``/api`` of an etown-kg server. Nothing
but the standard library and pyoxigraph is needed; pandas or polars where a table is asked for.
"""

from __future__ import annotations

from etown_kg.client.client import Client
from etown_kg.client.connection import ProblemError
from etown_kg.client.figures import FigureTable
from etown_kg.client.solutions import Solutions
from etown_kg.client.values import Iri, Text, Value

__all__ = ["Client", "FigureTable", "Iri", "ProblemError", "Solutions", "Text", "Value"]
