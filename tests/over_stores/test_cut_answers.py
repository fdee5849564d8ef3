"""A store that cuts its answers: Virtuoso does, with a status of 200, at its ResultSetMaxRows."""

from __future__ import annotations

from pathlib import Path

import pytest

from etown_kg.backend import QueryRequest
from etown_kg.backend.remote import RemoteBackend
from etown_kg.backend.sparql_store import Addresses, SparqlStore
from etown_kg.errors import LimitError
from tests.stores import virtuoso

FACTS = "".join(f"<x:s{number}> <x:p> {number} .\n" for number in range(40))


def test_what_virtuoso_cuts_is_no_answer(tmp_path: Path) -> None:
    with virtuoso(tmp_path, most_rows=20) as store:
        store.put(FACTS, "x:g")
        served = RemoteBackend(SparqlStore(Addresses(store.query)))
        with pytest.raises(LimitError, match="20 rows of the store"):
            served.query(QueryRequest("SELECT ?s ?o { ?s <x:p> ?o }"))
        whole = served.query(
            QueryRequest("SELECT ?o { ?s <x:p> ?o } ORDER BY ?o LIMIT 15", accept="text/csv")
        )
        assert whole.body.decode().split() == ["o", *map(str, range(15))]
        counted = QueryRequest("SELECT (COUNT(*) AS ?n) { ?s <x:p> ?o }", accept="text/csv")
        assert served.query(counted).body.decode().split() == ["n", "40"]
        for query in (
            "CONSTRUCT WHERE { ?s <x:p> ?o }",
            "CONSTRUCT { ?s <x:all> <x:same> . [] <x:r> ?o } WHERE { ?s <x:p> ?o }",
            "PREFIX x: <x:> DESCRIBE ?s WHERE { ?s x:p ?o }",
        ):
            with pytest.raises(LimitError, match="20 rows of the store"):
                served.query(QueryRequest(query))
        few = QueryRequest("CONSTRUCT WHERE { ?s <x:p> ?o } LIMIT 12", parameters=("ntriples",))
        assert len(served.query(few).body.splitlines()) == 12
        one = QueryRequest("DESCRIBE <x:s3>", parameters=("ntriples",))
        assert served.query(one).body.startswith(b"<x:s3> <x:p> ")
