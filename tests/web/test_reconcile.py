"""The reconciliation service over HTTP: the specification's shapes and what OpenRefine sends."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse
from werkzeug.test import TestResponse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from etown_kg.web.pages.reconcile.manifest import BATCH
from tests.web import writers
from tests.web.conftest import Zoo
from tests.web.serving import HttpClient, serving

HERE = Path(__file__).parent / "reconciliation"
BASE = "https://w3id.org/etown/"
E_TOWN = BASE + "id/place/beijing-e-town"
ZONE = BASE + "ontology#Zone"
NAMES = [
    line.split("\t")
    for line in (HERE / "names.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
# OpenRefine's HTTP client in Java says what it is; browsers say what they take.
OPENREFINE = {"User-Agent": "OpenRefine 3.8.2", "Accept": "*/*"}


def check(name: str, members: Any) -> Any:
    """The members, which have the shape that the specification wants."""
    schema = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(members, schema)
    return members


def reconcile(client: FlaskClient, **queries: object) -> dict[str, Any]:
    """The answer to a batch as OpenRefine sends it."""
    response = client.post("/reconcile", data={"queries": json.dumps(queries)}, headers=OPENREFINE)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = check("candidates", response.get_json())
    assert list(found) == list(queries)
    return found


def candidates(client: FlaskClient, query: object) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = reconcile(client, q0=query)["q0"]["result"]
    scores = [each["score"] for each in result]
    assert scores == sorted(scores, reverse=True)
    return result


def extend(client: FlaskClient, ids: list[str], *properties: object) -> dict[str, Any]:
    sent = {"ids": ids, "properties": properties}
    response = client.post("/reconcile", data={"extend": json.dumps(sent)}, headers=OPENREFINE)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = check("extension", response.get_json())
    return found


# The manifest


def test_a_get_without_parameters_is_answered_with_the_manifest(shipped: FlaskClient) -> None:
    for path in ("/reconcile", "/reconcile/"):
        response = shipped.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        manifest = check("manifest", response.get_json())
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert manifest["identifierSpace"] == BASE
    assert set(manifest["suggest"]) == {"entity", "type", "property"}


def test_every_address_of_the_manifest_answers(shipped: FlaskClient) -> None:
    manifest = shipped.get("/reconcile").get_json()
    root = manifest["documentation"].rstrip("/")
    encoded = quote(E_TOWN, safe="")
    pages = [manifest["view"]["url"], manifest["preview"]["url"]]
    addresses = [manifest["documentation"], manifest["logo"]]
    addresses += [page.replace("{{id}}", encoded) for page in pages]
    for each in manifest["suggest"].values():
        addresses.append(each["service_url"] + each["service_path"] + "?prefix=e")
        path = each["flyout_service_path"].replace("${id}", encoded)
        addresses.append(each["flyout_service_url"] + path)
    proposing = manifest["extend"]["propose_properties"]
    addresses.append(proposing["service_url"] + proposing["service_path"] + "?type=" + quote(ZONE))
    for address in addresses:
        response = shipped.get(address.removeprefix(root))
        assert response.status_code == 200, address
        assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_may_ask_before_it_posts(shipped: FlaskClient) -> None:
    asked = {"Origin": "http://127.0.0.1:3333", "Access-Control-Request-Method": "POST"}
    for path in ("/reconcile", "/reconcile/suggest/entity", "/reconcile/preview"):
        response = shipped.options(path, headers=asked)
        assert response.status_code == 204
        assert response.headers["Access-Control-Allow-Origin"] == "*"


# Names


@pytest.mark.parametrize(
    ("name", "kind", "best", "is_match"), NAMES, ids=[f"{e[0]} {e[1]}".strip() for e in NAMES]
)
def test_a_name_finds_the_thing_that_is_meant(
    shipped: FlaskClient, name: str, kind: str, best: str, is_match: str
) -> None:
    query = {"query": name, **({"type": BASE + "ontology#" + kind} if kind else {})}
    found = candidates(shipped, query)
    if best == "-":
        assert not any(each["match"] for each in found)
        assert not found
        return
    assert found[0]["id"] == BASE + best
    assert [each["match"] for each in found] == [is_match == "yes"] + [False] * (len(found) - 1)


def test_the_table_has_names_of_every_sort() -> None:
    assert len(NAMES) >= 40
    assert sum(best == "-" for *_, best, _ in NAMES) >= 4
    assert sum(is_match == "no" for *_, is_match in NAMES) >= 15


def test_scores_are_explained_by_their_factors(shipped: FlaskClient) -> None:
    query = {
        "query": "Bejing E-Town", "type": BASE + "ontology#City",
        "properties": [{"pid": "et:divisionCode", "v": "110115403"}],
    }  # fmt: skip
    for each in candidates(shipped, query):
        factors = {feature["id"]: feature["value"] for feature in each["features"]}
        product = (
            factors["name_likeness"] * factors["type_factor"] * factors["property_factor"] * 100
        )
        assert each["score"] == pytest.approx(product, abs=0.1)
    assert factors["same_name"] is False


def test_what_else_a_row_says_parts_what_is_called_alike(shipped: FlaskClient) -> None:
    def best(*given: object) -> tuple[str, bool]:
        found = candidates(shipped, {"query": "Beijing E-Town", "properties": list(given)})
        return found[0]["id"], found[0]["match"]

    in_beijing = {"pid": BASE + "ontology#locatedIn", "v": {"id": BASE + "id/place/beijing"}}
    assert best(in_beijing) == (E_TOWN, True)
    assert best({**in_beijing, "v": "北京"}) == (E_TOWN, True)
    assert best({**in_beijing, "v": "place:beijing"}) == (E_TOWN, True)
    assert best({**in_beijing, "v": ["Shanghai", "Beijing"]}) == (E_TOWN, True)
    assert not best({**in_beijing, "v": {"id": BASE + "id/place/huairou-science-city"}})[1]
    assert not best({"pid": "et:divisionCode", "v": 1})[1]
    assert best({"pid": "et:divisionCode", "v": 110115403}) == (E_TOWN, True)
    assert best({"pid": "population", "v": "many"}) == (E_TOWN, True)  # nothing is known of it


def test_a_thing_is_found_by_its_properties_alone(shipped: FlaskClient) -> None:
    by_code = {"properties": [{"pid": BASE + "ontology#divisionCode", "v": "110115403"}]}
    found = candidates(shipped, by_code)
    assert (found[0]["id"], found[0]["match"]) == (E_TOWN, True)
    by_place = {
        "properties": [{"pid": "et:locatedIn", "v": "Beijing"}], "type": "et:ScienceCity",
        "type_strict": "all",
    }  # fmt: skip
    cities = candidates(shipped, by_place)
    assert {each["id"].rsplit("/", 1)[1] for each in cities} == {
        "beijing-future-science-park", "huairou-science-city", "zhongguancun-science-city",
    }  # fmt: skip
    assert not any(each["match"] for each in cities)
    for nothing in ({"pid": "x", "v": "y"}, {"pid": "et:divisionCode", "v": []}):
        assert candidates(shipped, {"properties": [nothing]}) == []


def test_what_openrefine_sends_to_guess_types(shipped: FlaskClient) -> None:
    names = ("Beijing E-Town", "怀柔科学城", "Nowhere at all")
    queries = {f"q{n}": {"query": name, "limit": 3} for n, name in enumerate(names)}
    found = reconcile(shipped, **queries)
    assert [len(each["result"]) for each in found.values()] == [3, 2, 0]
    kinds = {kind["id"] for kind in found["q0"]["result"][0]["type"]}
    assert ZONE in kinds


def test_what_openrefine_sends_to_reconcile_a_column(shipped: FlaskClient) -> None:
    sent = {
        f"q{n}": {
            "query": name, "type": ZONE, "type_strict": "should",
            "properties": [{"pid": "et:locatedIn", "v": "Beijing"}], "limit": 5,
        }
        for n, name in enumerate(("BDA", "Shanghai"))
    }  # fmt: skip
    found = reconcile(shipped, **sent)
    assert found["q0"]["result"][0]["id"] == E_TOWN
    assert found["q1"]["result"] == []


def test_a_text_that_is_no_name_any_more_costs_nothing(shipped: FlaskClient) -> None:
    letters = "a b c d e f g " * 1000  # each begins many names, which would all be compared with it
    found = reconcile(shipped, q0={"query": letters}, q1={"query": "BDA"}, q2={"query": E_TOWN})
    assert found["q0"]["result"] == []
    assert [found[name]["result"][0]["id"] for name in ("q1", "q2")] == [E_TOWN] * 2
    assert candidates(shipped, {"query": letters[:400]}) == []


def test_a_batch_may_come_by_get(shipped: FlaskClient) -> None:
    sent = {"queries": json.dumps({"a b": {"query": "亦庄开发区"}})}
    response = shipped.get("/reconcile", query_string=sent)
    assert check("candidates", response.get_json())["a b"]["result"][0]["id"] == E_TOWN
    tag = {"If-None-Match": response.headers["ETag"]}
    assert shipped.get("/reconcile", query_string=sent, headers=tag).status_code == 304
    posted = shipped.post("/reconcile", data=sent)
    assert posted.get_json() == response.get_json()
    assert posted.headers["Cache-Control"] == "no-store"


def test_names_come_in_the_readers_language(shipped: FlaskClient) -> None:
    sent = {"queries": json.dumps({"q": {"query": "BDA"}})}
    found = shipped.get("/reconcile", query_string=sent, headers={"Accept-Language": "zh-CN"})
    assert found.get_json()["q"]["result"][0]["name"] == "北京经济技术开发区"
    assert "Accept-Language" in found.vary


# Suggestions and previews


@pytest.mark.parametrize(
    ("kind", "prefix", "best"),
    [
        ("entity", "Beijing E", "id/place/beijing-e-town"),
        ("entity", "亦庄", "id/place/beijing-e-town"),
        ("entity", E_TOWN, "id/place/beijing-e-town"),
        ("type", "zon", "ontology#Zone"),
        ("type", "功能区", "ontology#Zone"),
        ("type", ZONE, "ontology#Zone"),
        ("property", "located", "ontology#locatedIn"),
        ("property", "et:divisionCode", "ontology#divisionCode"),
    ],
)
def test_what_is_typed_suggests_what_is_meant(
    shipped: FlaskClient, kind: str, prefix: str, best: str
) -> None:
    response = shipped.get(f"/reconcile/suggest/{kind}", query_string={"prefix": prefix})
    found = check("suggestions", response.get_json())["result"]
    assert found[0]["id"] == BASE + best


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_the_cursor_skips_suggestions(shipped: FlaskClient, kind: str) -> None:
    def found(cursor: int) -> list[str]:
        sent = {"prefix": "a", "cursor": cursor}
        answer = shipped.get(f"/reconcile/suggest/{kind}", query_string=sent).get_json()
        return [each["id"] for each in check("suggestions", answer)["result"]]

    assert found(0)[3:] == found(3)[: len(found(0)) - 3]
    assert found(10_000) == []


def test_terms_are_no_things(shipped: FlaskClient) -> None:
    things = shipped.get("/reconcile/suggest/entity?prefix=zone").get_json()["result"]
    assert ZONE not in [each["id"] for each in things]
    asked = {"query": "zone", "type": "http://www.w3.org/2002/07/owl#Class"}
    assert candidates(shipped, asked)[0]["id"] == ZONE


def test_a_preview_may_be_framed_and_other_pages_may_not(shipped: FlaskClient) -> None:
    preview = shipped.get("/reconcile/preview", query_string={"id": E_TOWN, "lang": "en"})
    assert "Beijing E-Town" in preview.text
    assert "<script" not in preview.text
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in preview.headers
    other = shipped.get("/search")
    assert "frame-ancestors 'none'" in other.headers["Content-Security-Policy"]
    assert other.headers["X-Frame-Options"] == "DENY"


def test_a_flyout_is_html_in_json(shipped: FlaskClient) -> None:
    response = shipped.get("/reconcile/flyout/entity", query_string={"id": E_TOWN})
    members = response.get_json()
    assert members["id"] == E_TOWN
    assert "亦庄开发区" in members["html"]


def test_what_is_called_like_html_is_text(make_zoo: Callable[..., Zoo]) -> None:
    zoo = make_zoo()
    name = "<img src=x onerror=alert(1)>"
    zoo.update(
        "INSERT DATA { GRAPH <http://zoo.example/east> { "
        f'<http://zoo.example/x> a <http://zoo.example/Bird> ; rdfs:label "{name}" }} }}'
    )
    sent = {"id": "http://zoo.example/x"}
    for path in ("/reconcile/preview", "/reconcile/flyout/entity"):
        assert "<img" not in zoo.client.get(path, query_string=sent).text


# Data extension


def test_values_come_with_their_datatypes(shipped: FlaskClient) -> None:
    figure, article = BASE + "id/obs/F71", BASE + "id/obs/F15"
    found = extend(
        shipped, [E_TOWN, figure, article, "no iri", "urn:nothing"],
        {"id": "et:locatedIn"}, {"id": "rdfs:label", "settings": {"lang": "zh"}},
        {"id": "et:lowerBound"}, {"id": "et:lowerInclusive"}, {"id": "urn:nothing"},
    )  # fmt: skip
    assert [each["name"] for each in found["meta"]][:2] == ["located in", "label"]
    rows = found["rows"]
    assert list(rows) == [E_TOWN, figure, article, "no iri", "urn:nothing"]
    assert {"id": BASE + "id/place/beijing", "name": "Beijing"} in rows[E_TOWN]["et:locatedIn"]
    assert rows[E_TOWN]["rdfs:label"] == [{"str": "北京经济技术开发区"}]
    assert rows[figure]["et:lowerBound"] == [{"float": 2212.0}]
    assert rows[article]["et:lowerInclusive"] == [{"str": "false"}]
    for nothing in ("no iri", "urn:nothing"):
        assert not any(rows[nothing].values())


def test_a_limit_keeps_the_first_values(shipped: FlaskClient) -> None:
    whole = extend(shipped, [E_TOWN], {"id": "rdf:type"})["rows"][E_TOWN]["rdf:type"]
    first = extend(shipped, [E_TOWN], {"id": "rdf:type", "settings": {"limit": "2"}})
    assert first["rows"][E_TOWN]["rdf:type"] == whole[:2]


def test_an_indicator_is_a_column_of_figures_in_words(shipped: FlaskClient) -> None:
    output = BASE + "concept/indicator/industrial-output"
    cells = extend(shipped, [E_TOWN], {"id": output})["rows"][E_TOWN][output]
    assert {"str": "less than 600 billion yuan (2021)"} in cells
    assert {"str": "more than 200 billion yuan (2012)"} in cells


def test_the_properties_and_indicators_of_a_type_are_proposed(shipped: FlaskClient) -> None:
    def proposed(**sent: object) -> list[str]:
        answer = shipped.get("/reconcile/properties", query_string=sent)
        return [each["id"] for each in check("proposals", answer.get_json())["properties"]]

    of_zones = proposed(type=ZONE, limit=200)
    assert BASE + "concept/indicator/industrial-output" in of_zones
    assert BASE + "ontology#divisionCode" in of_zones
    assert len(proposed(type=ZONE, limit=3)) == 3
    assert BASE + "ontology#divisionCode" not in proposed(type="et:Person", limit=200)
    assert BASE + "concept/indicator/gdp" not in proposed(type="et:Person", limit=200)
    assert proposed()


# What is refused


@pytest.mark.parametrize(
    ("path", "status", "part"),
    [
        ("/reconcile?queries=[]", 400, "queries: is no JSON object"),
        ("/reconcile?queries={}&extend={}", 400, "both came"),
        ("/reconcile?queries={}&queries={}", 400, "more than once"),
        ("/reconcile/suggest/nothing?prefix=a", 404, ""),
        ("/reconcile/suggest/type?prefix=a&cursor=-1", 400, "cursor"),
        ("/reconcile/flyout/entity?id=a", 400, "absolute IRI"),
        ("/reconcile/preview", 400, "absolute IRI"),
        ("/reconcile/preview?id=urn:nothing", 404, ""),
        ("/reconcile/properties?type=a%20b", 400, "absolute IRI"),
        ("/reconcile/properties?type=et:Zone&limit=0", 400, "limit"),
        ("/reconcile?lang=tlh", 400, "lang"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    shipped: FlaskClient, path: str, status: int, part: str
) -> None:
    response = shipped.get(path)
    assert response.status_code == status
    assert part in response.get_json()["detail"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_batch_beyond_its_bound_is_413(shipped: FlaskClient) -> None:
    many = {f"q{n}": {"query": "a"} for n in range(BATCH + 1)}
    response = shipped.post("/reconcile", data={"queries": json.dumps(many)})
    assert response.status_code == 413
    assert str(BATCH) in response.get_json()["detail"]
    cells = {"ids": [f"x:{n}" for n in range(1000)], "properties": [{"id": "x:p"}] * 6}
    assert shipped.post("/reconcile", data={"extend": json.dumps(cells)}).status_code == 413


def test_bodies_are_held_to_the_limits_of_queries(make_zoo: Callable[..., Zoo]) -> None:
    client = make_zoo(query_kib=1).client
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (
        client.post("/reconcile", data=b"queries=" + b"a" * 80_000, headers=form).status_code == 413
    )
    packed = gzip.compress(b"queries=%7B%7D")
    assert client.post(
        "/reconcile", data=packed, headers={**form, "Content-Encoding": "gzip"}
    ).get_json() == {}  # fmt: skip
    assert client.post("/reconcile", data=b"queries=%FF", headers=form).status_code == 400
    assert client.post("/reconcile", json={"queries": {}}).status_code == 415
    assert client.post("/reconcile", data={}, headers=form).status_code == 400
    assert client.put("/reconcile").status_code == 405


def test_asking_too_often_is_429(make_zoo: Callable[..., Zoo]) -> None:
    client = make_zoo(requests_per_minute=2).client
    statuses = [client.get("/reconcile").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


PIECES = st.sampled_from(
    ["Beijing", "亦庄", "\0", 'a"b', "\\", "\n", "<x>", "http://[bad", "x:y", "{", "?o", "'", "*",
     "NEAR(", E_TOWN, "et:Zone", "NaN", "-0", "300.0", "😀", "\u202e", "%", "_", "rdfs:label", "^",
     "a:b|c", " ", "} }", "#"]
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
VALUES = TEXTS | st.booleans() | st.floats(allow_nan=False) | TEXTS.map(lambda iri: {"id": iri})
GIVEN = st.fixed_dictionaries({"pid": TEXTS, "v": VALUES | st.lists(VALUES, max_size=2)})


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {"query": TEXTS},
        optional={"type": TEXTS, "properties": st.lists(GIVEN, max_size=2),
                  "type_strict": st.sampled_from(["any", "all", "should"])},
    ) | st.fixed_dictionaries({"properties": st.lists(GIVEN, min_size=1, max_size=2)}),
    TEXTS,
)  # fmt: skip
def test_whatever_is_asked_is_answered(
    shipped_app: Flask, query: dict[str, object], text: str
) -> None:
    client = shipped_app.test_client()
    asked = {"queries": json.dumps({text: query})}
    wanted = {"ids": [text], "properties": [{"id": text}, {"id": "rdfs:label"}]}
    for sent in (asked, {"extend": json.dumps(wanted)}):
        response = client.post("/reconcile", data=sent)
        # A name of space alone is none.
        assert response.status_code in (200, 400), response.text
        assert response.status_code == 200 or not str(query.get("query", "x")).strip()
    for path in ("suggest/entity", "suggest/type", "suggest/property", "properties"):
        names = {"prefix": text, "type": text}
        status = client.get(f"/reconcile/{path}", query_string=names).status_code
        assert status == 200 or (status == 400 and path == "properties")
    for path in ("preview", "flyout/entity"):
        assert client.get(f"/reconcile/{path}", query_string={"id": text}).status_code in (
            200, 400, 404,
        )  # fmt: skip


# Other graphs, private graphs, changes


def test_another_graph_without_an_ontology_is_reconciled_with(tmp_path: Path) -> None:
    data = """
    @prefix : <http://zoo.example/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
    @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
    GRAPH :staff {
      :p1 a foaf:Person ; foaf:name "Ada Byron" ; foaf:age 36 ;
        :born "1815-12-10"^^xsd:date .
      :p2 a foaf:Person ; foaf:name "Ada Byron" ; foaf:age 7 . :grey-eel a :Fish .
    }
    """
    graph = KnowledgeGraph(parse(data, RdfFormat.TRIG), base="http://zoo.example/")
    graph.close()
    chosen = Settings(ontology=tmp_path, data=tmp_path, base="http://zoo.example/")
    with serving(create_app(chosen, LocalBackend(graph))) as address:
        client = HttpClient(create_app(chosen, LocalBackend(graph)), address)
        check("manifest", client.get("/reconcile").get_json())
        both = candidates(client, {"query": "ada byron"})
        assert [each["match"] for each in both] == [False, False]
        aged = {"pid": "http://xmlns.com/foaf/0.1/age", "v": 36}
        one = candidates(client, {"query": "ada byron", "properties": [aged]})
        assert (one[0]["id"], one[0]["match"]) == ("http://zoo.example/p1", True)
        assert candidates(client, {"query": "grey eel"})[0]["score"] == 90
        born = extend(client, ["http://zoo.example/p1"], {"id": "http://zoo.example/born"})
        assert born["rows"]["http://zoo.example/p1"]["http://zoo.example/born"] == [
            {"date": "1815-12-10T00:00:00"}
        ]
        types = client.get("/reconcile/suggest/type?prefix=pers").get_json()["result"]
        assert [each["id"] for each in types] == ["http://xmlns.com/foaf/0.1/Person"]


def test_what_is_private_is_neither_found_nor_told(make_zoo: Callable[..., Zoo]) -> None:
    zoo = make_zoo(private=("http://zoo.example/east",))
    robin = "http://zoo.example/robin"
    label = {"id": "http://www.w3.org/2000/01/rdf-schema#label"}
    assert candidates(zoo.client, {"query": "知更鸟"}) == []
    assert not any(extend(zoo.client, [robin], label)["rows"][robin].values())
    sent = {"extend": json.dumps({"ids": [robin], "properties": [label]})}
    shown = zoo.client.post("/reconcile", data=sent, headers=writers.bearer(writers.SECRET))
    assert any(shown.get_json()["rows"][robin].values())


def test_a_private_server_tells_nothing_without_a_token(make_zoo: Callable[..., Zoo]) -> None:
    zoo = make_zoo(private=("all",))
    assert zoo.client.get("/reconcile").status_code == 401
    assert zoo.client.post("/reconcile", data={"queries": "{}"}).status_code == 401


def test_a_change_is_found_and_an_answer_of_before_is_not_kept(own_zoo: Zoo) -> None:
    def ask() -> TestResponse:
        return own_zoo.client.get(
            "/reconcile", query_string={"queries": '{"q": {"query": "grey heron"}}'}
        )

    assert ask().get_json()["q"]["result"] == []
    own_zoo.update(
        "INSERT DATA { GRAPH <http://zoo.example/east> { "
        '<http://zoo.example/heron> rdfs:label "grey heron" } }'
    )
    for _ in range(600):
        response = ask()
        if response.get_json()["q"]["result"]:
            break
        assert response.headers["Cache-Control"] == "no-store"
    else:
        pytest.fail("the change is never found")
