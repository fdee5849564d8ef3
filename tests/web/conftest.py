"""A small app over a graph that fits on a page, and a real server for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad, RdfFormat, parse
from werkzeug.test import TestResponse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.web import writers
from tests.web.serving import HttpClient, serving

ZOO = """
@prefix : <http://zoo.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
GRAPH :terms {
  <http://zoo.example/> a owl:Ontology ; dcterms:title "The zoo"@en ;
    dcterms:description "Who lives where <b>&</b> how many."@en .
  :Bird rdfs:subClassOf :Animal . :Bird a owl:Class . :Animal a owl:Class .
}
GRAPH :east {
  :robin a :Bird ; :weight 0.02 ; rdfs:label "知更鸟"@zh , "100%25 \\"robin\\", really"@en .
}
GRAPH :west { :robin a :Bird . :eel :weight 3.5 . }
"""


@pytest.fixture(scope="session")
def zoo() -> KnowledgeGraph:
    """Two asserted articles' worth of animals and one inferred class. Read it only."""
    graph = KnowledgeGraph(parse(ZOO, RdfFormat.TRIG), base="http://zoo.example/")
    graph.inferred = (
        Quad(
            NamedNode("http://zoo.example/robin"),
            NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"),
            NamedNode("http://zoo.example/Animal"),
            NamedNode(graph.graph_inferred),
        ),
    )
    return graph


@pytest.fixture(scope="session")
def ontology(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the zoo's ontology, with its named queries."""
    folder = tmp_path_factory.mktemp("zoo")
    queries = folder / "queries" / "examples"
    queries.mkdir(parents=True)
    (queries / "weights.rq").write_text(
        "# en: How heavy is <each> animal?\n# zh: 每种动物有多重？\n\n"
        "SELECT ?animal ?weight WHERE { ?animal <http://zoo.example/weight> ?weight }\n",
        encoding="utf-8",
    )
    (queries / "heavier.rq").write_text(
        "# en: Which animals are heavier than a number?\n# zh: 哪些动物比某个重量更重？\n"
        "# parameter: animal iri | the animal\n"
        "# parameter: weight decimal | the weight to compare with | 用来比较的重量\n"
        "# parameter: name string | a part of its name\n\n"
        "SELECT ?animal ?name WHERE {\n  VALUES ?animal { <http://zoo.example/eel> }\n"
        '  VALUES ?weight { 1.0 }\n  VALUES ?name { "" }\n'
        "  ?animal <http://zoo.example/weight> ?own FILTER(?own > ?weight)\n}\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="session")
def app(zoo: KnowledgeGraph, ontology: Path) -> Flask:
    app = create_app(
        Settings(ontology=ontology, data=ontology, base="http://zoo.example/"), LocalBackend(zoo)
    )
    app.testing = True
    return app


@pytest.fixture(scope="session")
def served(app: Flask) -> Iterator[str]:
    """The address of the app on a real server."""
    with serving(app) as address:
        yield address


@pytest.fixture
def client(app: Flask, served: str) -> FlaskClient:
    """Asks the app over HTTP."""
    return HttpClient(app, served)


@pytest.fixture(scope="session")
def shipped(shipped_app: Flask) -> Iterator[FlaskClient]:
    """Asks the app over the graph that ships over HTTP."""
    with serving(shipped_app) as address:
        yield HttpClient(shipped_app, address)


class Zoo:
    """An app over a zoo of its own, which a test may change.

    Once it is served (`make_zoo`), its client speaks HTTP.
    """

    def __init__(self, folder: Path, **settings: object) -> None:
        triples = ZOO.replace(":Bird a owl:Class .", ":Bird a owl:Class ; owl:disjointWith :Fish .")
        graph = KnowledgeGraph(parse(triples, RdfFormat.TRIG), base="http://zoo.example/")
        graph.close()
        chosen = Settings(ontology=folder, data=folder, base="http://zoo.example/")
        self.app = create_app(
            chosen.changed(**settings), LocalBackend(graph), find_token=writers.find_token
        )
        self.client = self.app.test_client()

    @contextmanager
    def served(self) -> Iterator[Zoo]:
        """On a real server for as long as the block runs."""
        with serving(self.app) as address:
            self.client = HttpClient(self.app, address)
            yield self

    def ask(self, query: str, **parameters: str) -> bool:
        """The truth value of an ASK."""
        response = self.client.get("/sparql", query_string={"query": query, **parameters})
        assert response.status_code == 200, response.text
        return bool(response.get_json()["boolean"])

    def update(self, text: str, secret: str = writers.SECRET, **parameters: str) -> TestResponse:
        """The response to an update sent as it is."""
        return self.client.post(
            "/update", data=text, content_type="application/sparql-update",
            headers=writers.bearer(secret), query_string=parameters,
        )  # fmt: skip

    def send(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> TestResponse:
        """The response to a request by who may write everything."""
        sent = {"Content-Type": "text/turtle", **writers.bearer(writers.SECRET)}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(path, method=method, data=body, headers=sent)


@pytest.fixture
def make_zoo(tmp_path: Path) -> Iterator[Callable[..., Zoo]]:
    """A zoo to be changed, with these settings, on a server of its own."""
    with ExitStack() as servers:
        yield lambda **settings: servers.enter_context(Zoo(tmp_path, **settings).served())


@pytest.fixture
def own_zoo(make_zoo: Callable[..., Zoo]) -> Zoo:
    """A zoo to be changed."""
    return make_zoo()
