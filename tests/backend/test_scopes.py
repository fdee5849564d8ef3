"""Scopes through every kind of backend: each process answers from what may be read."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace

from etown_kg.backend import Backend, QueryRequest, UpdateRequest
from etown_kg.backend.client import ProcessBackend
from etown_kg.errors import UnavailableError
from etown_kg.scope import Scope
from tests.backend.test_processes import eventually, owner_of

EAST, WEST = "http://zoo.example/east", "http://zoo.example/west"
NO_WEST = Scope.all_but([WEST])
COUNT = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"


def count(backend: Backend, scope: Scope) -> int:
    result = backend.query(QueryRequest(COUNT, parameters=("json",), scope=scope))
    return int(json.loads(result.body)["results"]["bindings"][0]["n"]["value"])


def test_a_query_sees_its_scope(backend: Backend) -> None:
    everything = count(backend, Scope())
    assert count(backend, NO_WEST) == everything - 4
    assert count(backend, Scope.only([WEST])) == 4
    assert count(backend, Scope.only([])) == 0


def test_the_status_is_that_of_the_scope(backend: Backend) -> None:
    status = backend.status(NO_WEST)
    assert WEST in backend.status().graphs
    assert WEST not in status.graphs
    assert status.asserted == backend.status().asserted - 4
    assert status.version != backend.status().version
    asked = QueryRequest("ASK {}", scope=NO_WEST)
    assert backend.query(asked).version == status.version
    assert backend.status(NO_WEST) == status


def test_an_empty_answer_is_explained_within_the_scope(backend: Backend) -> None:
    text = "SELECT * { <http://zoo.example/eel> <http://zoo.example/weight> ?w }"
    asked = QueryRequest(text, parameters=("json",), explain_empty=True, scope=NO_WEST)
    diagnosis = backend.query(asked).diagnosis
    assert diagnosis is not None
    assert "3.5" not in json.dumps(diagnosis)
    assert backend.query(replace(asked, scope=Scope())).diagnosis is None


def test_an_update_is_seen_in_the_scopes_it_belongs_to(own_backend: Backend) -> None:
    east, no_west = count(own_backend, Scope.only([EAST])), count(own_backend, NO_WEST)
    for graph, values in ((WEST, "1 , 2"), (EAST, "3")):
        text = f"INSERT DATA {{ GRAPH <{graph}> {{ <x:a> <x:b> {values} }} }}"
        own_backend.update(UpdateRequest(text))
    assert count(own_backend, Scope.only([EAST])) == east + 1
    assert count(own_backend, NO_WEST) == no_west + 1


def test_an_update_copies_nothing_that_its_writer_may_not_read(own_backend: Backend) -> None:
    before = count(own_backend, Scope.only([EAST]))
    text = f"INSERT {{ GRAPH <{EAST}> {{ ?s <x:copied> ?o }} }} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    own_backend.update(UpdateRequest(text, may_write=(EAST,), scope=Scope.only([EAST])))
    asks = "ASK { <http://zoo.example/eel> <x:copied> ?o }"
    assert b"false" in own_backend.query(QueryRequest(asks)).body
    assert count(own_backend, Scope.only([EAST])) > before


def test_an_owner_that_was_just_begun_shows_no_more(
    own_processes: Callable[..., ProcessBackend],
) -> None:
    backend = own_processes()
    before = count(backend, NO_WEST)
    os.kill(owner_of(backend), signal.SIGKILL)

    def answers() -> bool:
        try:
            return count(backend, NO_WEST) == before
        except UnavailableError:
            return False

    assert eventually(
        lambda: backend.supervisor is not None and backend.supervisor.owner is not None
    )
    assert eventually(answers)
