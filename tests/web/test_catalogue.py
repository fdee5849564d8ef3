"""The catalogue and the coverage over HTTP: every form, at the server's address, after changes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad
from rdflib import DCTERMS, RDF, URIRef
from rdflib.namespace import VOID

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.formats import RDF_FORMATS
from etown_kg.graph import KnowledgeGraph
from etown_kg.store import Delta
from etown_kg.web import create_app
from tests.catalogue.farm import BASE, write_farm
from tests.catalogue.test_catalogue import DCAT, check
from tests.web import writers
from tests.web.conftest import Zoo
from tests.web.serving import HttpClient, serving

ID = f"{BASE}id/"
WHOLE = URIRef(f"{BASE}id/dataset/all")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
SD = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
PARSERS = {
    "ttl": "turtle",
    "nt": "nt",
    "rdf": "xml",
    "jsonld": "json-ld",
    "trig": "trig",
    "nq": "nquads",
}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PARTS = {
    "property": "SELECT ?term (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects)"
    " (COUNT(DISTINCT ?o) AS ?objects) { ?s ?term ?o } GROUP BY ?term",
    "class": "SELECT ?term (COUNT(*) AS ?n) { ?s a ?term FILTER(isIRI(?term)) } GROUP BY ?term",
}


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FlaskClient]:
    """A farm of its own on a real server, that a token may change."""
    with serving_farm(tmp_path) as client:
        yield client


@contextmanager
def serving_farm(folder: Path, **settings: object) -> Iterator[FlaskClient]:
    ontology, data = write_farm(folder)
    graph = KnowledgeGraph.build(ontology=ontology, data=data, base=BASE)
    chosen = Settings(ontology=ontology, data=data, base=BASE).changed(**settings)
    app = create_app(chosen, LocalBackend(graph), find_token=writers.find_token)
    with serving(app) as address:
        yield HttpClient(app, address)


def update(client: FlaskClient, text: str) -> None:
    response = client.post(
        "/update", data=f"BASE <{ID}> {text}", content_type="application/sparql-update",
        headers=writers.bearer(writers.SECRET),
    )  # fmt: skip
    assert response.status_code == 204, response.text


def rows(client: FlaskClient, query: str) -> list[dict[str, str]]:
    response = client.get("/sparql", query_string={"query": query, "format": "json"})
    assert response.status_code == 200, response.text
    found = response.get_json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in found]


def graph_at(client: FlaskClient, path: str) -> rdflib.Graph:
    response = client.get(path)
    assert response.status_code == 200, response.text
    graph = rdflib.Dataset(default_union=True)
    suffix = path.rpartition(".")[2]
    return graph.parse(data=response.data, format=PARSERS.get(suffix, "turtle"))


NUMBERS = {
    "property": ("triples", "distinctSubjects", "distinctObjects"), "class": ("entities",),
}  # fmt: skip


def parts(graph: rdflib.Graph, of: rdflib.term.Node, kind: str) -> set[tuple[str, ...]]:
    """The partitions of a dataset: what each is of, and its counts."""
    names = (
        ("triples", "distinctSubjects", "distinctObjects") if kind == "property" else ("entities",)
    )
    found = set()
    for part in graph.objects(of, VOID[f"{kind}Partition"]):
        counts = (graph.value(part, VOID[name]) for name in names)
        found.add(
            (str(graph.value(part, VOID[kind])), *("" if n is None else str(n) for n in counts))
        )
    return found


def counted(client: FlaskClient, kind: str) -> set[tuple[str, ...]]:
    return {tuple(row.values()) for row in rows(client, PARTS[kind])}


@pytest.mark.parametrize("suffix", PARSERS)
def test_it_comes_in_every_rdf_format_and_meets_the_constraints(
    shipped: FlaskClient, suffix: str
) -> None:
    assert {format.suffixes[0].removeprefix(".") for format in RDF_FORMATS} == set(PARSERS)
    graph = graph_at(shipped, f"/catalog.{suffix}")
    assert (URIRef("https://w3id.org/etown/catalog"), RDF.type, DCAT.Catalog) in graph
    if suffix == "nt":
        assert check(graph) == ""


def test_accept_chooses_a_page_or_data(shipped: FlaskClient) -> None:
    page = shipped.get("/catalog", headers=HTML)
    assert page.mimetype == "text/html"
    assert "Accept" in page.vary
    for accept, expected in (
        ("text/turtle", "text/turtle"), ("application/ld+json", "application/ld+json"),
        ("application/n-triples;q=0.4, application/rdf+xml", "application/rdf+xml"),
    ):  # fmt: skip
        response = shipped.get("/catalog", headers={"Accept": accept})
        assert response.mimetype == expected
        assert response.headers["Content-Location"].startswith("/catalog.")
    assert shipped.get("/catalog", headers={"Accept": "image/png"}).status_code == 406
    assert shipped.get("/catalog.png").status_code == 404


def test_the_well_known_address_leads_to_rdf(shipped: FlaskClient) -> None:
    for headers, expected in (
        ({}, "/catalog.ttl"), (HTML, "/catalog"),
        ({"Accept": "application/rdf+xml"}, "/catalog.rdf"),
    ):  # fmt: skip
        response = shipped.get("/.well-known/void", headers=headers)
        assert response.status_code == 303
        assert urlsplit(response.headers["Location"]).path == expected
        assert "Accept" in response.vary
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_addresses_are_the_servers_and_names_are_not(farm: FlaskClient) -> None:
    graph = graph_at(farm, "/catalog.ttl")
    assert str(graph.value(WHOLE, VOID.sparqlEndpoint)) == "http://localhost/sparql"
    for node, address in graph.subject_objects(DCAT.downloadURL):
        assert str(node).startswith(BASE)
        path = str(address).removeprefix("http://localhost")
        if path.startswith("/dumps/") and not path.endswith(("asserted.ttl", "figures.csv.gz")):
            continue  # each has tests of its own
        assert farm.get(path).status_code == 200
    (service,) = graph.subjects(RDF.type, DCAT.DataService)
    assert str(service) == f"{BASE}sparql"
    inside = rows(farm, f"SELECT ?url {{ <{BASE}sparql> dcat:endpointURL ?url }}")
    assert inside == [{"url": f"{BASE}sparql"}]


def test_a_dump_that_was_made_has_its_size_and_checksum(farm: FlaskClient) -> None:
    node = URIRef(f"{BASE}dumps/closure.nt.gz")
    before = farm.get("/catalog.ttl")
    described = graph_at(farm, "/catalog.ttl")
    assert described.value(node, DCAT.byteSize) is None
    assert str(described.value(node, DCAT.compressFormat)).endswith("application/gzip")
    assert (WHOLE, VOID.dataDump, URIRef("http://localhost/dumps/closure.nt.gz")) in described
    body = farm.get("/dumps/closure.nt.gz").data
    kept = farm.get("/catalog.ttl", headers={"If-None-Match": before.headers["ETag"]})
    assert kept.status_code == 200
    described = graph_at(farm, "/catalog.nt")
    assert str(described.value(node, DCAT.byteSize)) == str(len(body))
    checksum = described.value(node, SPDX.checksum)
    assert str(described.value(checksum, SPDX.checksumValue)) == hashlib.sha256(body).hexdigest()
    assert check(described) == ""
    again = farm.get("/catalog.nt")
    assert farm.get(
        "/catalog.nt", headers={"If-None-Match": again.headers["ETag"]}
    ).status_code == 304  # fmt: skip


def assert_all_agree(client: FlaskClient) -> None:
    """The catalogue, the service description and SPARQL count the same."""
    catalogue, service = graph_at(client, "/catalog.ttl"), graph_at(client, "/sparql")
    (dataset,) = service.objects(None, SD.defaultDataset)
    default = service.value(dataset, SD.defaultGraph)
    assert default is not None
    (size,) = rows(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    for graph, node in ((catalogue, WHOLE), (service, default)):
        assert str(graph.value(node, VOID.triples)) == size["n"]
        for kind in PARTS:
            said, truth = parts(graph, node, kind), counted(client, kind)
            # A number that would have to count itself may be left out.
            loose = {
                row for row in said - truth if row[0] == str(VOID.distinctObjects) and row[3] == ""
            }
            assert len(said) == len(truth)
            assert said - truth == loose
    named = {
        str(service.value(each, SD.name)): str(
            service.value(service.value(each, SD.graph), VOID.triples)
        )
        for each in service.objects(dataset, SD.namedGraph)
    }
    sizes = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    assert named == {row["g"]: row["n"] for row in rows(client, sizes)}
    for graph_name, number in named.items():
        assert str(catalogue.value(URIRef(graph_name), VOID.triples)) == number


def test_everybody_counts_the_same_also_after_a_change(farm: FlaskClient) -> None:
    assert_all_agree(farm)
    before = farm.get("/catalog.ttl")
    update(farm, "INSERT DATA { GRAPH <g> { <cow> a <Cow> ; rdfs:label 'cow', 'Kuh'@de } }")
    kept = farm.get("/catalog.ttl", headers={"If-None-Match": before.headers["ETag"]})
    assert kept.status_code == 200
    assert_all_agree(farm)
    update(farm, "DROP GRAPH <g>")
    assert_all_agree(farm)


def test_who_may_read_less_is_told_of_less(tmp_path: Path) -> None:
    with serving_farm(tmp_path, private=(f"{BASE}graph/figures",)) as client:
        assert_only_who_may_read_is_told(client)


def assert_only_who_may_read_is_told(client: FlaskClient) -> None:
    hidden = graph_at(client, "/catalog.ttl")
    assert (None, VOID["class"], URIRef(f"{BASE}ontology#Hen")) in hidden
    assert not [term for triple in hidden for term in triple if "eggs" in str(term)]
    assert client.get("/croissant.json").status_code == 404
    assert_all_agree(client)
    shown = client.get("/catalog.ttl", headers=writers.bearer(writers.SECRET)).text
    assert "eggs" in shown


def test_where_graphs_are_apart_the_catalogue_speaks_of_all_of_them(tmp_path: Path) -> None:
    ontology, data = write_farm(tmp_path)
    graph = KnowledgeGraph.build(ontology=ontology, data=data, base=BASE, default_graph="standard")
    chosen = Settings(ontology=ontology, data=data, base=BASE, default_graph="standard")
    app = create_app(chosen, LocalBackend(graph))
    with serving(app) as address:
        client = HttpClient(app, address)
        found = graph_at(client, "/catalog.nt")
        assert check(found) == ""
        triples = {quad.triple for quad in (*graph.quads(), *graph.described)}
        assert str(found.value(WHOLE, VOID.triples)) == str(len(triples))
        assert covered(client) == FARM_CELLS
        service = graph_at(client, "/sparql")
        (dataset,) = service.objects(None, SD.defaultDataset)
        default = service.value(dataset, SD.defaultGraph)
        assert str(service.value(default, VOID.triples)) == "0"


def test_a_graph_that_does_not_describe_itself_is_counted(client: FlaskClient) -> None:
    found = graph_at(client, "/catalog.nt")
    whole = URIRef("http://zoo.example/id/dataset/all")
    (size,) = rows(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert str(found.value(whole, VOID.triples)) == size["n"]
    for kind in PARTS:
        assert parts(found, whole, kind) == counted(client, kind)
    assert check(found) == ""
    assert (whole, DCTERMS.title, rdflib.Literal("The zoo", lang="en")) in found
    assert client.get("/catalog", headers=HTML).status_code == 200
    assert client.get("/dataset.jsonld").get_json(force=True)["name"] == "The zoo"
    assert client.get("/croissant.json").status_code == 404


def test_a_description_that_others_belie_is_not_believed(tmp_path: Path) -> None:
    """Behind the server is a store that others change: what was pushed to it says nothing more."""
    ontology, data = write_farm(tmp_path)
    graph = KnowledgeGraph.build(ontology=ontology, data=data, base=BASE)
    pushed = KnowledgeGraph([*graph.quads(), *graph.described], base=BASE)
    quad = Quad(NamedNode(f"{ID}x"), NamedNode(f"{ID}y"), NamedNode(f"{ID}z"))
    pushed.apply(Delta(inserted=frozenset([quad])))
    chosen = Settings(ontology=ontology, data=data, base=BASE, backend="http://127.0.0.1:9/sparql")
    with serving(create_app(chosen, LocalBackend(pushed))) as address:
        client = HttpClient(create_app(chosen, LocalBackend(pushed)), address)
        assert_all_agree(client)
        assert covered(client) == FARM_CELLS


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_the_data_say(shipped: FlaskClient, language: str) -> None:
    text = shipped.get(f"/catalog?lang={language}", headers=HTML).text
    (size,) = rows(shipped, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert f"<dd>{int(size['n']):,}</dd>" in text
    assert len(text) < 100_000
    for address in ("/catalog.ttl", "/dataset.jsonld", "/croissant.json", "/coverage"):
        assert f'href="{address}?lang={language}"' in text
    assert "http://www.wikidata.org/entity/" in text


def test_search_engines_find_a_dataset_in_the_page(shipped: FlaskClient) -> None:
    page = shipped.get("/catalog?lang=zh", headers=HTML).text
    inside = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    alone = shipped.get("/dataset.jsonld?lang=zh")
    assert alone.mimetype == "application/ld+json"
    found = json.loads(inside)
    assert found == alone.get_json(force=True)
    assert found["@type"] == "Dataset"
    assert found["name"] == "北京亦庄知识图谱"
    assert found["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert 50 <= len(shipped.get("/dataset.jsonld").get_json(force=True)["description"]) <= 5000
    for download in (
        each for part in (found, *found["hasPart"]) for each in part.get("distribution", [])
    ):
        assert download["contentUrl"].startswith("http://localhost/")
    # Other programs read it as RDF: every name is schema.org's, every text has a type.
    assert not [name for name in found if name[0] != "@" and not name[0].islower()]


def test_croissant_tells_a_table_that_is_there(shipped: FlaskClient) -> None:
    found = shipped.get("/croissant.json").get_json(force=True)
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    for required in (
        "name", "description", "license", "url", "distribution", "recordSet", "datePublished",
        "citeAs", "version",
    ):  # fmt: skip
        assert found[required], required
    (file,) = found["distribution"]
    body = shipped.get(file["contentUrl"].removeprefix("http://localhost")).data
    assert hashlib.sha256(body).hexdigest() == file["sha256"]
    assert file["contentSize"] == f"{len(body)} B"
    table = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
    (records,) = found["recordSet"]
    assert [field["source"]["extract"]["column"] for field in records["field"]] == list(table[0])
    assert len({row["figure"] for row in table}) == len(table) > 30
    assert records["key"] == {"@id": "figures/figure"}
    identifiers = [file["@id"], records["@id"], *(field["@id"] for field in records["field"])]
    assert len(identifiers) == len(set(identifiers))
    for field in records["field"]:
        assert field["source"]["fileObject"] == {"@id": file["@id"]}
        column = [row[field["name"]] for row in table if row[field["name"]]]
        if field["dataType"] == "sc:Float":
            assert [float(value) for value in column]
        if field["dataType"] == "sc:Boolean":
            assert set(column) <= {"true", "false"}


def test_the_context_names_the_ontologys_terms(shipped: FlaskClient) -> None:
    response = shipped.get("/context.jsonld")
    assert response.mimetype == "application/ld+json"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    context = response.get_json(force=True)["@context"]
    document = {"@context": context, "id": "https://w3id.org/etown/id/x", "type": "Zone"}
    graph = rdflib.Graph().parse(data=json.dumps(document), format="json-ld")
    zone = URIRef("https://w3id.org/etown/ontology#Zone")
    assert set(graph) == {(URIRef("https://w3id.org/etown/id/x"), RDF.type, zone)}


# Coverage


def covered(client: FlaskClient, query: str = "") -> list[tuple[str, str, str, str]]:
    cells = client.get(f"/coverage.json{query}").get_json()["cells"]
    return [
        tuple(cell[name].removeprefix(ID) for name in ("indicator", "place", "period", "status"))
        for cell in cells
    ]


FARM_CELLS = [
    ("eggs", "yard", "", "reported"),
    ("eggs", "yard", "y2030", "reported"),
    ("eggs", "yard", "y2031", "zero"),
    ("feathers", "", "", "not-reported"),
    ("milk", "yard", "y2030", "unknown"),
]


def test_not_reported_unknown_and_zero_differ(farm: FlaskClient) -> None:
    assert covered(farm) == FARM_CELLS
    assert covered(farm, "?indicator=eggs&period=y2031") == [FARM_CELLS[2]]
    assert covered(farm, "?indicator=milk&period=y2031") == [("milk", "", "y2031", "not-reported")]
    assert covered(farm, "?indicator=feathers") == [FARM_CELLS[3]]
    assert covered(farm, "?indicator=feathers&place=yard") == [
        ("feathers", "yard", "", "not-reported")
    ]
    assert covered(farm, "?status=unknown") == [FARM_CELLS[4]]
    assert covered(farm, "?indicator=eggs&status=unknown") == []
    assert covered(farm, "?article=letter") == [FARM_CELLS[4]]


def test_page_csv_and_json_say_the_same(farm: FlaskClient) -> None:
    document = farm.get("/coverage.json").get_json()
    assert document["complete"] is True
    assert (document["count"], document["total"]) == (5, 5)
    table = list(csv.DictReader(io.StringIO(farm.get("/coverage.csv").text, newline="")))
    for row, cell in zip(table, document["cells"], strict=True):
        assert row["status"] == cell["status"]
        assert row["figures"] == " | ".join(cell["figures"])
        assert row["stated_figures"] == str(cell["stated_figures"])
    page = farm.get("/coverage", headers=HTML).text
    for status in ("reported", "zero", "unknown", "not-reported"):
        assert f'<td><span class="status {status}">' in page
    assert "Indicators without any figure" in page


@pytest.mark.parametrize(
    "query", ["?indicator=nothing", "?status=maybe", "?page=9", "?page=x", "?place=eggs"]
)
def test_what_is_not_understood_is_refused(farm: FlaskClient, query: str) -> None:
    for path in ("/coverage", "/coverage.csv", "/coverage.json"):
        assert farm.get(path + query, headers=HTML).status_code == 400, path
    assert 'role="alert"' in farm.get(f"/coverage{query}", headers=HTML).text


def test_coverage_follows_a_change(farm: FlaskClient) -> None:
    update(farm, "INSERT DATA { GRAPH <g> { <f> et:lowerBound 1 ; et:indicator <feathers> } }")
    assert ("feathers", "", "", "reported") in covered(farm)
    assert ("feathers", "", "", "not-reported") not in covered(farm)


def test_a_graph_without_figures_covers_nothing(client: FlaskClient) -> None:
    assert client.get("/coverage.json").get_json()["cells"] == []
    assert client.get("/coverage", headers=HTML).status_code == 200


def test_all_figures_come_at_once(shipped: FlaskClient) -> None:
    whole = shipped.get("/figures.json?page=all").get_json()
    assert whole["count"] == whole["total"] == len(whole["figures"])
    assert shipped.get("/figures?page=all", headers=HTML).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/id/place/beijing-e-town",
        "/concept/indicator/gdp",
        "/id/article/2022-10-10-industrial-fleet",
    ],
)
def test_what_is_counted_and_covered_is_not_shown_with_every_thing(
    shipped: FlaskClient, path: str
) -> None:
    for shown in (shipped.get(path, headers=HTML), shipped.get(f"{path}.json")):
        assert "_:void" not in shown.text
    iri = f"https://w3id.org/etown{path}"
    assert "_:void" not in shipped.get("/api/entity", query_string={"iri": iri}).text
    assert "_:void" in shipped.get("/id/dataset/figures", headers=HTML).text


def test_the_start_page_leads_there(shipped: FlaskClient) -> None:
    page = shipped.get("/", headers=HTML).text
    assert 'href="/coverage"' in page
    assert 'href="/catalog"' in page
    assert 'href="/coverage"' in shipped.get("/figures", headers=HTML).text


def test_the_zoo_has_no_description_and_is_counted_all_the_same(own_zoo: Zoo) -> None:
    (size,) = rows(own_zoo.client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    service = graph_at(own_zoo.client, "/sparql")
    (dataset,) = service.objects(None, SD.defaultDataset)
    default = service.value(dataset, SD.defaultGraph)
    assert str(service.value(default, VOID.triples)) == size["n"]
    assert (None, DCTERMS.title, None) not in service
