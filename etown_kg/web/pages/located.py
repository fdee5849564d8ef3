"""Where a thing is, if the graph has a geometry of it: on a map and in words.

Read are GeoSPARQL 1.1 (``geo:asWKT``, of the thing or of its geometries), the W3C's Basic Geo
vocabulary (``wgs84_pos``), and schema.org's latitude and longitude, of the thing or of its ``geo``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from pyoxigraph import Literal, NamedNode

from etown_kg.web.pages import map_drawing
from etown_kg.web.pages.geometry import (
    MOST_CHARACTERS,
    Geometry,
    GeometryError,
    Position,
    point,
    read_wkt,
)
from etown_kg.web.pages.language import plain
from etown_kg.web.pages.map_drawing import Line, Map
from etown_kg.web.pages.site import Site, Solution, Term
from etown_kg.web.pages.terms import Names, Shown

Value = TypeVar("Value")

# Geometries that the page of a thing draws, and the characters of each that it shows.
MOST_GEOMETRIES = 20
MOST_SHOWN = 400

# A literal beyond the bound is cut by the store: its rest need not travel to be refused.
_GEOMETRIES = """
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX wgs: <http://www.w3.org/2003/01/geo/wgs84_pos#>
SELECT DISTINCT ?source ?wkt ?latitude ?longitude WHERE {{
  {{ {iri} geo:asWKT ?whole BIND({iri} AS ?source) }}
  UNION {{
    {iri} geo:hasGeometry|geo:hasDefaultGeometry|geo:hasCentroid|geo:hasBoundingBox ?source .
    ?source geo:asWKT ?whole
  }}
  UNION {{ {iri} wgs:lat ?latitude ; wgs:long ?longitude BIND({iri} AS ?source) }}
  UNION {{ {iri} wgs:location ?source . ?source wgs:lat ?latitude ; wgs:long ?longitude }}
{schema}
  BIND(SUBSTR(STR(?whole), 1, {characters}) AS ?wkt)
}} ORDER BY ?source ?wkt ?latitude ?longitude LIMIT {limit}
"""
# schema.org is written both ways.
_SCHEMA = """
  UNION {{{{
    {{iri}} <{0}latitude> ?latitude ; <{0}longitude> ?longitude BIND({{iri}} AS ?source)
  }}}}
  UNION {{{{
    {{iri}} <{0}geo> ?source . ?source <{0}latitude> ?latitude ; <{0}longitude> ?longitude
  }}}}
"""
_QUERY = _GEOMETRIES.replace(
    "{schema}",
    "".join(_SCHEMA.format(space) for space in ("https://schema.org/", "http://schema.org/")),
)


@dataclass(frozen=True)
class Place:
    """One geometry of a thing.

    Attributes:
        source: what has the geometry: the thing itself or a node of its own.
        text: the value as the graph has it, cut where `is_cut`.
        words: the shape and its coordinates for the reader, or why it is not drawn.
        number: its number on the map, None where it is not on it.
    """

    source: Shown
    text: str
    is_cut: bool
    words: str
    number: int | None


@dataclass(frozen=True)
class Located:
    """The geometries of a thing, and the map of those that can be drawn, with its alternative."""

    places: tuple[Place, ...]
    map: Map | None
    alternative: str
    meridians: tuple[tuple[Line, str], ...]
    parallels: tuple[tuple[Line, str], ...]
    scale: str


def located(site: Site, iri: NamedNode, language: str) -> Located | None:
    """Where a thing is; None if the graph holds no geometry of it."""
    query = _QUERY.format(iri=iri, characters=MOST_CHARACTERS + 1, limit=MOST_GEOMETRIES)
    rows = site.ask(query)
    if not rows:
        return None
    names = site.names([row["source"] for row in rows], language)
    read = list(_read(rows))
    drawing, refusal = None, ""
    geometries = [each for _, _, each in read if isinstance(each, Geometry)]
    if geometries:
        try:
            drawing = map_drawing.drawn(geometries)
        except GeometryError as error:
            refusal = plain(error.reason, language, **error.values)
    places = tuple(_places(read, names, refusal))
    drawn = [place.words for place in places if place.number]
    return Located(
        places,
        drawing,
        plain("geometry.alternative", language, places="; ".join(drawn)),
        _labelled(drawing.meridians if drawing else (), "longitude", language),
        _labelled(drawing.parallels if drawing else (), "latitude", language),
        _scale(drawing, language),
    )


_Read = tuple[Term, str, Geometry | GeometryError]


def _read(rows: Iterable[Solution]) -> Iterator[_Read]:
    """Each text of WKT with its source; each source of numbers with all that it has."""
    pairs: dict[Term, set[tuple[str, str]]] = {}
    for row in rows:
        source = row["source"]
        if "wkt" in row:
            text = _lexical(row["wkt"])
            yield source, text, _found(read_wkt, text)
        else:
            pair = (_lexical(row["latitude"]), _lexical(row["longitude"]))
            pairs.setdefault(source, set()).add(pair)
    for source, found in pairs.items():
        text = "; ".join(f"{latitude}, {longitude}" for latitude, longitude in sorted(found))
        yield source, text, _found(_only_point, found)


def _found(read: Callable[[Value], Geometry], value: Value) -> Geometry | GeometryError:
    """The geometry, or as a value why there is none: the page says so beside the others."""
    try:
        return read(value)
    except GeometryError as error:
        return error


def _only_point(pairs: set[tuple[str, str]]) -> Geometry:
    """The point of all these latitudes and longitudes, which may write the same numbers."""
    try:
        positions = {(float(longitude), float(latitude)) for latitude, longitude in pairs}
    except ValueError as error:
        raise GeometryError("geometry.no_number") from error
    if len(positions) > 1:  # which latitude belongs to which longitude is not said
        raise GeometryError("geometry.ambiguous")
    return point(*positions.pop())


def _places(read: Iterable[_Read], names: Names, refusal: str) -> Iterable[Place]:
    number = 0
    for source, text, found in read:
        if isinstance(found, GeometryError):
            words = plain(found.reason, names.language, **found.values)
        else:
            words = refusal or in_words(found, names.language)
        is_drawn = isinstance(found, Geometry) and not refusal
        number += is_drawn
        shown = names.shown(source)
        is_cut = len(text) > MOST_SHOWN
        yield Place(shown, text[:MOST_SHOWN], is_cut, words, number if is_drawn else None)


def _lexical(term: Term) -> str:
    return term.value if isinstance(term, Literal) else str(term)


def in_words(geometry: Geometry, language: str) -> str:
    """A shape and where it is: "Point at 39.8° N, 116.5° E"."""
    low, high = map_drawing.side_by_side([geometry])[0].bounds
    kind = plain(f"geometry.{geometry.tag.lower()}", language)
    count = sum(len(path) for part in geometry.parts for path in part.paths)
    if low == high:
        return plain("geometry.at", language, kind=kind, place=position_in_words(low, language))
    return plain(
        "geometry.from_to", language, kind=kind, count=count,
        low=position_in_words(low, language), high=position_in_words(high, language),
    )  # fmt: skip


def position_in_words(position: Position, language: str) -> str:
    """A position with its hemispheres, as the reader's language writes it."""
    longitude, latitude = position
    return plain(
        "geometry.position", language,
        latitude=_degrees(latitude, "latitude", language),
        longitude=_degrees(longitude, "longitude", language),
    )  # fmt: skip


def _degrees(degrees: float, axis: str, language: str) -> str:
    if axis == "longitude" and abs(degrees) > 180:
        degrees = 180 - (180 - degrees) % 360
    # A millionth of a degree is a tenth of a metre.
    number = f"{abs(degrees):.6f}".rstrip("0").rstrip(".")
    if number == "0" or (axis == "longitude" and number == "180"):
        return f"{number}°"
    side = "positive" if degrees > 0 else "negative"
    return plain(f"geometry.{axis}_{side}", language, number=number)


def _labelled(lines: Iterable[Line], axis: str, language: str) -> tuple[tuple[Line, str], ...]:
    return tuple((line, _degrees(line.degrees, axis, language)) for line in lines)


def _scale(drawing: Map | None, language: str) -> str:
    metres = drawing.scale_metres if drawing else None
    if metres is None:
        return ""
    if metres >= 1000:
        return plain("geometry.kilometres", language, number=f"{metres // 1000:,}")
    return plain("geometry.metres", language, number=metres)
