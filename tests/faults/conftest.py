"""A whole server (web, owner, executors) over a small graph, to be treated badly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from etown_kg.backend.client import start
from etown_kg.backend.limits import MIB, Limits
from etown_kg.cli.building import build
from etown_kg.config import Settings
from etown_kg.web import create_app
from tests.web.serving import serving
from tests.web.writers import find_token

ONTOLOGY = """
@prefix : <http://zoo.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<http://zoo.example/> a owl:Ontology .
:Bird a owl:Class ; owl:disjointWith :Fish . :Fish a owl:Class .
"""


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server; a query may take 2 s and 512 MiB, an upload 1 MiB."""
    folder = tmp_path_factory.mktemp("target")
    for name, content in (
        ("ontology/zoo.ttl", ONTOLOGY),
        ("data/birds.ttl", "".join(f"<x:bird{n}> <x:weight> {n} .\n" for n in range(300))),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    settings = Settings(
        ontology=folder / "ontology", data=folder / "data", base="http://zoo.example/",
        upload_mib=1, update_data_mib=1,
    )  # fmt: skip
    limits = Limits(query_s=2, longest_s=2, update_s=2, memory_bytes=512 * MIB, answer_bytes=MIB)
    backend = start(partial(build, settings), limits)
    try:
        app = create_app(settings, backend, find_token=find_token, limits=limits)
        with serving(app, max_body_bytes=4 * MIB, threads=settings.threads) as address:
            yield address
    finally:
        backend.close()
