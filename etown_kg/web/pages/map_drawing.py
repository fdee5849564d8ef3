"""The drawing of geometries: a plate carrée on a graticule, true to scale at its middle latitude.

Nothing comes from elsewhere: no tiles, no coastlines. Shapes are read as planes, as Simple
Features has it; only whole parts are turned by 360 degrees, so that what lies on both sides of the
antimeridian is drawn side by side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from etown_kg.web.pages.geometry import Geometry, GeometryError, Part, Position

# The picture in its own units; a stylesheet gives it its size.
WIDTH, HEIGHT = 640, 400
# Of each side, what a text beside its line needs at an edge of the picture, on a phone.
EDGE = {WIDTH: 0.16, HEIGHT: 0.1}
# Of the picture's side, free on each edge.
MARGIN = 0.14
# What is seen around a lone point, and around the smallest shape, in degrees from south to north.
AROUND_POINT = 0.5
AROUND_SHAPE = 0.0005
# Corners that all paths of one picture may have after rounding: they are most of a page's bytes.
MOST_CORNERS = 4_000
# Beyond these one scale would not be true for the picture, in degrees.
MOST_SCALED_SPAN = 20.0
MOST_SCALED_LATITUDE = 80.0
MOST_LINES = 4
_FINE_STEPS = (digit * 10.0**-power for power in range(1, 7) for digit in (5, 2, 1))
_STEPS = (360.0, 180.0, 90.0, 45.0, 30.0, 15.0, 10.0, 5.0, 2.0, 1.0, *_FINE_STEPS)
METRES_PER_DEGREE = 111_195  # of a meridian, on a sphere of 6371 km
# Of the picture's width, for the scale bar.
MOST_SCALE = 0.25


@dataclass(frozen=True)
class Line:
    """A line of the graticule: its degrees, and its place in percent of the picture's side.

    `edge` is ``first`` or ``last`` where a text in its middle would be cut at that edge.
    """

    degrees: float
    place: str
    edge: str = ""


@dataclass(frozen=True)
class Outline:
    """One geometry: an SVG path of its lines and areas, and its points in percent.

    `label` is where its number stands, in percent.
    """

    lines: str
    areas: str
    points: tuple[tuple[str, str], ...]
    label: tuple[str, str]


@dataclass(frozen=True)
class Sheet:
    """The part of the picture that is on Earth, in percent: its edges, and its sides."""

    left: str
    right: str
    top: str
    bottom: str
    width: str
    height: str


@dataclass(frozen=True)
class Map:
    """What the template draws. `width` and `height` are those of the picture in units of the paths.

    `scale_metres` is the length of the scale bar, None where no one scale is true; `scale_start`
    is where it begins, in percent.
    """

    outlines: tuple[Outline, ...]
    meridians: tuple[Line, ...]
    parallels: tuple[Line, ...]
    sheet: Sheet
    scale_metres: int | None
    scale_start: str
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class _View:
    """Where degrees are in the picture: `unit` units a degree to the north, less to the east."""

    west: float
    north: float
    unit: float
    narrowing: float

    def x(self, longitude: float) -> float:
        return (longitude - self.west) * self.unit * self.narrowing

    def y(self, latitude: float) -> float:
        return (self.north - latitude) * self.unit


def drawn(geometries: Sequence[Geometry]) -> Map:
    """All these geometries, at least one, in one picture.

    Raises:
        GeometryError: they have too many corners for a page.
    """
    turned = side_by_side(geometries)
    positions = [each for geometry in turned for part in geometry.parts for each in part]
    west, east = min(x for x, _ in positions), max(x for x, _ in positions)
    south, north = min(y for _, y in positions), max(y for _, y in positions)
    middle = (south + north) / 2
    # A pole is a line in this projection; so near to it the picture would be all width.
    narrowing = max(math.cos(math.radians(middle)), 0.1)
    is_point = west == east and south == north
    free = 1 - 2 * MARGIN
    span = max(
        (north - south) / free,
        (east - west) * narrowing * HEIGHT / WIDTH / free,
        AROUND_POINT if is_point else AROUND_SHAPE,
    )
    unit = HEIGHT / span
    half = WIDTH / unit / narrowing / 2
    centre = (west + east) / 2
    view = _View(centre - half, middle + span / 2, unit, narrowing)
    outlines = tuple(_outline(each.parts, view) for each in turned)
    if sum(len(each.lines) + len(each.areas) for each in outlines) > MOST_CORNERS * 8:
        raise GeometryError("geometry.too_detailed")
    # The Earth ends at the poles, and after one turn.
    reach = (
        max(centre - half, min(centre - 180, west)),
        min(centre + half, max(centre + 180, east)),
    )
    heights = (max(middle - span / 2, -90.0), min(middle + span / 2, 90.0))
    metres = None
    if span <= MOST_SCALED_SPAN and abs(middle) <= MOST_SCALED_LATITUDE:
        metres = _round_length(WIDTH / unit * METRES_PER_DEGREE * MOST_SCALE)
    width = (metres or 0) / METRES_PER_DEGREE * unit
    return Map(
        outlines,
        tuple(_line(_normal(d), view.x(d), WIDTH) for d in _lines(*reach)),
        tuple(_line(d, view.y(d), HEIGHT) for d in _lines(*heights)),
        _sheet(reach, heights, view),
        metres,
        _percent(WIDTH * 0.97 - width, WIDTH),
    )


def side_by_side(geometries: Sequence[Geometry]) -> list[Geometry]:
    """The same with parts turned by whole circles, so that together they are as narrow as can be.

    Longitudes may be beyond 180 degrees then.
    """
    reaches = sorted(
        (min(x for x, _ in part) % 360, max(x for x, _ in part) - min(x for x, _ in part))
        for geometry in geometries
        for part in geometry.parts
    )
    # The widest gap between them is where the picture begins and ends.
    start, widest = reaches[0][0], -1.0
    end = max(west + width - 360 for west, width in reaches)
    for west, width in reaches:
        if west - end > widest:
            start, widest = west, west - end
        end = max(end, west + width)
    turned = [[_turned(part, start) for part in geometry.parts] for geometry in geometries]
    longitudes = [x for parts in turned for part in parts for x, _ in part]
    # Back to where the Earth's longitudes are counted from -180 to 180.
    back = 360 * math.floor(((min(longitudes) + max(longitudes)) / 2 + 180) / 360)
    return [
        Geometry(geometry.tag, tuple(_moved(part, -back) for part in parts))
        for geometry, parts in zip(geometries, turned, strict=True)
    ]


def _line(degrees: float, units: float, side: int) -> Line:
    part = units / side
    edge = "first" if part < EDGE[side] else "last" if part > 1 - EDGE[side] else ""
    return Line(degrees, _percent(units, side), edge)


def _sheet(reach: tuple[float, float], heights: tuple[float, float], view: _View) -> Sheet:
    left, right = (view.x(longitude) for longitude in reach)
    bottom, top = (view.y(latitude) for latitude in heights)
    across = (left, right, right - left)
    down = (top, bottom, bottom - top)
    left_at, right_at, width = (_percent(units, WIDTH) for units in across)
    top_at, bottom_at, height = (_percent(units, HEIGHT) for units in down)
    return Sheet(left_at, right_at, top_at, bottom_at, width, height)


def _turned(part: Part, start: float) -> Part:
    west = min(x for x, _ in part)
    return _moved(part, start + (west - start) % 360 - west)


def _moved(part: Part, degrees: float) -> Part:
    """A part turned by whole circles, whose degrees stay as exact as they were."""
    turn = 360 * round(degrees / 360)
    if not turn:
        return part
    return Part(part.kind, tuple(tuple((x + turn, y) for x, y in path) for path in part.paths))


def _outline(parts: Sequence[Part], view: _View) -> Outline:
    lines = "".join(
        _path(path, view) for part in parts if part.kind == "line" for path in part.paths
    )
    areas = "".join(
        _path(path, view) + "Z" for part in parts if part.kind == "area" for path in part.paths
    )
    points = dict.fromkeys(
        _place(*part.paths[0][0], view) for part in parts if part.kind == "point"
    )
    positions = [position for part in parts for position in part]
    middle = (
        (min(x for x, _ in positions) + max(x for x, _ in positions)) / 2,
        (min(y for _, y in positions) + max(y for _, y in positions)) / 2,
    )
    return Outline(lines, areas, tuple(points), _place(*middle, view))


def _path(path: Sequence[Position], view: _View) -> str:
    """SVG path data; corners that fall together at half a unit are one."""
    corners = [(round(view.x(x) * 2) / 2, round(view.y(y) * 2) / 2) for x, y in path]
    kept = [each for at, each in enumerate(corners) if at == 0 or each != corners[at - 1]]
    if len(kept) == 1:  # too small to see: a dot by the ends of its line
        kept = kept * 2
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept)


def _place(longitude: float, latitude: float, view: _View) -> tuple[str, str]:
    return _percent(view.x(longitude), WIDTH), _percent(view.y(latitude), HEIGHT)


def _percent(units: float, side: int) -> str:
    return f"{units / side * 100:.2f}%"


def _lines(low: float, high: float) -> list[float]:
    """Round degrees between two, a few of them: as fine a step as gives no more."""
    chosen: list[float] = []
    for step in _STEPS:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 > MOST_LINES:
            break
        chosen = [round(at * step, 6) for at in range(first, last + 1)]
    return chosen


def _normal(longitude: float) -> float:
    """The same meridian from above -180 to 180."""
    return round(180 - (180 - longitude) % 360, 6)


def _round_length(most: float) -> int | None:
    """The longest of 1, 2, 5, 10, 20... metres that is no longer; None below a metre."""
    if most < 1:
        return None
    power = 10 ** math.floor(math.log10(most))
    return int(max(digit for digit in (1, 2, 5) if digit * power <= most) * power)
