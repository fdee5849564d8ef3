"""Where the page of an IRI is, and back."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.web.pages.addresses import RESERVED, candidates, path_of
from tests.web.conftest import Zoo

BASE = "https://data.example/zoo/"


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        (BASE + "id/eel", "/id/eel"),
        (BASE + "id/鳗", "/id/%E9%B3%97"),
        (BASE + "id/grey%20eel", "/id/grey%20eel"),
        (BASE + "onto#Eel", "/onto/Eel"),
        (BASE + "onto#", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fonto%23"),
        (BASE + "onto#a/b", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fonto%23a%2Fb"),
        (BASE + "onto#..", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fonto%23.."),
        (BASE + "onto#鳗", "/onto/%E9%B3%97"),
        (BASE + "é%C3%A9", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2F%C3%A9%25C3%25A9"),
        (BASE + "graph/pond", "/graph/pond"),
        (BASE + "graph/pond#carp", f"/describe?iri={quote(BASE, '')}graph%2Fpond%23carp"),
        (BASE + "figures/eel", f"/describe?iri={quote(BASE, '')}figures%2Feel"),
        (BASE, "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2F"),
        (BASE + "id?x=1", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fid%3Fx%3D1"),
        (BASE + "a//b", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fa%2F%2Fb"),
        (BASE + "a/../b", "/describe?iri=https%3A%2F%2Fdata.example%2Fzoo%2Fa%2F..%2Fb"),
        ("javascript:alert(1)", "/describe?iri=javascript%3Aalert%281%29"),
        ("https://elsewhere.example/eel", "/describe?iri=https%3A%2F%2Felsewhere.example%2Feel"),
    ],
)
def test_an_iri_has_one_path(iri: str, path: str) -> None:
    assert path_of(iri, BASE) == path


def test_a_base_that_ends_in_a_hash_has_no_paths() -> None:
    assert path_of("urn:zoo#eel", "urn:zoo#").startswith("/describe?iri=")


def test_a_path_can_mean_an_escape_or_its_character() -> None:
    assert candidates("/id/%E9%B3%97", BASE)[:2] == [BASE + "id/鳗", BASE + "id/%E9%B3%97"]


def test_a_path_can_mean_a_name_in_a_document() -> None:
    assert candidates("/onto/Eel", BASE) == [BASE + "onto/Eel", BASE + "onto#Eel"]
    assert candidates("/onto", BASE) == [BASE + "onto"]


def test_an_escape_that_is_no_text_stays() -> None:
    assert candidates("/id/%FF", BASE)[0] == BASE + "id/%FF"
    assert candidates("/id/%C3%A9%FF", BASE)[0] == BASE + "id/é%FF"


@given(st.text(st.characters(blacklist_characters='<>"{}|\\^`?', min_codepoint=0x21), min_size=1))
def test_the_way_to_a_page_leads_back_to_its_iri(local: str) -> None:
    try:
        local.encode()
    except UnicodeEncodeError:
        return
    iri = BASE + local
    path = path_of(iri, BASE)
    if not path.startswith("/describe?"):
        assert iri in candidates(path, BASE)


def test_who_follows_an_iri_below_a_page_is_led_to_the_things_own(own_zoo: Zoo) -> None:
    own_zoo.update(
        "INSERT DATA { <http://zoo.example/figures/eel> rdfs:label 'eel in figures' ."
        " <http://zoo.example/q/carp.v2> rdfs:label 'carp' }"
    )
    client = own_zoo.client
    for path, format in (("/figures/eel", ""), ("/figures/eel.ttl", "ttl"), ("/q/carp.v2", "")):
        response = client.get(path, headers={"Accept": "text/html"})
        assert response.status_code == 303
        address = response.headers["Location"]
        assert address.startswith("/describe?iri=http%3A%2F%2Fzoo.example%2F")
        assert address.endswith(f"&format={format}" if format else "eel" if "eel" in path else "v2")
        assert client.get(address, headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/figures/none", headers={"Accept": "text/html"}).status_code == 404
    assert client.get("/figures/eel?lang=zh").headers["Location"].endswith("&lang=zh")


def test_no_thing_has_the_path_of_another_page(app: Flask) -> None:
    """A new address at the top has to be reserved, or be of things itself."""
    first = {str(rule).split("/")[1] for rule in app.url_map.iter_rules()}
    of_things = {"", "<path:local>", "catalog", "catalog.<suffix>", "graph", "ontology"}
    of_things.add("ontology.<suffix>")
    assert first - of_things == RESERVED
