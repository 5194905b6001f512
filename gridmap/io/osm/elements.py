"""One pass through an OSM file: tagged nodes, streets and areas, and what could not be read."""

import bz2
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import osmium

from gridmap import reference
from gridmap.errors import FileFormatError, InputError
from gridmap.io.osm.account import Tally
from gridmap.io.osm.tags import Tags, barrier_of, is_street, kind_of_ground
from gridmap.progress import Progress

_STEP = 5_000
_FIRST_BYTES = 2_000
_TANGLED = "outline that cannot be assembled (open or crossing rings)"
_AREA_RELATIONS = ("multipolygon", "boundary")
_SITE_KEYS = reference.site_keys()
_MAGIC = ((b"\x1f\x8b", "xml.gz", gzip.open), (b"BZh", "xml.bz2", bz2.open))


@dataclass(frozen=True)
class Place:
    """A tagged node."""

    osm_id: str
    tags: Tags
    lon: float
    lat: float


@dataclass(frozen=True)
class Way:
    """A street or another line: its nodes and where they are (None where the file lacks them)."""

    osm_id: str
    tags: Tags
    nodes: list[int]
    places: list[tuple[float, float] | None]


@dataclass(frozen=True)
class Area:
    """A closed way or multipolygon relation as WKB in hexadecimal."""

    osm_id: str
    tags: Tags
    wkb: str


@dataclass
class Elements:
    """What one pass through a file found."""

    places: list[Place] = field(default_factory=list)
    streets: list[Way] = field(default_factory=list)
    coasts: list[Way] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    box: tuple[float, float, float, float] | None = None
    dated: str = ""
    outer_ways: set[str] = field(default_factory=set)
    """Ways that are the outline of an assembled building relation."""


@dataclass
class _Expected:
    """Areas the file promises; those that never arrive are reported."""

    relations: dict[int, tuple[Tags, list[int], list[int]]] = field(default_factory=dict)
    closed: dict[int, tuple[Tags, bool]] = field(default_factory=dict)
    ways: set[int] = field(default_factory=set)
    cut_ways: set[int] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)


def read_elements(path: Path, tally: Tally, progress: Progress) -> Elements:
    """Tagged nodes, streets and areas of a file.

    Raises
    ------
    FileFormatError
        If the file is not OSM in XML (plain, gzip, bzip2) or PBF, or is cut short.
    """
    file_format = detect_format(path)
    found, expected = Elements(), _Expected()
    try:
        walk = _open(path, file_format)
        found.box = _box(walk.header)
        newest = _walk(walk, found, expected, tally, progress)
    except (RuntimeError, OSError, ValueError) as error:
        raise FileFormatError(
            f"{path} is cut short or damaged: {error}. Fetch the file again, or check that the "
            "download was complete."
        ) from error
    if not tally.read:
        raise InputError(f"{path} holds no OSM object. Check that it is an extract of the place.")
    found.dated = _dated(path, file_format, walk.header, newest)
    _report_missing(expected, found, tally)
    return found


def detect_format(path: Path) -> str:
    """Format of an OSM file by its content, as osmium names it.

    Raises
    ------
    FileFormatError
        If the content is neither OSM XML (plain, gzip, bzip2) nor PBF.
    """
    try:
        start, file_format = _first_bytes(path, open), "xml"
        for magic, name, unpack in _MAGIC:
            if start.startswith(magic):
                start, file_format = _first_bytes(path, unpack), name
    except (OSError, EOFError) as error:
        raise FileFormatError(f"{path} cannot be read: {error}.") from error
    if start[4:15] == b"\n\tOSMHeader":
        return "pbf"
    if b"<osm" in start:
        return file_format
    shown = "an empty file" if not start else f"a file that begins with {start[:16]!r}"
    raise FileFormatError(
        f"{path}: expected OpenStreetMap data (.osm, .osm.gz, .osm.bz2 or .osm.pbf), found {shown}."
    )


def _first_bytes(path: Path, opener: Callable[..., Any]) -> bytes:
    with opener(path, "rb") as file:
        start: bytes = file.read(_FIRST_BYTES)
    return start


def _open(path: Path, file_format: str) -> Any:
    # Untagged nodes carry places only: they are skipped before Python sees them.
    tagged = osmium.filter.EmptyTagFilter().enable_for(osmium.osm.NODE)
    walk = osmium.FileProcessor(osmium.io.File(str(path), file_format))
    return walk.with_areas().with_filter(tagged)


def _walk(
    walk: Any, found: Elements, expected: _Expected, tally: Tally, progress: Progress
) -> datetime | None:
    to_wkb = osmium.geom.WKBFactory()
    newest: datetime | None = None
    for number, one in enumerate(walk):
        if number % _STEP == 0:
            progress("reading", number, 0)
        if one.is_area():
            _take_area(one, found, expected, to_wkb, tally)
            continue
        newest = max(newest, one.timestamp) if newest else one.timestamp
        if one.is_node():
            _take_node(one, found, tally)
        elif one.is_way():
            _take_way(one, found, expected, tally)
        else:
            _take_relation(one, expected, tally)
    return newest


def _take_node(node: Any, found: Elements, tally: Tally) -> None:
    tally.read["tagged nodes"] += 1
    tags = dict(node.tags)
    if _SITE_KEYS.isdisjoint(tags) and tags.get("man_made") != "surveillance":
        return
    if not node.location.valid():
        tally.drop("node", "has no valid place", [f"n{node.id}"])
        return
    found.places.append(Place(f"n{node.id}", tags, node.location.lon, node.location.lat))


def _take_way(way: Any, found: Elements, expected: _Expected, tally: Tally) -> None:
    tally.read["ways"] += 1
    expected.ways.add(way.id)
    whole = all(node.location.valid() for node in way.nodes)
    if not whole:
        expected.cut_ways.add(way.id)
    if not len(way.tags):
        return
    tags = dict(way.tags)
    if ("highway" in tags and is_street(tags)) or barrier_of(tags):
        found.streets.append(_line_of(way, tags))
    elif "highway" in tags and tags.get("area") != "yes":
        tally.drop("way", f"not a street: highway={tags['highway']}", [f"w{way.id}"])
    elif "railway" in tags and "building" not in tags:
        tally.drop("way", f"railway={tags['railway']}; it divides no ground", [f"w{way.id}"])
    elif tags.get("man_made") == "surveillance" and not way.is_closed():
        tally.drop("camera", "mapped as a line, expected a point", [f"w{way.id}"])
    if tags.get("natural") == "coastline":
        found.coasts.append(_line_of(way, tags))
    if _is_wanted_area(tags) and way.is_closed() and tags.get("area") != "no":
        expected.closed[way.id] = (tags, whole)


def _line_of(way: Any, tags: Tags) -> Way:
    nodes, places = [], []
    for node in way.nodes:
        nodes.append(node.ref)
        valid = node.location.valid()
        places.append((node.location.lon, node.location.lat) if valid else None)
    return Way(f"w{way.id}", tags, nodes, places)


def _take_relation(relation: Any, expected: _Expected, tally: Tally) -> None:
    tally.read["relations"] += 1
    tags = dict(relation.tags)
    if tags.get("type") in _AREA_RELATIONS and _is_wanted_area(tags):
        members = [one for one in relation.members if one.type == "w"]
        outer = [one.ref for one in members if one.role != "inner"]
        expected.relations[relation.id] = (tags, [one.ref for one in members], outer)


def _take_area(area: Any, found: Elements, expected: _Expected, to_wkb: Any, tally: Tally) -> None:
    tags = dict(area.tags)
    if not _is_wanted_area(tags):
        return
    osm_id = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
    expected.arrived.add(osm_id)
    try:
        found.areas.append(Area(osm_id, tags, to_wkb.create_multipolygon(area)))
    except RuntimeError:
        # osmium hands out an area without rings where it could not join or untangle them.
        tally.drop(_what(tags), _TANGLED, [osm_id])


def _is_wanted_area(tags: Tags) -> bool:
    return (
        "building" in tags
        or "building:part" in tags
        or kind_of_ground(tags) is not None
        or tags.get("boundary") == "administrative"
        or (not _SITE_KEYS.isdisjoint(tags) and reference.type_of_tags(tags) is not None)
    )


def _report_missing(expected: _Expected, found: Elements, tally: Tally) -> None:
    for way, (tags, whole) in expected.closed.items():
        if f"w{way}" not in expected.arrived:
            reason = _TANGLED if whole else "cut by the edge of the file"
            tally.drop(_what(tags), reason, [f"w{way}"])
    for relation, (tags, members, outer) in expected.relations.items():
        if f"r{relation}" in expected.arrived:
            if "building" in tags:
                found.outer_ways.update(f"w{one}" for one in outer)
            continue
        tally.drop(_what(tags), _why_not_whole(members, expected), [f"r{relation}"])


def _why_not_whole(members: list[int], expected: _Expected) -> str:
    if any(one not in expected.ways for one in members):
        return "relation with member ways that are not in the file"
    if any(one in expected.cut_ways for one in members):
        return "relation cut by the edge of the file"
    return _TANGLED


def _what(tags: Tags) -> str:
    if "building" in tags:
        return "building"
    if "building:part" in tags:
        return "building part"
    if tags.get("boundary") == "administrative":
        return f"boundary of level {tags.get('admin_level', '?')}"
    return "area of land" if kind_of_ground(tags) else "site"


def _box(header: Any) -> tuple[float, float, float, float] | None:
    box = header.box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return (low.lon, low.lat, high.lon, high.lat)


def _dated(path: Path, file_format: str, header: Any, newest: datetime | None) -> str:
    told = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    if told:
        return str(told)[:10]
    if base := _overpass_base(path, file_format):
        return base
    real = newest is not None and newest > datetime(2000, 1, 1, tzinfo=UTC)
    return newest.date().isoformat() if newest is not None and real else ""


def _overpass_base(path: Path, file_format: str) -> str:
    """Day in the ``<meta osm_base=…>`` line that Overpass writes and osmium passes over."""
    openers: dict[str, Callable[..., Any]] = {name: unpack for _, name, unpack in _MAGIC}
    if file_format == "pbf":
        return ""
    start = _first_bytes(path, openers.get(file_format, open))
    _, sign, after = start.partition(b'osm_base="')
    return after[:10].decode("ascii", "replace") if sign else ""


def lines_of(ways: list[Way]) -> Iterator[tuple[int, int, tuple[float, float] | None]]:
    """Every node of every way: number of the way, node, place."""
    for number, way in enumerate(ways):
        for node, place in zip(way.nodes, way.places, strict=True):
            yield number, node, place
