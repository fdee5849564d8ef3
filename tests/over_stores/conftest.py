"""The zoo of tests/web behind other stores' servers: the same app, the same requests.

The modules here take the tests of tests/web as they are. What a store cannot do, or does otherwise,
is a strict expected failure with its reason in `differences.tsv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from etown_kg.backend.limits import Limits
from etown_kg.backend.remote import RemoteBackend
from etown_kg.backend.sparql_store import Addresses, SparqlStore
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.remote import Bounds
from etown_kg.web import create_app
from tests.stores import StoreAddresses, oxigraph, virtuoso
from tests.web.conftest import client, ontology, served, zoo

__all__ = ["client", "ontology", "served", "zoo"]

HERE = Path(__file__).parent
BOUNDS = Bounds(seconds=60, size_bytes=1 << 26)


@pytest.fixture(scope="session", params=["oxigraph", "virtuoso"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreAddresses]:
    """A store's server, empty."""
    if request.param == "oxigraph":
        with oxigraph() as addresses:
            yield addresses
    else:
        with virtuoso(tmp_path_factory.mktemp("virtuoso")) as addresses:
            yield addresses


@pytest.fixture(scope="session")
def app(store: StoreAddresses, zoo: KnowledgeGraph, ontology: Path) -> Flask:
    """The app of tests/web over the store, filled with the same graphs."""
    remote = SparqlStore(Addresses(store.query, store.update, store.graphs))
    for graph in zoo.graphs():
        quads = [quad for quad in zoo.quads() if getattr(quad.graph_name, "value", "") == graph]
        remote.put(graph, (quad.triple for quad in quads), BOUNDS)
    settings = Settings(
        ontology=ontology, data=ontology, base="http://zoo.example/", backend=store.query
    )
    found = create_app(settings, RemoteBackend(remote, Limits(), base="http://zoo.example/"))
    found.testing = True
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks no store, and expect what is known to differ."""
    with (HERE / "differences.tsv").open(encoding="utf-8", newline="") as lines:
        known = {
            (row["store"], row["test"]): row["reason"]
            for row in csv.DictReader(lines, delimiter="\t")
        }
    left_out = []
    for item in [each for each in items if HERE in each.path.parents]:
        assert isinstance(item, pytest.Function)
        is_taken = item.function.__module__.startswith("tests.web.")
        if is_taken and "store" not in item.fixturenames:
            left_out.append(item)
            continue
        name = item.callspec.params["store"] if "store" in item.fixturenames else ""
        reason = known.get((name, item.name)) or known.get((name, item.originalname))
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
