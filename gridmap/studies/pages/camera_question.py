"""What the address of the page of camera plans asks for, read carefully."""

from collections.abc import Mapping
from dataclasses import dataclass

from gridmap.cameras.models import camera_models
from gridmap.cameras.optics import EDITION, levels
from gridmap.cameras.poses import SCREEN_ONLY
from gridmap.errors import InputError
from gridmap.plan.candidates import DEFAULT_MODEL, FACADE, POLE

MOST_COUNT = 60
"""Cameras that a page plans at most; more by the command."""
KINDS: Mapping[str, tuple[str, ...]] = {
    "both": (POLE, FACADE),
    "pole": (POLE,),
    "facade": (FACADE,),
}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; ``count`` is None as long as nothing is asked."""

    count: int | None = None
    area: str = ""
    level: str = "detect"
    model: str = DEFAULT_MODEL
    mounts: str = "both"
    price: float = 1.0
    max_facade: float | None = None
    no_homes: bool = False
    reaim: int = 0
    remove: bool = False


def read_asked(told: Mapping[str, str]) -> Asked:
    """Read what an address asks for.

    Raises
    ------
    InputError
        If a number is none or out of bounds, or a choice is not offered.

    Examples
    --------
    >>> read_asked({"count": "5", "reaim": "2"})
    Asked(count=5, area='', level='detect', model='4mp_2.8_1/2.7', mounts='both', price=1.0,
          max_facade=None, no_homes=False, reaim=2, remove=False)
    >>> read_asked({"count": "many"})
    Traceback (most recent call last):
    gridmap.errors.InputError: Expected a number from 0 to 60 as count; found 'many'.
    """
    plain = Asked()
    count = _number(told, "count", MOST_COUNT)
    most = _number(told, "max_facade", 1e6)
    price = _number(told, "price", 1e6)
    return Asked(
        count=None if count is None else int(count),
        area=told.get("area", ""),
        level=_choice(told, "level", plain.level, level_choices()),
        model=_choice(told, "model", plain.model, model_choices()),
        mounts=_choice(told, "mounts", plain.mounts, list(KINDS)),
        price=plain.price if price is None else price,
        max_facade=most,
        no_homes=told.get("no_homes") == "1",
        reaim=int(_number(told, "reaim", MOST_COUNT) or 0),
        remove=told.get("remove") == "1",
    )


def level_choices() -> list[str]:
    """Levels of picture quality to choose from."""
    return [name for name in levels(EDITION)["level"] if name != SCREEN_ONLY]


def model_choices() -> list[str]:
    """Kinds of cameras to choose from."""
    table = camera_models()
    return [name for name in table.index if table["kind"][name] in ("fixed", "fisheye")]


def _choice(told: Mapping[str, str], name: str, plain: str, known: list[str]) -> str:
    text = told.get(name) or plain
    if text not in known:
        raise InputError(f"Expected {name} among {', '.join(known)}; found '{text}'.")
    return text


def _number(told: Mapping[str, str], name: str, most: float) -> float | None:
    text = told.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise InputError(f"Expected a number from 0 to {most:g} as {name}; found '{text}'.")
    return value
