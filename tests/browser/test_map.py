"""The map of a thing that has geometries, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pyoxigraph import RdfFormat, parse

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app
from tests.browser.conftest import OpenPage
from tests.web.serving import serving

Axe = Callable[[Page], list[str]]

PONDS = """
@prefix : <http://zoo.example/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix wgs: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
GRAPH :ponds {
  :pond rdfs:label "Long pond"@en , "长池"@zh ;
    geo:hasGeometry :shore , :pier , :gate , :moon .
  :shore geo:asWKT "POLYGON((116.50 39.79, 116.52 39.80, 116.55 39.795, 116.54 39.77,\
 116.51 39.765, 116.50 39.79), (116.52 39.785, 116.53 39.79, 116.535 39.78, 116.52 39.785))" .
  :pier geo:asWKT "LINESTRING(116.49 39.76, 116.50 39.77, 116.51 39.765)" .
  :gate geo:asWKT "<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(39.80 116.49)" .
  :moon geo:asWKT "<http://www.wikidata.org/entity/Q405> POINT(23.4 0.6)" .
  :well rdfs:label "Well"@en ; wgs:lat 39.795 ; wgs:long 116.506 .
  :dateline geo:asWKT "MULTIPOINT((179.5 -17), (-179.5 -16))" .
  :pole geo:asWKT "POINT(0 -90)" .
  :world geo:asWKT "POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))" .
}
"""
# width, locale, colours
READERS = [(360, "zh-CN", "dark"), (1280, "en-GB", "light")]
PATHS = ("/pond", "/well", "/dateline", "/pole", "/world")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an app over ponds, in the place of the shipped one."""
    folder = tmp_path_factory.mktemp("ponds")
    graph = KnowledgeGraph(parse(PONDS, RdfFormat.TRIG), base="http://zoo.example/")
    settings = Settings(ontology=folder, data=folder, base="http://zoo.example/")
    with serving(create_app(settings, LocalBackend(graph))) as address:
        yield address


@pytest.mark.parametrize(("width", "locale", "scheme"), READERS, ids=lambda each: str(each))
def test_axe_finds_nothing_and_the_map_keeps_its_shape(
    open_page: OpenPage, axe: Axe, width: int, locale: str, scheme: str
) -> None:
    page = open_page(width=width, locale=locale, color_scheme=scheme)
    for path in PATHS:
        page.goto(path)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
        box = page.locator("svg.map").bounding_box()
        assert box is not None
        assert box["width"] / box["height"] == pytest.approx(1.6, abs=0.01)
        for text in page.locator("svg.map text").all():
            label = text.bounding_box()
            assert label is not None
            assert box["x"] <= label["x"]
            assert label["x"] + label["width"] <= box["x"] + box["width"]
        assert axe(page) == []


def test_a_reader_without_scripts_finds_the_value_of_a_geometry(page: Page) -> None:
    page.goto("/pond")
    expect(page.get_by_role("img", name="Map on a graticule: Point at 39.8° N")).to_be_visible()
    place = page.locator(".places li", has_text="Point at 39.8° N, 116.49° E")
    place.locator("summary").click()
    expect(place.locator("code")).to_contain_text("POINT(39.80 116.49)")
    place.get_by_role("link", name="gate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("gate")


def test_points_and_paths_agree_on_where_they_are(page: Page) -> None:
    """Points are in percent, paths in units of their own: a size of either must not part them."""
    page.goto("/pond")
    frame = page.locator("svg.map").bounding_box()
    point = page.locator("svg.map circle").bounding_box()
    area = page.locator("svg.map path.area").bounding_box()
    assert frame is not None
    assert point is not None
    assert area is not None
    # The gate lies as far north as the shore's northernmost corner.
    assert point["y"] + point["height"] / 2 == pytest.approx(area["y"], abs=2)
