"""What single OSM tags mean: numbers with units, walkable streets, kinds of ground and use."""

import math
import re
from collections.abc import Mapping

from gridmap.reference import BARRIERS

Tags = Mapping[str, str]

_FOOT_M = 0.3048
_INCH_M = 0.0254
_FOOT_ALLOWED = frozenset({"yes", "designated", "permissive", "destination", "official"})
_FOOT_REFUSED = frozenset({"no", "private", "use_sidepath"})
_CLOSED = frozenset({"no", "private"})
_FAST = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
_NOT_ON_FOOT = _FAST | {"busway", "bus_guideway", "raceway", "escape"}
_NO_STREET = frozenset(
    {
        "abandoned", "bus_stop", "construction", "crossing", "demolished", "disused", "elevator",
        "no", "planned", "platform", "proposed", "razed", "rest_area", "services", "street_lamp",
    }
)  # fmt: skip
_GROUND_KEYS = ("landuse", "leisure", "natural", "amenity", "place", "highway", "waterway")
_GROUND = {
    "amenity": {"parking", "school", "university", "college", "kindergarten", "hospital",
                "marketplace", "grave_yard", "bus_station"},
    "leisure": {"park", "garden", "playground", "pitch", "sports_centre", "stadium", "common",
                "nature_reserve", "dog_park", "marina", "recreation_ground", "track",
                "golf_course"},
    "natural": {"water", "wood", "scrub", "grassland", "beach", "sand", "wetland", "bare_rock",
                "heath", "bay"},
    "place": {"square"},
    "waterway": {"riverbank", "dock"},
}  # fmt: skip
_KIND = {
    ("natural", "bay"): "water",
    ("waterway", "riverbank"): "water",
    ("waterway", "dock"): "water",
    ("landuse", "basin"): "water",
    ("landuse", "reservoir"): "water",
    ("leisure", "common"): "park",
    ("landuse", "village_green"): "park",
    ("amenity", "marketplace"): "market",
}
_PARKING_REFUSED = frozenset({"no", "private", "permit", "residents", "employees", "customers"})
_USE_KEYS = ("amenity", "shop", "office", "tourism", "leisure", "craft", "healthcare")
_USE_WORDS = {"shop": "retail", "office": "office", "craft": "workshop"}


def number_of(text: str | None) -> float | None:
    """Read the number in a tag such as ``building:levels``: the largest of a list, or None.

    Examples
    --------
    >>> number_of("3;4"), number_of("2.5"), number_of("2,5"), number_of("many")
    (4.0, 2.5, 2.5, None)
    """
    parts = [one.strip().replace(",", ".") for one in (text or "").split(";")]
    numbers = [float(one) for one in parts if re.fullmatch(r"\d+(\.\d+)?", one)]
    return max(numbers) if numbers and len(numbers) == len([p for p in parts if p]) else None


def metres_of(text: str | None) -> float | None:
    r"""Length [m] in a tag such as ``height``: metres, feet or feet and inches.

    Examples
    --------
    >>> metres_of("12 m"), metres_of("12"), metres_of("5'"), metres_of("10 ft")
    (12.0, 12.0, 1.524, 3.048)
    >>> round(metres_of("5'6\""), 4), metres_of("tall") is None
    (1.6764, True)
    """
    told = (text or "").strip().replace(",", ".")
    if found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(m|metres?|meters?)?", told):
        return float(found[1])
    if found := re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*\")?", told):
        return float(found[1]) * _FOOT_M + float(found[2] or 0) * _INCH_M
    return None


def is_street(tags: Tags) -> bool:
    """Whether a way is a street or path that exists, as a line.

    Examples
    --------
    >>> is_street({"highway": "footway"}), is_street({"highway": "proposed"})
    (True, False)
    """
    return tags.get("highway", "no") not in _NO_STREET and tags.get("area") != "yes"


def barrier_of(tags: Tags) -> str | None:
    """Kind of a river, canal or railway that lies on the ground, or None.

    Examples
    --------
    >>> barrier_of({"railway": "rail"}), barrier_of({"waterway": "river"})
    ('rail', 'river')
    >>> barrier_of({"railway": "rail", "tunnel": "yes"}) is None, barrier_of({"railway": "tram"})
    (True, None)
    """
    below = tags.get("tunnel", "no") != "no" or tags.get("layer", "0").startswith("-")
    kinds = (tags.get("waterway"), tags.get("railway"))
    return next((one for one in kinds if one in BARRIERS and not below), None)


def kind_of_line(tags: Tags) -> str:
    """Kind of a street, or of the barrier that a line is.

    Examples
    --------
    >>> kind_of_line({"highway": "service"}), kind_of_line({"waterway": "canal"})
    ('service', 'canal')
    """
    return tags["highway"] if is_street(tags) else str(barrier_of(tags))


def is_walkable(tags: Tags) -> bool:
    """Whether people may walk along a street.

    Notes
    -----
    ``foot`` decides where it is given; motorways, trunk roads and motor roads are closed without
    it, and so is anything of private access. A cycleway is walkable unless ``foot=no``.

    Examples
    --------
    >>> is_walkable({"highway": "residential"}), is_walkable({"highway": "motorway"})
    (True, False)
    >>> is_walkable({"highway": "service", "access": "private"})
    False
    >>> is_walkable({"highway": "service", "access": "private", "foot": "yes"})
    True
    """
    foot = tags.get("foot")
    if foot in _FOOT_ALLOWED:
        return True
    if foot in _FOOT_REFUSED or tags.get("access") in _CLOSED:
        return False
    return tags.get("highway") not in _NOT_ON_FOOT and tags.get("motorroad") != "yes"


def oneway_of(tags: Tags) -> str | None:
    """One-way rule: ``yes``, ``no``, ``-1`` (against the drawn direction), ``reversible`` or None.

    Examples
    --------
    >>> oneway_of({"oneway": "true"}), oneway_of({"junction": "roundabout"}), oneway_of({})
    ('yes', 'yes', None)
    """
    told = tags.get("oneway")
    if told is None and tags.get("junction") in ("roundabout", "circular"):
        return "yes"
    return {"true": "yes", "1": "yes", "false": "no", "0": "no", "reverse": "-1"}.get(
        told or "", told
    )


def kind_of_ground(tags: Tags) -> str | None:
    """Kind of ground of an area, None where it is not ground.

    Notes
    -----
    Pedestrian areas and ``place=square`` are ``square``; parking that is not open to all is
    ``parking_private``, and underground or stacked parking is no ground at all.

    Examples
    --------
    >>> kind_of_ground({"leisure": "park"})
    'park'
    >>> kind_of_ground({"highway": "pedestrian", "area": "yes"})
    'square'
    >>> kind_of_ground({"amenity": "parking", "access": "customers"})
    'parking_private'
    >>> kind_of_ground({"amenity": "parking", "parking": "underground"}) is None
    True
    """
    for key in _GROUND_KEYS:
        value = tags.get(key)
        if value is None:
            continue
        if key == "highway":
            if value in ("pedestrian", "footway") and tags.get("area") == "yes":
                return "square"
        elif key == "amenity" and value == "parking":
            return _kind_of_parking(tags)
        elif key == "landuse" or value in _GROUND[key]:
            return _KIND.get((key, value), value)
    return None


def use_of_building(tags: Tags) -> str | None:
    """Use of a building: the value of ``building``, else of amenity, shop, office and the like.

    Examples
    --------
    >>> use_of_building({"building": "apartments"})
    'apartments'
    >>> use_of_building({"building": "yes", "shop": "bakery"})
    'retail'
    >>> use_of_building({"building": "yes"}) is None
    True
    """
    told = tags.get("building", tags.get("building:part", "yes"))
    if told not in ("yes", "unknown", ""):
        return told
    for key in _USE_KEYS:
        if value := tags.get(key):
            return _USE_WORDS.get(key, value)
    return None


def name_of(tags: Tags) -> str | None:
    """Name of a place, in any language it is given in.

    Examples
    --------
    >>> name_of({"name": "Esplanadi", "name:en": "Esplanade"}), name_of({"name:en": "Market"})
    ('Esplanadi', 'Market')
    """
    return tags.get("name") or tags.get("name:zh") or tags.get("name:en") or tags.get("brand")


def angle_of(text: str | None) -> float | None:
    """Plain number with an optional degree sign [°]; None if it is none.

    Examples
    --------
    >>> angle_of("45°"), angle_of("-25"), angle_of("steep") is None
    (45.0, -25.0, True)
    """
    try:
        angle = float((text or "").strip().rstrip("°").strip())
    except ValueError:
        return None
    return angle if math.isfinite(angle) else None


def _kind_of_parking(tags: Tags) -> str | None:
    if tags.get("parking") in ("underground", "multi-storey", "rooftop"):
        return None
    return "parking_private" if tags.get("access") in _PARKING_REFUSED else "parking"
