"""A whole server (web, owner, executors) over a small graph, to be treated badly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from etown_kg.backend.client import ProcessBackend, start
from etown_kg.backend.limits import MIB, Limits
from etown_kg.cli.building import build
from etown_kg.config import Settings
from etown_kg.web import create_app
from tests.web.serving import serving
from tests.web.writers import find_token

_ONTOLOGY = """
@prefix : <http://zoo.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
<http://zoo.example/> a owl:Ontology .
:Bird a owl:Class ; owl:disjointWith :Fish . :Fish a owl:Class .
"""


# What a query may take in this server: a fifth of the time that it has by default.
LIMITS = Limits(
    query_s=2, longest_s=2, short_s=0.2, update_s=2, memory_bytes=512 * MIB, answer_bytes=MIB
)


@contextmanager
def target_in(folder: Path) -> Iterator[tuple[str, ProcessBackend]]:
    """The address of the server and its backend; an upload may have 1 MiB."""
    for name, content in (
        ("ontology/zoo.ttl", _ONTOLOGY),
        ("data/birds.ttl", "".join(f"<x:bird{n}> <x:weight> {n} .\n" for n in range(300))),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    settings = Settings(
        ontology=folder / "ontology", data=folder / "data", base="http://zoo.example/",
        upload_mib=1, update_data_mib=1,
    )  # fmt: skip
    backend = start(partial(build, settings), LIMITS)
    try:
        app = create_app(settings, backend, find_token=find_token, limits=LIMITS)
        with serving(app, max_body_bytes=4 * MIB, threads=settings.threads) as address:
            yield address, backend
    finally:
        backend.close()
