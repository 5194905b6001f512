"""District: all layers of one district in one metric CRS, frozen."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridmap import schema
from gridmap.crs import metric_crs, project, time_zone
from gridmap.errors import InputError, MissingLayerError

SOLE_COMMUNITY = "000000000000"
"""Code of the one community of a district whose boundary has no code."""


@dataclass(frozen=True, eq=False)
class District:
    """All layers of one district.

    Make one with :meth:`District.of`; read layers with ``district["cells"]``. A layer that is
    absent reads as an empty frame with the right columns. What is handed out is a lazy copy:
    changing it never changes the district.

    Attributes
    ----------
    layers : mapping of str to DataFrame
        Layers by name, geometries in ``crs``.
    crs : CRS
        Metric CRS, from the boundary.
    timezone : str
        IANA zone in which windows are local times.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> toy.name, toy.crs.to_epsg(), len(toy["cells"]), toy["premises"].empty
    ('Toy district', 4548, 4, True)
    """

    layers: Mapping[str, Any]
    crs: CRS
    timezone: str

    @classmethod
    def of(cls, layers: Mapping[str, pd.DataFrame], timezone: str | None = None) -> "District":
        """Build a district: every layer conformed to the schema and projected to one metric CRS.

        Parameters
        ----------
        layers : mapping of str to DataFrame or GeoDataFrame
            Layers by name, each with a declared CRS where it has geometry.
        timezone : str, optional
            IANA zone; default from the boundary.

        Raises
        ------
        MissingLayerError
            If there is no boundary, or a layer is not in the schema.
        InputError
            If any layer has faults; the message lists those of all layers.
        CRSError
            If a layer with geometry has no CRS.
        """
        if "boundary" not in layers or layers["boundary"].empty:
            raise MissingLayerError(
                "A district needs the layer 'boundary' with one polygon around it; found "
                f"{', '.join(layers) or 'no layer'}. Add it, or import with --boundary."
            )
        crs = metric_crs(layers["boundary"])
        ready: dict[str, Any] = {}
        faults: list[str] = []
        for name, frame in layers.items():
            try:
                ready[name] = project(schema.conform(frame, name), crs, name)
            except InputError as error:
                faults.append(str(error))
        if faults:
            raise InputError("\n".join(faults))
        zone = timezone or time_zone(ready["boundary"])
        return cls(MappingProxyType(ready), crs, zone)

    def __getitem__(self, name: str) -> Any:
        """Layer by name; an empty frame with the right columns where the district has none."""
        if name in self.layers:
            return self.layers[name].copy(deep=False)
        return schema.empty(name, self.crs)

    def __contains__(self, name: object) -> bool:
        """Whether the district has rows in this layer."""
        return name in self.layers and not self.layers[str(name)].empty

    @property
    def name(self) -> str:
        """Name of the district."""
        return str(self.layers["boundary"]["name"].iloc[0])

    @property
    def outline(self) -> Any:
        """The boundary as one geometry in the metric CRS."""
        return self.layers["boundary"].geometry.union_all()

    @property
    def communities(self) -> gpd.GeoDataFrame:
        """The communities; a district without any is one community."""
        if "communities" in self:
            return self["communities"]
        boundary = self["boundary"]
        code = boundary["code"].iloc[0]
        sole = pd.DataFrame(
            {"code": [SOLE_COMMUNITY if pd.isna(code) else str(code)], "name": [self.name]}
        )
        frame = gpd.GeoDataFrame(sole, geometry=[self.outline], crs=self.crs)
        return schema.conform(frame, "communities")

    @property
    def synthetic_layers(self) -> tuple[str, ...]:
        """Names of the layers that are made up, as the layer ``provenance`` says."""
        told = self["provenance"]
        return tuple(told["layer"][told["synthetic"].fillna(False)])

    def today(self) -> dt.date:
        """Day it is now in the zone of the district."""
        return dt.datetime.now(ZoneInfo(self.timezone)).date()

    def on(self, day: dt.date) -> "District":
        """Return the district with the grid in force on a day.

        The one place that chooses among editions: whoever measures, checks or loads asks here
        first, and then sees no ground twice.

        Parameters
        ----------
        day : date
            Local day.

        Returns
        -------
        District
            With the cells and communities of that day; those of all other days are in the layers
            ``past_cells`` and ``past_communities``. The very same where no row has a date.

        Raises
        ------
        InputError
            If the district has cells, but none of them was in force on the day.

        Examples
        --------
        >>> from gridmap.samples import toy_district
        >>> toy = toy_district()
        >>> toy.on(dt.date(2026, 3, 2)) is toy
        True
        """
        if not self._has_editions:
            return self
        changed: dict[str, Any] = {}
        for name in ("cells", "communities"):
            past = self[f"past_{name}"]
            every = pd.concat([self[name], past], ignore_index=True) if len(past) else self[name]
            now = in_force(every, day)
            changed[name] = every[now].reset_index(drop=True)
            changed[f"past_{name}"] = every[~now].reset_index(drop=True)
        if "cells" in self and changed["cells"].empty:
            first = self["cells"]["valid_from"].min()
            raise InputError(
                f"No cell of '{self.name}' was in force on {day}; the grid begins on "
                f"{min(first, self['past_cells']['valid_from'].min()).date()}. Choose a later day."
            )
        changed["cells"] = _called(changed["cells"], self["lineage"], day)
        ended = set(self["past_cells"]["cell_id"]) | set(self["cells"]["cell_id"])
        wanted = self["requirements"]
        gone = wanted["cell_id"].isin(ended - set(changed["cells"]["cell_id"]))
        if gone.any():
            changed["requirements"] = wanted[~gone].reset_index(drop=True)
        there = {name: one for name, one in changed.items() if name in self.layers or len(one)}
        return replace(self, layers=MappingProxyType({**self.layers, **there}))

    @property
    def _has_editions(self) -> bool:
        dated = (self[name][["valid_from", "valid_to"]] for name in ("cells", "communities"))
        return "past_cells" in self or any(bool(one.notna().any(axis=None)) for one in dated)

    def needs(self, *names: str) -> None:
        """Raise one clear error if any of these layers is absent or empty.

        Raises
        ------
        MissingLayerError
            Names what is missing and how to get it.
        """
        missing = [name for name in names if name not in self]
        if not missing:
            return
        remedy = (
            "Divide the district first: gridmap divide DISTRICT --method square --size-m 500 -o OUT"
            if "cells" in missing
            else f"Add it with: gridmap import layer DISTRICT --layer {missing[0]} FILE"
        )
        raise MissingLayerError(
            f"District '{self.name}' has no layer {', '.join(repr(n) for n in missing)}. {remedy}"
        )

    def with_layers(self, **changed: pd.DataFrame) -> "District":
        """Copy of the district with some layers replaced or added."""
        return District.of({**self.layers, **changed}, self.timezone)


def in_force(frame: pd.DataFrame, day: dt.date) -> pd.Series:
    """Mask of the rows that hold on a day.

    Parameters
    ----------
    frame : DataFrame
        With ``valid_from``, the first day, and ``valid_to``, the first day after; empty is open.
    day : date
        Local day.

    Examples
    --------
    >>> dates = pd.to_datetime(["2026-01-01", None])
    >>> rows = pd.DataFrame({"valid_from": dates, "valid_to": dates[::-1]})
    >>> in_force(rows, dt.date(2025, 12, 31)).tolist(), in_force(rows, dates[0]).tolist()
    ([False, True], [True, False])
    """
    moment = pd.Timestamp(day)
    begun = frame["valid_from"].isna() | (frame["valid_from"] <= moment)
    return begun & ~(frame["valid_to"].notna() & (frame["valid_to"] <= moment))


def _called(cells: Any, lineage: pd.DataFrame, day: dt.date) -> Any:
    """Cells under the name of the version that was in force: one that stayed has the newest."""
    if lineage.empty:
        return cells
    begun = lineage[lineage["on"] <= pd.Timestamp(day)]
    version = begun["grid_version"].iloc[-1] if len(begun) else lineage["old_version"].iloc[0]
    return cells.assign(grid_version=version)
