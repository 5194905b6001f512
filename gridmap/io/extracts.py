"""District files in the shape of OSM extracts: a layer ``poi``, sources named in columns."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from gridmap import reference
from gridmap.schema import Finding

_SOURCE_COLUMNS = {
    "source": ("source",),
    "licence": ("license", "licence", "attribution"),
    "dated": ("osm_date", "dated", "year"),
    "note": ("method",),
}
"""Columns of an extract that tell what a column of ``provenance`` asks for."""


def is_poi(name: str, frame: pd.DataFrame) -> bool:
    """Whether a layer holds places under their OSM key and value, to be read as ``sites``.

    Examples
    --------
    >>> is_poi("poi", pd.DataFrame({"key": ["amenity"], "subtype": ["library"]}))
    True
    """
    return name == "poi" and {"key", "subtype"} <= set(frame.columns)


def sites_of_poi(frame: Any) -> Any:
    """Sites among the places of an extract: those whose tags make a site type.

    Parameters
    ----------
    frame : GeoDataFrame
        Columns ``osm_id``, ``key``, ``subtype`` and others, which are kept.

    Returns
    -------
    GeoDataFrame
        Rows with ``site_id`` (from ``osm_id``) and ``type`` (from the tag table).

    Examples
    --------
    >>> places = {"osm_id": [1, 2], "key": ["amenity"] * 2, "subtype": ["library", "bench"]}
    >>> sites_of_poi(pd.DataFrame(places))[["site_id", "type"]].values.tolist()
    [[1, 'library']]
    """
    sites = frame.rename(columns={"osm_id": "site_id"})
    sites["type"] = _types(frame)
    return sites[sites["type"].notna()].reset_index(drop=True)


def left_out(frame: pd.DataFrame) -> Iterator[Finding]:
    """Note about the places that are no sites."""
    dropped = _types(frame).isna()
    if dropped.any():
        yield Finding(
            "no_site_type",
            "note",
            "sites",
            tuple(frame["osm_id"][dropped].astype("str")) if "osm_id" in frame else (),
            f"{int(dropped.sum())} of {len(frame)} rows of layer 'poi' have tags of no site type "
            "and are left out",
            "Nothing to do, unless one of them serves people: then give it a type.",
        )


def provenance_of(layers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Provenance of each layer, from columns such as ``source`` and ``license``.

    A layer that does not say takes what the boundary says; nothing is told where neither does.

    Examples
    --------
    >>> boundary = pd.DataFrame({"name": ["A"], "source": ["survey"], "license": ["CC0"]})
    >>> provenance_of({"boundary": boundary, "roads": pd.DataFrame({"highway": ["path"]})})[
    ...     ["layer", "source", "licence"]].values.tolist()
    [['boundary', 'survey', 'CC0'], ['roads', 'survey', 'CC0']]
    """
    default = _told(layers.get("boundary", pd.DataFrame()))
    own = {name: _told(frame) for name, frame in layers.items() if not frame.empty}
    rows = [
        {"layer": name} | (told if told.get("source") or told.get("licence") else default)
        for name, told in own.items()
    ]
    known = [row for row in rows if len(row) > 1]
    return pd.DataFrame(known, columns=["layer", *_SOURCE_COLUMNS], dtype="str")


def _types(frame: pd.DataFrame) -> pd.Series:
    tags = pd.DataFrame(index=frame.index)
    for key in frame["key"].dropna().unique():
        tags[key] = frame["subtype"].where(frame["key"] == key)
    for extra in ("name", "social_facility"):
        if extra in frame.columns and extra not in tags.columns:
            tags[extra] = frame[extra]
    return reference.types_of_frame(tags)


def _told(frame: pd.DataFrame) -> dict[str, str]:
    told = {
        name: "; ".join(
            dict.fromkeys(
                str(value)
                for column in columns
                if column in frame.columns
                for value in frame[column].dropna().unique()[:3]
            )
        )
        for name, columns in _SOURCE_COLUMNS.items()
    }
    return {name: text for name, text in told.items() if text}
