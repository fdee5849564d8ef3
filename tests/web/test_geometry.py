"""Geometries: read from WKT, drawn on a graticule, shown on the page of what they are of."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.web.pages.geometry import (
    MOST_CHARACTERS,
    MOST_LEVELS,
    MOST_POSITIONS,
    Geometry,
    GeometryError,
    Part,
    point,
    read_wkt,
)
from etown_kg.web.pages.language import texts
from etown_kg.web.pages.located import in_words
from etown_kg.web.pages.map_drawing import HEIGHT, MOST_LINES, WIDTH, drawn
from tests.web.conftest import Zoo
from tests.web.test_pages import Page

with (Path(__file__).parent / "geometry" / "cases.tsv").open(encoding="utf-8", newline="") as lines:
    CASES = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
PREFIXES = """
PREFIX : <http://zoo.example/> PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX wgs: <http://www.w3.org/2003/01/geo/wgs84_pos#> PREFIX schema: <https://schema.org/>
PREFIX old: <http://schema.org/>
"""
longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)
paths = st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=5).map(tuple)


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:40] for case in CASES])
def test_a_text_gives_a_geometry_or_a_reason(case: dict[str, str]) -> None:
    if case["parts"]:
        geometry = read_wkt(case["text"])
        assert geometry.tag == case["outcome"]
        corners = [tuple(map(float, case[name].split())) for name in ("south-west", "north-east")]
        assert list(geometry.bounds) == corners
        assert [part.kind for part in geometry.parts] == case["parts"].split()
    else:
        with pytest.raises(GeometryError) as refused:
            read_wkt(case["text"])
        assert refused.value.reason == case["outcome"]
        for variant in texts()[refused.value.reason].values():
            assert variant.format(**refused.value.values)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POINT(1 2)" + " " * MOST_CHARACTERS, "geometry.too_long"),
        (f"LINESTRING({','.join(['1 2'] * (MOST_POSITIONS + 1))})", "geometry.too_many"),
        ("GEOMETRYCOLLECTION(" * 5000, "geometry.too_deep"),
        ("MULTIPOINT" + "(" * 5000, "geometry.malformed"),
    ],
    ids=["long", "many", "deep", "brackets"],
)
def test_what_is_too_large_is_refused(text: str, reason: str) -> None:
    with pytest.raises(GeometryError) as refused:
        read_wkt(text)
    assert refused.value.reason == reason
    assert MOST_LEVELS < 100


@given(
    st.lists(
        st.tuples(st.just("point"), paths.map(lambda path: path[:1]))
        | st.tuples(st.sampled_from(("line", "area")), paths),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_on_earth_is_drawn_within_the_picture(
    shapes: list[tuple[str, tuple[tuple[float, float], ...]]],
) -> None:
    geometry = Geometry("GEOMETRYCOLLECTION", tuple(Part(kind, (path,)) for kind, path in shapes))
    drawing = drawn([geometry])
    (outline,) = drawing.outlines
    for x, y in re.findall(r"[ML](\S+?) ([^LMZ]+)", outline.lines + outline.areas):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    for place in (*(at for each in outline.points for at in each), *outline.label):
        assert 0 <= float(place.removesuffix("%")) <= 100
    assert 1 <= len(drawing.meridians) <= MOST_LINES
    assert all(-180 < line.degrees <= 180 for line in drawing.meridians)
    assert all(abs(line.degrees) <= 90 for line in drawing.parallels)


def test_what_lies_on_both_sides_of_the_antimeridian_is_side_by_side() -> None:
    drawing = drawn([point(179, 0), point(-179, 0)])
    east, west = (float(each.points[0][0].removesuffix("%")) for each in drawing.outlines)
    assert east == pytest.approx(14, abs=0.01)
    assert west == pytest.approx(86, abs=0.01)
    assert [line.degrees for line in drawing.meridians] == [179, 180, -179]


def test_a_scale_bar_is_as_long_as_it_says() -> None:
    drawing = drawn([read_wkt("LINESTRING(116 40, 117 40)")])
    assert drawing.scale_metres == 20_000
    width = (97 - float(drawing.scale_start.removesuffix("%"))) / 100
    # The line of one degree takes 72 % of the picture; on the 40th parallel it is 85.2 km long.
    assert width == pytest.approx(20_000 / 85_180 * 0.72, rel=0.01)


@pytest.mark.parametrize("text", ["LINESTRING(-180 -80, 180 80)", "POINT(12 90)"])
def test_there_is_no_scale_where_none_is_true(text: str) -> None:
    assert drawn([read_wkt(text)]).scale_metres is None


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("POINT(116.5 39.8)", "Point at 39.8° N, 116.5° E", "点，北纬39.8°，东经116.5°"),
        ("POINT(-70 -0.25)", "Point at 0.25° S, 70° W", "点，南纬0.25°，西经70°"),
        (
            "MULTIPOINT(179.5 -17, -179.5 -16)",
            "Points of 2 positions, from 17° S, 179.5° E to 16° S, 179.5° W",
            "多点，共2个坐标，范围自南纬17°，东经179.5°至南纬16°，西经179.5°",
        ),
        ("POINT(180 0)", "Point at 0°, 180°", "点，0°，180°"),
        (
            "LINESTRING(170 1, 190 2)",
            "Line of 2 positions, from 1° N, 170° E to 2° N, 170° W",
            "线，共2个坐标，范围自北纬1°，东经170°至北纬2°，西经170°",
        ),
    ],
)
def test_a_geometry_is_told_in_words(text: str, english: str, chinese: str) -> None:
    geometry = read_wkt(text)
    assert in_words(geometry, "en") == english
    assert in_words(geometry, "zh") == chinese


@pytest.mark.parametrize(
    "stated",
    [
        ':pond geo:asWKT "POINT(116.5 39.8)"^^geo:wktLiteral',
        ":pond geo:hasGeometry :shape . :shape geo:asWKT"
        ' "<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(39.8 116.5)"^^geo:wktLiteral',
        ':pond geo:hasDefaultGeometry [ geo:asWKT "POINT(116.5 39.8)" ]',
        ":pond wgs:lat 39.8 ; wgs:long 116.5",
        ':pond wgs:location [ wgs:lat "39.8" ; wgs:long "116.5" ]',
        ":pond schema:latitude 39.8 ; schema:longitude 116.5",
        ":pond schema:geo [ schema:latitude 39.8 ; schema:longitude 116.5 ]",
        ":pond old:geo [ old:latitude 39.8 , 39.80 ; old:longitude 116.5 ]",
    ],
)
def test_a_place_is_drawn_however_it_is_stated(own_zoo: Zoo, stated: str) -> None:
    own_zoo.update(f"{PREFIXES} INSERT DATA {{ GRAPH :g {{ {stated} }} }}")
    text = own_zoo.client.get("/pond", headers={"Accept": "text/html"}).text
    page = Page(text)
    assert "Map on a graticule: Point at 39.8° N, 116.5° E" in page.values("svg", "aria-label")
    assert page.tags.count("circle") == 1
    assert "style" not in {name for _, name, _ in page.attributes}
    chinese = own_zoo.client.get("/pond?lang=zh", headers={"Accept": "text/html"}).text
    assert "点，北纬39.8°，东经116.5°" in chinese


def test_a_thing_without_geometry_has_no_map(own_zoo: Zoo) -> None:
    text = own_zoo.client.get("/robin", headers={"Accept": "text/html"}).text
    assert "map.css" not in text
    assert 'class="map"' not in text


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (':pond geo:asWKT "<b>POINT(1 2)"', "the reference system b is not one"),
        (':pond geo:asWKT "POINT(1 2) <i>x</i>"', "from character 11 on: “&lt;i&gt;x&lt;/i&gt;”"),
        (":pond wgs:lat 1, 2 ; wgs:long 3", "nothing says which belong together"),
        (':pond wgs:lat "north" ; wgs:long 3', "is not a number"),
        (":pond schema:latitude 91 ; schema:longitude 3", "is not on Earth"),
    ],
)
def test_what_cannot_be_drawn_is_text_with_the_reason(
    own_zoo: Zoo, stated: str, reason: str
) -> None:
    own_zoo.update(f"{PREFIXES} INSERT DATA {{ GRAPH :g {{ {stated} }} }}")
    text = own_zoo.client.get("/pond", headers={"Accept": "text/html"}).text
    assert reason in text
    assert "<strong>Not drawn:</strong>" in text
    assert 'class="map"' not in text


def test_several_geometries_are_numbered_beside_what_is_refused(own_zoo: Zoo) -> None:
    many = ",".join(f"{at % 90} {at % 80}" for at in range(MOST_POSITIONS + 1))
    own_zoo.update(
        f'{PREFIXES} INSERT DATA {{ GRAPH :g {{ :pond geo:asWKT "POINT(1 2)",'
        f' "LINESTRING(1 2, 3 4)", "LINESTRING({many})" }} }}'
    )
    text = own_zoo.client.get("/pond", headers={"Accept": "text/html"}).text
    assert len(re.findall(r'<text class="number"', text)) == 2
    assert "it has more than 5,000 positions" in text
    places = text.split('<ol class="places">')[1].split("</ol>")[0]
    assert len(places) < 5000
    assert len(re.findall(r"<li>", places)) == 3
