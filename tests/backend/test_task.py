"""Tasks on their way to an executor."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from etown_kg.backend import ProofRequest, QueryRequest
from etown_kg.backend.task import frame_of, request_of
from etown_kg.scope import Scope

NAMES = st.lists(st.text(max_size=4), max_size=2).map(tuple)
REQUESTS = st.builds(
    QueryRequest,
    text=st.text(st.characters(), max_size=40),
    accept=st.none() | st.text(max_size=8) | st.just("text/csv," * 100),
    parameters=NAMES,
    infer=st.booleans(),
    default_graphs=NAMES,
    named_graphs=NAMES,
    timeout_s=st.none() | st.floats(0, 9),
    client=st.text(max_size=3),
    explain_empty=st.booleans(),
    base=st.none() | st.text(max_size=8),
    same_as=st.booleans(),
    scope=st.builds(Scope, NAMES, st.booleans()),
)


@given(REQUESTS, st.floats(0, 100))
def test_queries_arrive_as_they_were(request: QueryRequest, seconds: float) -> None:
    for asked in (request, replace(request, text=f"{request.text} ")):
        head, body = frame_of("answer", asked, seconds)
        assert request_of(json.loads(head), body) == (asked, seconds)


def test_proofs_arrive_as_they_were() -> None:
    request = ProofRequest(("<x:a>", "<x:p>", '"1"'), limit=3, as_turtle=True)
    head, body = frame_of("prove", request, 1.5)
    assert json.loads(head)["task"] == "prove"
    assert request_of(json.loads(head), body) == (request, 1.5)
