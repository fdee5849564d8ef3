"""``/api`` over HTTP: its answers are what its document says, on the zoo and on what ships."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from etown_kg import api
from etown_kg.interval import Interval
from etown_kg.web.pages.api.operations import OPERATIONS
from tests.web.conftest import Zoo

PLACE = "place:beijing-e-town"
# Requests whose answers are held to the document; each operation has one at least.
REQUESTS = {
    "index": ["/api", "/api?lang=zh"],
    "entities": ["/api/entities?class=et:Place", "/api/entities?class=et:Place&size=3&page=2",
                 "/api/entities?class=x:none", "/api/entities?class=et:Place&infer=false"],
    "entity": [f"/api/entity?iri={PLACE}", f"/api/entity?iri={PLACE}&infer=false&lang=zh",
               "/api/entity?iri=obs:F15", "/api/entity?iri=article:2022-10-10-industrial-fleet"],
    "figures": ["/api/figures", "/api/figures?size=7&page=2", "/api/figures?source=derived",
                "/api/figures?unit=NUM&threshold=300&compare=ge&verdict=certain&verdict=possible"],
    "search": ["/api/search?q=robot", "/api/search?q=亦庄&size=2&lang=zh", "/api/search?q=rbots",
               "/api/search?q=nothing+like+this"],
    "explain": [f"/api/explain?s={PLACE}&p=et:locatedIn&o=place:china",
                f"/api/explain?s={PLACE}&p=et:locatedIn&o=place:china&limit=3",
                "/api/explain?s=obs:F15&p=et:factId&o=%22F15%22"],
}  # fmt: skip


@pytest.fixture(scope="module")
def document(shipped: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = shipped.get("/api/openapi.json").get_json()
    return found


def closed(schema: Any) -> Any:
    """The schema with no members but those that it names."""
    if isinstance(schema, dict):
        made = {name: closed(each) for name, each in schema.items()}
        if "properties" in made and isinstance(made.get("required"), list):
            made["additionalProperties"] = False
        return made
    return [closed(each) for each in schema] if isinstance(schema, list) else schema


def check(document: dict[str, Any], operation: str, answer: object) -> None:
    """Fail unless the answer is what the document says of the operation, to the last member."""
    path = next(each.path for each in OPERATIONS if each.name == operation)
    described = document["paths"][path]["get"]["responses"]["200"]
    schema = closed(copy.deepcopy(document["components"]))
    whole = {**described["content"]["application/json"]["schema"], "components": schema}
    Draft202012Validator(whole).validate(answer)


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    validate(document)
    assert document["info"]["version"] == api.API_VERSION
    assert document["servers"] == [{"url": "http://localhost"}]  # as the request says


def test_every_operation_is_described_and_tried(document: dict[str, Any]) -> None:
    assert set(document["paths"]) == {each.path for each in OPERATIONS}
    assert set(REQUESTS) == {each.name for each in OPERATIONS}


@pytest.mark.parametrize(
    ("operation", "address"), [(name, each) for name, all_ in REQUESTS.items() for each in all_]
)
def test_an_answer_is_what_the_document_says(
    shipped: FlaskClient, document: dict[str, Any], operation: str, address: str
) -> None:
    response = shipped.get(address)
    assert response.status_code == 200, response.text
    assert response.content_type == "application/json"
    check(document, operation, response.get_json())


def test_a_document_that_lies_is_noticed(document: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="is not of type"):
        check(document, "index", 1)
    with pytest.raises(Exception, match="unexpected"):
        check(document, "index", dict.fromkeys([*api.Index.__required_keys__, "more"], "") | {
            "operations": []
        })  # fmt: skip


@pytest.mark.parametrize("schema", api.schemas().values(), ids=api.schemas())
def test_each_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["description"]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/api/figures?indicater=unicorns", 400, "indicater"),
        ("/api/figures?indicator=unicorn-farms", 400, "indicator=unicorn-farms"),
        ("/api/figures?threshold=many", 400, "threshold"),
        ("/api/figures?threshold=300", 400, "units"),
        ("/api/figures?page=99", 400, "page=99"),
        ("/api/figures?size=0", 400, "size=0"),
        ("/api/figures?size=1001", 400, "size=1001"),
        ("/api/figures?page=1&page=2", 400, "page is given 2 times"),
        ("/api/figures?lang=fr", 400, "lang=fr"),
        ("/api/entities", 400, "class is missing"),
        ("/api/entities?class=a+b", 400, "class=a b"),
        ("/api/entities?class=et:Place&page=5", 400, "page=5"),
        ("/api/entity?iri=", 400, "iri is missing"),
        ("/api/entity?iri=x:none", 404, "nothing"),
        ("/api/entity?iri=x:none&infer=maybe", 400, "infer=maybe"),
        ("/api/search", 400, "q is missing"),
        ("/api/search?q=a&size=101", 400, "size"),
        ("/api/explain?s=x:a&p=x:b", 400, "o is missing"),
        ("/api/explain?s=x:a&p=x:b&o=x:c", 404, "does not hold"),
        ("/api/explain?s=%22a%22&p=x:b&o=x:c", 400, "no term"),
        ("/api/explain?s=x:a&p=x:b&o=x:c&limit=11", 400, "limit=11"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    shipped: FlaskClient, document: dict[str, Any], address: str, status: int, said: str
) -> None:
    response = shipped.get(address)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert said in problem["detail"]
    path = address.partition("?")[0]
    responses = document["paths"][path]["get"]["responses"]
    schema = responses[str(status)]["content"]["application/problem+json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(problem)


def test_an_answer_that_is_known_is_not_sent_again(shipped: FlaskClient) -> None:
    first = shipped.get("/api/figures?size=1")
    again = shipped.get("/api/figures?size=1", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Access-Control-Allow-Origin"] == "*"


def pages(client: FlaskClient, address: str) -> Iterator[dict[str, Any]]:
    """All pages of a list, by the addresses that each gives of the next."""
    following: str | None = address
    while following is not None:
        found = client.get(following).get_json()
        yield found
        following = found["next"]


def test_pages_add_up(shipped: FlaskClient) -> None:
    (whole,) = pages(shipped, "/api/figures?lang=en&source=stated")
    parts = list(pages(shipped, "/api/figures?lang=en&source=stated&size=6"))
    assert [each for part in parts for each in part["figures"]] == whole["figures"]
    assert len(parts) == -(-whole["total"] // 6) > 1
    (members,) = pages(shipped, "/api/entities?class=et:Place")
    parted = list(pages(shipped, "/api/entities?class=et:Place&size=4"))
    assert [each for part in parted for each in part["entities"]] == members["entities"]
    assert len(parted) > 1


def test_figures_are_those_of_the_graph(shipped: FlaskClient) -> None:
    query = (
        "SELECT ?f (SAMPLE(?l) AS ?lower) WHERE { ?f et:indicator ?i OPTIONAL { ?f et:lowerBound"
        " ?l } { ?f et:statedNumber ?n } UNION { ?f et:lowerBound ?n }"
        " UNION { ?f et:upperBound ?n } UNION { ?f et:formula ?n } } GROUP BY ?f"
    )
    answer = shipped.get("/sparql", query_string={"query": query, "infer": "false"}).get_json()
    lowers = {
        row["f"]["value"]: Fraction(row["lower"]["value"]) if "lower" in row else None
        for row in answer["results"]["bindings"]
    }
    found = shipped.get("/api/figures?size=1000").get_json()["figures"]
    exact = {
        each["iri"]: Fraction(each["interval"]["lower"]["exact"])
        if each["interval"]["lower"]
        else None
        for each in found
    }
    assert {iri: exact[iri] for iri in lowers} == lowers
    assert found


def test_a_threshold_judges_each_figure(shipped: FlaskClient) -> None:
    found = shipped.get("/api/figures?unit=NUM&threshold=300&compare=gt").get_json()["figures"]
    assert {each["verdict"] for each in found} == {"certain", "possible", "excluded"}
    for each in found:
        ends = {
            name: Fraction(each["interval"][name]["exact"]) if each["interval"][name] else None
            for name in ("lower", "upper")
        }
        interval = Interval(
            ends["lower"], each["interval"]["lower_inclusive"],
            ends["upper"], each["interval"]["upper_inclusive"],
        )  # fmt: skip
        assert each["verdict"] == interval.verdict(300, ">")
        assert each["interval"]["text"] == str(interval)


def test_an_entity_tells_stated_from_inferred(client: FlaskClient) -> None:
    robin = client.get("/api/entity?iri=http://zoo.example/robin").get_json()
    types = {each["object"]["value"]: each for each in robin["statements"]
             if each["property"]["iri"].endswith("#type")}  # fmt: skip
    assert types["http://zoo.example/Bird"]["graphs"] == [
        "http://zoo.example/east", "http://zoo.example/west",
    ]  # fmt: skip
    assert types["http://zoo.example/Animal"]["inferred"] is True
    stated = client.get("/api/entity?iri=http://zoo.example/robin&infer=false").get_json()
    assert not any(each["inferred"] for each in stated["statements"])
    assert len(stated["statements"]) == len(robin["statements"]) - 1
    bird = client.get("/api/entity?iri=http://zoo.example/Bird").get_json()
    assert "http://zoo.example/robin" in {each["subject"]["value"] for each in bird["incoming"]}


def test_evidence_comes_with_what_an_article_says(shipped: FlaskClient) -> None:
    found = shipped.get("/api/entity?iri=obs:F15").get_json()
    phrases = [each for s in found["statements"] for each in s["evidence"]]
    assert phrases
    assert all(each["phrase"] and each["article"]["label"] for each in phrases)


def test_the_version_follows_the_data(own_zoo: Zoo) -> None:
    before = own_zoo.client.get("/api").get_json()["version"]
    eel = "http://zoo.example/eel"
    assert own_zoo.update(f"INSERT DATA {{ GRAPH <x:g> {{ <{eel}> <x:p> 1 }} }}").status_code == 204
    after = own_zoo.client.get(f"/api/entity?iri={quote(eel, safe='')}").get_json()
    assert after["version"] != before
    assert "x:p" in {each["property"]["iri"] for each in after["statements"]}


def test_a_proof_is_the_same_as_that_of_the_page(shipped: FlaskClient) -> None:
    terms = {"s": "https://w3id.org/etown/id/place/beijing-e-town",
             "p": "https://w3id.org/etown/ontology#locatedIn",
             "o": "https://w3id.org/etown/id/place/china"}  # fmt: skip
    proofs = shipped.get("/api/explain", query_string=terms).get_json()["proofs"]
    assert proofs == json.loads(shipped.get("/why.json", query_string=terms).data)
    assert proofs[0]["rule"] == "prp-trp"
