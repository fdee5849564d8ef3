"""The client over real HTTP: against a served graph, other stores, and servers that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from pyoxigraph import Literal, NamedNode

from etown_kg import client as package
from etown_kg.client import Client, Iri, ProblemError, Text
from etown_kg.errors import RemoteError, SettingError, UnavailableError
from etown_kg.interval import Interval
from tests.web import writers
from tests.web.conftest import Zoo
from tests.web.serving import serving


@pytest.fixture(scope="module")
def graph(shipped_app: Flask) -> Iterator[Client]:
    with serving(shipped_app) as address:
        yield Client(address, language="en")


@pytest.fixture
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    own = Zoo(tmp_path_factory.mktemp("zoo"))
    with serving(own.app) as address:
        yield Client(address, token=writers.SECRET)


def test_the_public_names_are_all() -> None:
    public = {name for name in vars(package) if name[0].isupper()}
    assert public == set(package.__all__)


def test_solutions_are_python_values(graph: Client) -> None:
    found = graph.select(
        "SELECT ?id ?number ?figure ?label WHERE { ?figure et:factId ?id ; et:statedNumber ?number"
        " ; rdfs:label ?label FILTER(?id = 'F15' && LANG(?label) = 'zh') }"
    )
    (row,) = found
    assert row["id"] == "F15"
    assert (row["number"], type(row["number"])) == (Decimal(300), Decimal)
    assert (row["figure"], type(row["figure"])) == ("https://w3id.org/etown/id/obs/F15", Iri)
    label = row["label"]
    assert isinstance(label, Text)
    assert label.language == "zh"
    assert found.version == graph.about()["version"]
    assert found.terms[0][0] == Literal("F15")
    with pytest.raises(KeyError, match="there are id, number"):
        found.column("ids")


def test_every_query_form(zoo: Client) -> None:
    assert zoo.ask("ASK { ?s a <http://zoo.example/Animal> }") is True
    assert zoo.ask("ASK { ?s a <http://zoo.example/Animal> }", infer=False) is False
    assert len(zoo.select("SELECT ?w { ?s <http://zoo.example/weight> ?w }")) == 2
    east = ["http://zoo.example/east"]
    assert len(zoo.select("SELECT ?w { ?s <http://zoo.example/weight> ?w }", graphs=east)) == 1
    (triple,) = zoo.construct("CONSTRUCT WHERE { ?s a <http://zoo.example/Bird> }")
    assert triple.subject == NamedNode("http://zoo.example/robin")
    with pytest.raises(RemoteError, match="no solutions"):
        zoo.select("ASK {}")
    with pytest.raises(RemoteError, match="no truth value"):
        zoo.ask("SELECT * {}")
    with pytest.raises(RemoteError, match="no graph"):
        zoo.construct("SELECT * {}")


def test_an_update_comes_back_with_its_version(zoo: Client) -> None:
    before = zoo.about()["version"]
    assert zoo.update("INSERT DATA { <x:a> <x:b> 'A&B+C 100%25' }") == 1
    assert zoo.about()["version"] != before
    (row,) = zoo.select("SELECT ?o { <x:a> <x:b> ?o }")
    assert row["o"] == "A&B+C 100%25"
    clash = "INSERT DATA { <http://zoo.example/robin> a <http://zoo.example/Fish> }"
    with pytest.raises(ProblemError) as caught:
        zoo.update(clash)
    assert caught.value.status == 409
    zoo_without_token = Client(zoo.address)
    with pytest.raises(ProblemError) as caught:
        zoo_without_token.update("CLEAR ALL")
    assert caught.value.status == 401


def test_a_bad_query_is_placed_in_its_text(graph: Client) -> None:
    with pytest.raises(ProblemError) as caught:
        graph.select("SELECT ?s\nWHERE { ?s ?p }")
    error = caught.value
    assert (error.status, error.line) == (400, 2)
    assert error.type.endswith("/query")
    assert "line 2" in str(error)


def test_figures_come_with_exact_intervals(graph: Client) -> None:
    found = graph.figures(unit="NUM", threshold=300, verdict=["certain", "possible"])
    assert {each["verdict"] for each in found} == {"certain", "possible"}
    by_id = dict(zip((each["id"] for each in found), found.intervals, strict=True))
    assert by_id["F15"] == Interval.more_than(300)
    everything = graph.figures()
    assert len(everything) > len(found)
    assert everything.version == graph.about()["version"]
    thirds = [each for each in everything if each["stated"] and "/" in each["stated"]["exact"]]
    for each in thirds:
        assert each["stated"] is not None
        assert float(Fraction(each["stated"]["exact"])) == each["stated"]["number"]


@pytest.mark.parametrize("threshold", [300, 300.0, "300", Decimal("300"), Fraction(300)])
def test_a_threshold_is_any_number(graph: Client, threshold: Decimal) -> None:
    found = graph.figures(unit="NUM", threshold=threshold, compare=">=", verdict="certain")
    assert "F15" in {each["id"] for each in found}


def test_a_filter_that_nothing_has_is_a_problem(graph: Client) -> None:
    with pytest.raises(ProblemError, match="no figure has it"):
        graph.figures(indicator="unicorn-farms")


def test_entities_search_and_proofs(graph: Client) -> None:
    places = graph.entities("et:Place")
    assert places == sorted(places, key=lambda each: each["iri"])
    assert "Beijing E-Town" in {each["label"] for each in places}
    stated = graph.entities("et:Place", infer=False)
    assert len(stated) < len(places)
    found = graph.entity("place:beijing-e-town")
    assert found["label"] == "Beijing E-Town"
    assert any(each["inferred"] for each in found["statements"])
    hits = graph.search("Beijing", in_class="https://w3id.org/etown/ontology#Place")["results"]
    assert "https://w3id.org/etown/id/place/beijing" in {hit["iri"] for hit in hits}
    (proof,) = graph.explain("place:beijing-e-town", "et:locatedIn", "place:china")
    assert proof["rule"] == "prp-trp"
    (proof,) = graph.explain("obs:F15", "et:factId", Literal("F15"))
    assert proof["asserted"] is True
    with pytest.raises(ProblemError) as caught:
        graph.explain("place:china", "et:locatedIn", "place:beijing-e-town")
    assert caught.value.status == 404


def test_the_language_of_labels_is_a_choice(graph: Client) -> None:
    chinese = Client(graph.address, language="zh")
    assert chinese.entity("place:beijing")["label"] != graph.entity("place:beijing")["label"]


def test_an_address_has_a_scheme() -> None:
    with pytest.raises(SettingError, match="no http or https address"):
        Client("file:///etc/passwd")


@contextmanager
def stranger(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every request so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sends(status: int, media_type: str, body: bytes, length: int | None = None):  # type: ignore[no-untyped-def]
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media_type)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (sends(200, "text/html", b"<html>"), "no JSON"),
        (sends(200, "application/json", b'{"a":1}', 99), "cut short"),
        (sends(500, "text/plain", b"the table is locked"), "the table is locked"),
        (sends(503, "application/problem+json", b"{"), "HTTP 503: {"),
        (sends(502, "text/plain", b""), "no reason given"),
    ],
)
def test_a_server_that_misbehaves_is_named(
    answer: Callable[[BaseHTTPRequestHandler], None], said: str
) -> None:
    with stranger(answer) as address, pytest.raises((ProblemError, RemoteError), match=said):
        Client(address).about()


def test_nobody_there_is_said_so() -> None:
    with stranger(sends(200, "", b"")) as address:
        pass
    with pytest.raises(RemoteError, match="refused"):
        Client(address).about()


def test_figures_of_two_versions_are_never_mixed() -> None:
    asked: list[str] = []

    def changing(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        body = b'{"version":"%d","next":"/more","figures":[],"unreadable":[]}' % len(asked)
        sends(200, "application/json", body)(handler)

    with stranger(changing) as address, pytest.raises(UnavailableError, match="change faster"):
        Client(address).figures()
    assert len(asked) == 8
