"""An app over a graph whose every text, name and query was written by somebody who means harm.

The graph and what stands beside it are files in ``hostile/``; what is large is put in here.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from pyoxigraph import RdfFormat, parse

from etown_kg.backend.local import LocalBackend
from etown_kg.catalogue.description import Presentation
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.wording import read_wording

FOLDER = Path(__file__).parent / "hostile"
BASE = "http://zoo.example/"
# What the files call by these names; the bidirectional control turns the line of a careless page.
LARGE = {
    "LONG": "<b>long</b> 很长的文字 " * 9_000,
    "NUMBER": "9" * 5_000,
    "WORD": "W" * 2_000,
    "GEOMETRY": "POLYGON((" + "116.5123 39.7912, " * 11_000 + "116.5123 39.7912))",
    "BIDI": "\u202e",
}


def filled(text: str) -> str:
    """The text of a file with what is large in its place."""
    for name, content in LARGE.items():
        text = text.replace(name, content)
    return text


def hostile_graph() -> KnowledgeGraph:
    """The graph, with its closure."""
    text = filled((FOLDER / "graph.trig").read_text(encoding="utf-8"))
    wording = read_wording(FOLDER)
    presentation = Presentation(wording.titles, wording.descriptions)
    graph = KnowledgeGraph(parse(text, RdfFormat.TRIG), base=BASE, presentation=presentation)
    graph.close()
    return graph


def hostile_app(folder: Path, graph: KnowledgeGraph) -> Flask:
    """The app; `folder` is where its named queries and its wording are to be."""
    for path in FOLDER.rglob("*"):
        if path.suffix in (".rq", ".toml"):
            target = folder / path.relative_to(FOLDER)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
    app = create_app(Settings(ontology=folder, data=folder, base=BASE), LocalBackend(graph))
    app.testing = True
    return app
