"""Geometry: places on Earth as GeoSPARQL's WKT literals write them.

The text is OGC Simple Features (06-103r4, 7.2) with the coordinate reference system in front, as
GeoSPARQL 1.1 (22-047r1, 8.5.1) has it. A small reader of its own: the texts come from whoever
writes the graph, so points and nesting are bounded, and each refusal has a reason for readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

# A position: longitude and latitude in degrees.
Position = tuple[float, float]

# What one literal may have. A longer text is not read at all.
MOST_CHARACTERS = 200_000
MOST_POSITIONS = 5_000
MOST_LEVELS = 8
# Shapes that reach over the antimeridian may be written on beyond it.
MOST_EAST = 360.0
MOST_NORTH = 90.0

Member = TypeVar("Member")

_CRS = re.compile(r"\s*<([^<>]*)>\s*")
_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[(),])")
_LONGITUDE_FIRST = re.compile(
    r"https?://www\.opengis\.net/def/crs/OGC/[\w.]+/CRS84h?|urn:ogc:def:crs:OGC:[\w.]*:CRS84h?"
)
# WGS 84, its three-dimensional form, ETRS89 and CGCS2000: latitude first, within metres the same.
_LATITUDE_FIRST = re.compile(
    r"(?:https?://www\.opengis\.net/def/crs/EPSG/[\w.]+/|urn:ogc:def:crs:EPSG:[\w.]*:)"
    r"(?:4326|4979|4258|4490)"
)
_DIMENSIONS = {"": 2, "Z": 3, "M": 3, "ZM": 4}
# How deep the lists of positions of a shape are, and what they are drawn as.
_SHAPES = {
    "POINT": (0, "point"),
    "LINESTRING": (1, "line"),
    "TRIANGLE": (2, "area"),
    "POLYGON": (2, "area"),
    "MULTIPOINT": (1, "point"),
    "MULTILINESTRING": (2, "line"),
    "MULTIPOLYGON": (3, "area"),
    "POLYHEDRALSURFACE": (3, "area"),
    "TIN": (3, "area"),
}
_COLLECTION = "GEOMETRYCOLLECTION"
_TAG = re.compile(f"({_COLLECTION}|{'|'.join(_SHAPES)})(ZM|Z|M)?")


class GeometryError(ValueError):
    """A text that gives no place: `reason` names the text of the pages that says why."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(f"{reason}: {values}")
        self.reason = reason
        self.values = values


@dataclass(frozen=True)
class Part:
    """One point, line or area. An area's first path is its outline, the others are holes."""

    kind: str
    paths: tuple[tuple[Position, ...], ...]

    def __iter__(self) -> Iterator[Position]:
        return (position for path in self.paths for position in path)


@dataclass(frozen=True)
class Geometry:
    """A shape on Earth; `tag` is what the text calls it, in capitals."""

    tag: str
    parts: tuple[Part, ...]

    @property
    def bounds(self) -> tuple[Position, Position]:
        """The south-west and north-east corners of what encloses all positions."""
        positions = [position for part in self.parts for position in part]
        longitudes, latitudes = zip(*positions, strict=True)
        return (min(longitudes), min(latitudes)), (max(longitudes), max(latitudes))


def point(longitude: float, latitude: float) -> Geometry:
    """The geometry of one position.

    Raises:
        GeometryError: that is not on Earth.
    """
    return Geometry("POINT", (Part("point", ((_on_earth(longitude, latitude),),)),))


def read_wkt(text: str) -> Geometry:
    """The shape that a ``geo:wktLiteral`` writes; heights and measures are left out.

    >>> read_wkt("<http://www.opengis.net/def/crs/EPSG/0/4326> Point(39.8 116.5)").bounds[0]
    (116.5, 39.8)

    Raises:
        GeometryError: it is no WKT, empty, too large, off the Earth, or its reference
            system is another.
    """
    if len(text) > MOST_CHARACTERS:
        raise GeometryError("geometry.too_long", count=MOST_CHARACTERS)
    crs = _CRS.match(text)
    is_latitude_first = False
    if crs is not None:
        is_latitude_first = _LATITUDE_FIRST.fullmatch(crs[1]) is not None
        if not is_latitude_first and _LONGITUDE_FIRST.fullmatch(crs[1]) is None:
            raise GeometryError("geometry.unknown_crs", name=crs[1])
    reader = _Reader(text, crs.end() if crs else 0, is_latitude_first)
    tag, parts = reader.shape(0)
    reader.end()
    if not parts:
        raise GeometryError("geometry.empty")
    return Geometry(tag, tuple(parts))


def _on_earth(longitude: float, latitude: float) -> Position:
    if not (abs(longitude) <= MOST_EAST and abs(latitude) <= MOST_NORTH):  # so NaN is refused too
        raise GeometryError("geometry.off_earth", longitude=longitude, latitude=latitude)
    return longitude, latitude


class _Reader:
    """Goes through the tokens of one text from the front."""

    def __init__(self, text: str, start: int, is_latitude_first: bool) -> None:
        self._text = text
        self._at = start
        self._is_latitude_first = is_latitude_first
        self._positions = 0

    def shape(self, level: int) -> tuple[str, list[Part]]:
        """One tagged shape, and all shapes in a collection."""
        if level > MOST_LEVELS:
            raise GeometryError("geometry.too_deep", count=MOST_LEVELS)
        start = self._at
        tag = _TAG.fullmatch(self._take().upper())
        if tag is None:
            raise self._malformed(start)
        dimension = tag[2] or ""
        if not dimension and self._peek().upper() in ("Z", "M", "ZM"):
            dimension = self._take().upper()
        if self._peek().upper() == "EMPTY":
            self._take()
            return tag[1], []
        if tag[1] == _COLLECTION:
            members = self._listed(lambda: self.shape(level + 1)[1])
            return tag[1], [part for parts in members for part in parts]
        depth, kind = _SHAPES[tag[1]]
        return tag[1], self._parts(kind, depth, _DIMENSIONS[dimension])

    def end(self) -> None:
        """Nothing may follow."""
        if self._text[self._at :].strip():
            raise self._malformed(self._at)

    def _parts(self, kind: str, depth: int, size: int) -> list[Part]:
        if kind == "point":
            if depth == 0:
                return [Part(kind, ((self._bracketed(size),),))]
            return [Part(kind, ((each,),)) for each in self._members(lambda: self._loose(size))]
        if kind == "line":
            if depth == 1:
                return [Part(kind, (self._path(size, 2),))]
            return [Part(kind, (path,)) for path in self._members(lambda: self._path(size, 2))]
        shells = [self._rings(size)] if depth == 2 else self._members(lambda: self._rings(size))
        return [Part(kind, rings) for rings in shells if rings]

    def _rings(self, size: int) -> tuple[tuple[Position, ...], ...]:
        rings = tuple(self._members(lambda: self._path(size, 4)))
        if any(ring[0] != ring[-1] for ring in rings):
            raise GeometryError("geometry.open_ring")
        return rings

    def _path(self, size: int, least: int) -> tuple[Position, ...]:
        path = tuple(self._listed(lambda: self._position(size)))
        if len(path) < least:
            raise GeometryError("geometry.too_few", count=least)
        return path

    def _loose(self, size: int) -> Position:
        """A point of several, which may have brackets of its own or not."""
        return self._bracketed(size) if self._peek() == "(" else self._position(size)

    def _bracketed(self, size: int) -> Position:
        self._expect("(")
        position = self._position(size)
        self._expect(")")
        return position

    def _position(self, size: int) -> Position:
        self._positions += 1
        if self._positions > MOST_POSITIONS:
            raise GeometryError("geometry.too_many", count=MOST_POSITIONS)
        first, second, *_ = [self._number() for _ in range(size)]
        if self._is_latitude_first:
            first, second = second, first
        return _on_earth(first, second)

    def _number(self) -> float:
        start = self._at
        token = self._take()
        if not token[-1].isdigit() and token[-1] != ".":  # Python reads words such as nan, too
            raise self._malformed(start)
        return float(token)

    def _members(self, read: Callable[[], Member]) -> list[Member]:
        """Like `_listed`, with EMPTY members left out."""

        def read_or_skip() -> Member | None:
            if self._peek().upper() == "EMPTY":
                self._take()
                return None
            return read()

        return [each for each in self._listed(read_or_skip) if each is not None]

    def _listed(self, read: Callable[[], Member]) -> list[Member]:
        self._expect("(")
        found = [read()]
        while self._peek() == ",":
            self._take()
            found.append(read())
        self._expect(")")
        return found

    def _expect(self, sign: str) -> None:
        start = self._at
        if self._take() != sign:
            raise self._malformed(start)

    def _peek(self) -> str:
        token = _TOKEN.match(self._text, self._at)
        return token[1] if token else ""

    def _take(self) -> str:
        token = _TOKEN.match(self._text, self._at)
        if token is None:
            raise self._malformed(self._at)
        self._at = token.end()
        return token[1]

    def _malformed(self, at: int) -> GeometryError:
        near = self._text[at : at + 20].strip()
        if not near:
            return GeometryError("geometry.breaks_off")
        return GeometryError("geometry.malformed", near=near, number=at + 1)
