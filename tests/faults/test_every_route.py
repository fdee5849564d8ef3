"""Whatever stands in an address, a parameter or a header, each route answers and none breaks."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app

# What the routes read; a name that one of them does not know is passed over.
PARAMETERS = (
    "query", "q", "queries", "ids", "format", "output", "results", "infer", "timeout", "graph",
    "default", "iri", "s", "p", "o", "class", "type", "lang", "page", "all", "show", "names",
    "depth", "limit", "n", "from", "to", "sort", "indicator", "place", "period", "article", "kind",
    "threshold", "unit", "value", "explain-empty", "csv-safe", "default-graph-uri",
    "named-graph-uri", "prefix", "extend", "id", "property", "same-as", "version",
)  # fmt: skip
TEXTS = (
    "", "0", "-1", "1e999", "NaN", "9" * 30, "\0", "\\", "%", "%zz", "'", '"', "<b>", "a" * 5000,
    "../../etc/passwd", "//evil.example/", "a\r\nX-Y: z", "*", "((((", '" OR "', "NEAR(a", "col:x",
    "ASK {}", "SELECT * { ?s ?p ?o } LIMIT 3", "{", "[]", '{"q0": {"query": 7}}', "null", "<urn:x>",
    "_:b0", '"x"@en', '"1"^^<urn:y>', "http://[::1", "http://a b", "urn:",
    "urn:%", "urn:\ufffe", "javascript:alert(1)",
    "https://w3id.org/etown/ontology#Figure", "亦庄", "\u202ex", "zh", "de,*;q=0", "²", "1/0",
    "2020-13", "ttl", "json", "true", "default", "\U0001f600", "0.1" * 50,
)  # fmt: skip
ACCEPTED = (
    "*/*", "text/html", "text/turtle", "application/json", "application/ld+json", "text/csv",
    "application/sparql-results+json", "text/html;q=x", "junk", "a/b;q=7",
)  # fmt: skip
BODIES = (
    (b"", "text/turtle"), (b"\xff\xfe", "application/x-www-form-urlencoded"),
    (b"query=ASK{}&query=", "application/x-www-form-urlencoded"), (b"{", "application/json"),
    (b"[1]", "application/json"), (b"<a> <b> <c>.", "text/turtle"), (b"-", "multipart/form-data"),
)  # fmt: skip
_ARGUMENT = re.compile(r"<[^<>]+>")
# No lone surrogates: an address is bytes, and these have none.
texts = st.sampled_from(TEXTS) | st.text(st.characters(codec="utf-8"), max_size=20)


@cache
def shipped_app() -> Flask:
    app = create_app(Settings(), LocalBackend(KnowledgeGraph.build()))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@cache
def rules() -> list[Rule]:
    return list(shipped_app().url_map.iter_rules())


@st.composite
def requests(draw: st.DrawFn) -> dict[str, object]:
    """A request to one of the routes, in the words of Flask's test client."""
    rule = draw(st.sampled_from(rules()))
    method = draw(st.sampled_from(["GET", "GET", *sorted(rule.methods or ())]))
    path = _ARGUMENT.sub(
        lambda _: quote(draw(texts), safe=draw(st.sampled_from(["", "/:"]))), rule.rule
    )
    asked: dict[str, object] = {
        "path": path,
        "method": method,
        "query_string": draw(st.dictionaries(st.sampled_from(PARAMETERS), texts, max_size=4)),
        "headers": {
            "Accept": draw(st.sampled_from(ACCEPTED)),
            "Accept-Language": draw(st.sampled_from(["en", "zh", "x" * 3000, ";;;", "*;q=0"])),
            "If-None-Match": draw(st.sampled_from(["", "*", '"x"', "W/", '"' * 50])),
            "Range": draw(st.sampled_from(["", "bytes=0-1", "bytes=x", "bytes=9-1,2-3"])),
        },
    }
    if method in ("POST", "PUT", "PATCH"):
        asked["data"], asked["content_type"] = draw(st.sampled_from(BODIES))
    return asked


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_every_route_answers_whatever_it_is_asked(asked: dict[str, object]) -> None:
    response = shipped_app().test_client().open(**asked)  # type: ignore[arg-type]  # its own words
    # 503: a limit was met. What is wrong with a request is told, in a page or a document.
    assert response.status_code < 500 or response.status_code == 503
    if response.status_code >= 400 and asked["method"] != "HEAD":
        kind = response.mimetype
        assert kind in ("application/problem+json", "text/html", "text/plain"), kind
        assert response.data


def test_the_routes_are_all_there() -> None:
    assert {"/sparql", "/update", "/search", "/graphs"} <= {rule.rule for rule in rules()}
