"""Bearings as people write them: numbers, winds, ranges that wrap, and lists of presets."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from gridmap.errors import InputError

_ROSE = "N NNE NE ENE E ESE SE SSE S SSW SW WSW W WNW NW NNW"
WINDS: Mapping[str, float] = MappingProxyType(
    {name: 22.5 * n for n, name in enumerate(_ROSE.split())}
    | {"北": 0.0, "东北": 45.0, "东": 90.0, "东南": 135.0, "南": 180.0, "西南": 225.0, "西": 270.0,
       "西北": 315.0, "東北": 45.0, "東": 90.0, "東南": 135.0}
)  # fmt: skip
"""Winds and their bearings [°]."""
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_ONE = re.compile(
    rf"^(?:(?P<from>{_NUMBER})\s*[-–~]\s*(?P<to>{_NUMBER})|(?P<at>{_NUMBER})|(?P<wind>[^\d@\s]+))"
    r"\s*°?\s*(?:@\s*(?P<weight>\d+(?:\.\d+)?))?$"
)


class Preset(NamedTuple):
    """One bearing of a camera.

    Attributes
    ----------
    heading_deg : float
        Bearing of the axis, 0 up to 360 [°].
    hfov_deg : float
        Field of view [°] where a range of bearings is given, else empty (NaN).
    weight : float
        Share of time it looks there; the weights of a camera add up to 1.
    """

    heading_deg: float
    hfov_deg: float
    weight: float


def read_presets(text: str) -> list[Preset]:
    """Read bearings as they are written in maps and lists.

    Parameters
    ----------
    text : str
        Bearings apart by ``;``: numbers [°], winds (``N``, ``东北``), or ranges clockwise
        (``338-23``); each may have a weight after ``@``.

    Raises
    ------
    InputError
        If part of the text is none of these.

    Examples
    --------
    >>> read_presets("0;90@3")
    [Preset(heading_deg=0.0, hfov_deg=nan, weight=0.25),
     Preset(heading_deg=90.0, hfov_deg=nan, weight=0.75)]
    >>> read_presets("338-23")
    [Preset(heading_deg=0.5, hfov_deg=45.0, weight=1.0)]
    """
    told = [_read_one(part.strip(), text) for part in re.split("[;；、]", text) if part.strip()]
    total = sum(one.weight for one in told)
    if not told or total <= 0:
        raise _unreadable(text, text)
    return [one._replace(weight=one.weight / total) for one in told]


def merge_fields(presets: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Merge fields that overlap, so that a camera's looks do not.

    Parameters
    ----------
    presets : list of (heading_deg, hfov_deg)
        Fields [°].

    Returns
    -------
    list of (heading_deg, hfov_deg)

    Examples
    --------
    >>> merge_fields([(0.0, 90.0), (60.0, 90.0), (200.0, 20.0)])
    [(200.0, 20.0), (30.0, 150.0)]
    """
    if any(field >= 360 for _, field in presets):
        return [(0.0, 360.0)]
    spans = sorted(((at - field / 2) % 360, field) for at, field in presets)
    merged: list[list[float]] = []
    for start, field in spans:
        if merged and start <= merged[-1][0] + merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], start + field - merged[-1][0])
        else:
            merged.append([start, field])
    # What passes north may run into the first again, and past it.
    while len(merged) > 1 and merged[-1][0] + merged[-1][1] >= merged[0][0] + 360:
        start, field = merged.pop(0)
        merged[-1][1] = max(merged[-1][1], start + 360 + field - merged[-1][0])
    if merged[0][1] >= 360:
        return [(0.0, 360.0)]
    return [((start + field / 2) % 360, field) for start, field in merged]


def presets_of(cameras: Any) -> pd.Series:
    """Presets of every camera as lists; empty where the column is absent or empty.

    Raises
    ------
    InputError
        If any cannot be read; the message names the camera.

    Examples
    --------
    >>> told = presets_of(pd.DataFrame({"camera_id": ["a", "b"], "presets": ["E", None]}))
    >>> [len(one) for one in told]
    [1, 0]
    """
    if "presets" not in cameras:
        return pd.Series([[] for _ in range(len(cameras))], index=cameras.index, dtype=object)
    told = []
    for name, text in zip(cameras["camera_id"], cameras["presets"], strict=True):
        try:
            told.append([] if pd.isna(text) else read_presets(str(text)))
        except InputError as error:
            raise InputError(f"Camera {name}: {error}") from error
    return pd.Series(told, index=cameras.index, dtype=object)


def _read_one(part: str, text: str) -> Preset:
    found = _ONE.match(part)
    if found is None:
        raise _unreadable(part, text)
    weight = float(found["weight"] or 1.0)
    if found["from"] is not None:
        start, field = float(found["from"]), (float(found["to"]) - float(found["from"])) % 360
        field = field or 360.0
        return Preset((start + field / 2) % 360, field, weight)
    if found["at"] is not None:
        return Preset(float(found["at"]) % 360, np.nan, weight)
    wind = found["wind"].upper()
    if wind not in WINDS:
        raise _unreadable(part, text)
    return Preset(WINDS[wind], np.nan, weight)


def _unreadable(part: str, text: str) -> InputError:
    return InputError(
        f"Expected bearings such as 0;90;180, N;SW, 338-23 or 0@3;90@1; found '{part}' in "
        f"'{text}'. Write degrees clockwise from north, a wind, or a range, and weights above 0."
    )
