"""``etown-kg push`` into real stores, and the graph that ships served from there."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, RdfFormat, parse

from etown_kg.backend import Status
from etown_kg.backend.local import LocalBackend
from etown_kg.backend.remote import RemoteBackend
from etown_kg.backend.sparql_store import Addresses, SparqlStore
from etown_kg.cli import commands
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app, dumps
from tests.cli.test_serve import answer, server
from tests.stores import StoreAddresses, oxigraph, virtuoso

BASE = "https://w3id.org/etown/graph/"
INFERRED = f"{BASE}inferred"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["push", *arguments])


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoreAddresses]:
    """A store with the graph that ships."""
    server = oxigraph() if request.param == "oxigraph" else virtuoso(tmp_path_factory.mktemp("v"))
    with server as addresses:
        # What ships is validated once here: it takes longer than all the rest.
        validates = [] if request.param == "oxigraph" else ["--no-validate"]
        to = ["--backend", addresses.query, "--backend-graphs", addresses.graphs]
        done = run(*to, *validates)
        assert done.exit_code == 0, done.output
        assert "about blank nodes" in done.output
        yield addresses


@pytest.fixture
def remote(store: StoreAddresses) -> FlaskClient:
    backend = RemoteBackend(SparqlStore(Addresses(store.query)))
    return create_app(Settings(backend=store.query), backend).test_client()


@pytest.fixture(scope="module")
def embedded(shipped_graph: KnowledgeGraph) -> FlaskClient:
    return create_app(Settings(), LocalBackend(shipped_graph)).test_client()


def status_of(store: StoreAddresses) -> Status:
    return RemoteBackend(SparqlStore(Addresses(store.query))).status()


def test_the_store_has_what_was_pushed(
    store: StoreAddresses, shipped_graph: KnowledgeGraph
) -> None:
    status = status_of(store)
    assert status.graphs == tuple(shipped_graph.graphs())
    described = len(list(shipped_graph.described))
    assert status.asserted - len(shipped_graph.asserted) == pytest.approx(described, rel=0.1)
    assert 0 < status.inferred < len(shipped_graph.inferred)


@pytest.mark.parametrize(
    "address",
    [
        "/figures.csv",
        "/figures.json?unit=NUM&threshold=300&verdict=certain",
        "/api/figures",
        "/api/entities?class=et:Place",
        "/search.json?q=亦庄&lang=zh",
        "/q/certainly-at-least.csv?threshold=350",
        "/sparql?format=csv&query=SELECT ?p { ?p et:locatedIn place:china } ORDER BY ?p",
        "/sparql?infer=false&format=csv&query=SELECT ?p { ?p et:locatedIn ?w } ORDER BY ?p ?w",
        "/sparql?query=ASK { place:beijing-e-town et:locatedIn place:china }",
        "/sparql?query=ASK { place:china et:locatedIn place:beijing-e-town }",
        "/sparql?format=nt&query=CONSTRUCT { ?f et:id ?i } { ?f et:factId ?i FILTER(?i = 'F07') }",
        "/articles",
        "/coverage.json",
        "/ontology?show=properties",
    ],
)
def test_pages_and_queries_answer_as_from_files(
    remote: FlaskClient, embedded: FlaskClient, address: str
) -> None:
    found, expected = remote.get(address), embedded.get(address)
    assert found.status_code == expected.status_code == 200, found.text
    versions = [each.get("/api").get_json()["version"] for each in (remote, embedded)]
    assert found.text.replace(versions[0], "") == expected.text.replace(versions[1], "")


def numbers(client: FlaskClient, query: str) -> dict[str, int]:
    """The solutions of two variables, ?of and ?n."""
    rows = client.get("/sparql", query_string={"query": query}).get_json()["results"]["bindings"]
    return {row["of"]["value"]: int(row["n"]["value"]) for row in rows}


def test_the_description_is_true_of_the_store(remote: FlaskClient) -> None:
    stated = numbers(remote, f"SELECT ?of ?n {{ GRAPH <{BASE}meta> {{ ?of void:triples ?n }} }}")
    counted = numbers(remote, "SELECT ?of (COUNT(*) AS ?n) { GRAPH ?of { ?s ?p ?o } } GROUP BY ?of")
    assert {graph: stated[graph] for graph in counted} == counted
    (whole,) = numbers(
        remote,
        "SELECT ('all' AS ?of) (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { ?s ?p ?o } }",
    ).values()
    assert stated["https://w3id.org/etown/id/dataset/all"] == whole


def test_a_page_tells_stated_from_inferred(remote: FlaskClient) -> None:
    found = remote.get("/api/entity?iri=place:beijing-e-town").get_json()
    marks = {each["property"]["iri"].rpartition("#")[2]: each for each in found["statements"]}
    assert marks["locatedIn"]["inferred"] or marks["locatedIn"]["graphs"]
    assert {each["inferred"] for each in found["statements"]} == {True, False}


def test_what_the_store_cannot_prove_is_said_so(remote: FlaskClient) -> None:
    response = remote.get("/api/explain?s=place:beijing-e-town&p=et:locatedIn&o=place:china")
    assert response.status_code == 501
    assert response.get_json()["type"].endswith("/unsupported")
    assert "etown-kg explain" in response.get_json()["hint"]


def test_files_are_made_of_what_the_store_has(
    remote: FlaskClient, embedded: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Literals are spelled as the store spells them, and what the graph counts was pushed too."""
    monkeypatch.setattr(dumps, "WAIT_S", 120.0)
    files = [each.get("/dumps/asserted.nq") for each in (remote, embedded)]
    assert [each.status_code for each in files] == [200, 200], files[0].text
    found, expected = (
        {
            (str(quad.subject), str(quad.predicate), str(quad.graph_name))
            for quad in parse(each.data, RdfFormat.N_QUADS)
            if isinstance(quad.subject, NamedNode) and "graph/meta" not in str(quad.graph_name)
        }
        for each in files
    )
    assert found == expected
    assert b"graph/inferred>" in remote.get("/dumps/closure.nq").data
    figures = [each.get("/dumps/figures.csv").data for each in (remote, embedded)]
    assert figures[0] == figures[1]


def test_pushing_again_changes_nothing_and_prunes(folders: list[str]) -> None:
    with oxigraph() as own:
        options = [*folders, "--backend", own.query, "--backend-graphs", own.graphs]
        assert run(*options).exit_code == 0
        first = status_of(own).asserted
        assert "repetition" not in run(*options).output
        own.put("<x:a> <x:b> <x:c> .", "http://zoo.example/graph/withdrawn")
        own.put("<x:a> <x:b> <x:c> .", "http://elsewhere.example/graph/theirs")
        done = run(*options)
        assert "also there (--prune drops it): http://zoo.example/graph/withdrawn" in done.output
        done = run(*options, "--prune")
        assert done.exit_code == 0, done.output
        assert "dropped: http://zoo.example/graph/withdrawn" in done.output
        assert "theirs" not in done.output
        status = status_of(own)
        assert status.asserted == first + 1
        assert "http://elsewhere.example/graph/theirs" in status.graphs


def test_statements_of_two_graphs_are_told_of(folders: list[str], tmp_path: Path) -> None:
    (tmp_path / "data" / "again.ttl").write_text("<x:robin> <x:weighs> 0.02 .")
    with oxigraph() as own:
        done = run(*folders, "--backend", own.query, "--backend-graphs", own.graphs)
        assert "1 repetitions of a statement" in done.output


def test_a_graph_without_a_model_is_not_pushed(folders: list[str], tmp_path: Path) -> None:
    (tmp_path / "data" / "clash.ttl").write_text(
        "<x:eel> a <http://www.w3.org/2002/07/owl#Nothing> ."
    )
    with oxigraph() as own:
        done = run(*folders, "--asserted", "--backend", own.query, "--backend-graphs", own.graphs)
        assert done.exit_code == 1
        assert "inconsistent" in done.output
        assert status_of(own).graphs == ()


def test_serve_stands_before_a_store(folders: list[str]) -> None:
    with oxigraph() as own:
        assert run(*folders, "--backend", own.query, "--backend-graphs", own.graphs).exit_code == 0
        for workers in ("1", "2"):
            options = [*folders, "--backend", own.query, "--workers", workers]
            with server("serve", *options) as (process, address):
                asked = urlencode({"query": "ASK { <x:eel> a <x:Animal> }"})
                assert json.loads(answer(f"{address}/sparql?{asked}"))["boolean"] is True
                assert b"Line" not in answer(f"{address}/describe?iri=x:eel")
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=30) == 0
    with server("serve", *folders, "--backend", own.query) as (process, _):
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert "does not answer" in process.stderr.read()


FACTS = '<x:eel> <x:weighs> 3.5 ; <x:knows> [ <x:name> "robin" ] . <x:robin> <x:weighs> 0.02 .'


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Another ontology and other facts, as options."""
    (tmp_path / "ontology").mkdir()
    (tmp_path / "ontology" / "zoo.ttl").write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . <x:weighs> a owl:DatatypeProperty ;"
        " <http://www.w3.org/2000/01/rdf-schema#domain> <x:Animal> ."
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "facts.ttl").write_text(FACTS)
    return [
        "--ontology", str(tmp_path / "ontology"), "--data", str(tmp_path / "data"),
        "--base", "http://zoo.example/",
    ]  # fmt: skip


@pytest.mark.parametrize("server", ["oxigraph", "virtuoso"])
def test_updates_alone_are_enough(server: str, folders: list[str], tmp_path: Path) -> None:
    with oxigraph() if server == "oxigraph" else virtuoso(tmp_path) as store:
        options = [*folders, "--backend", store.query, "--backend-update", store.update]
        done = run(*options)
        assert done.exit_code == 0, done.output
        backend = RemoteBackend(
            SparqlStore(Addresses(store.query, store.update)), base="http://zoo.example/"
        )
        client = create_app(Settings(backend=store.query), backend).test_client()
        query = "ASK { <x:eel> a <x:Animal> ; <x:knows>/<x:name> 'robin' FILTER(3.5 > 3) }"
        assert client.get("/sparql", query_string={"query": query}).get_json()["boolean"] is True
        # Again, and without what follows: then the store can be changed through the server.
        done = run(*options, "--asserted", "--prune")
        assert done.exit_code == 0, done.output
        assert "dropped: http://zoo.example/graph/inferred" in done.output


def test_what_is_wrong_is_said_before_anything_is_sent(folders: list[str], tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/query"
    assert "neither it nor --backend-graphs" in run("--backend", nobody).output
    assert "backend: it is missing" in run("--backend-update", nobody).output
    done = run(*folders, "--backend", nobody, "--backend-update", nobody)
    assert done.exit_code == 1
    assert "does not answer" in done.output
    done = run("--backend", "ftp://a/b", "--backend-update", nobody)
    assert (done.exit_code, "no http or https address" in done.output) == (2, True)
    missing = str(tmp_path / "none")
    done = run("--backend", nobody, "--backend-update", nobody, "--backend-authorization", missing)
    assert "not found" in done.output
    Path(missing).write_text("secret\n")
    done = run("--backend", nobody, "--backend-update", nobody, "--backend-authorization", missing)
    assert "a scheme, a space, the credentials" in done.output
