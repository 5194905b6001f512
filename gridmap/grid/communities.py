"""Merge communities: their cells stay as they are drawn and are coded anew."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridmap.grid.codes import number_cells, rows_of
from gridmap.grid.editions import GridEdit, check_known, make_edition
from gridmap.grid.numbering import Numbering, renumber, with_rule


@dataclass(frozen=True, eq=False)
class CommunityEdit:
    """Merged communities with the edition of the grid that goes with them.

    Attributes
    ----------
    communities, past_communities : GeoDataFrame
        Communities from the day on, and those that ended with it.
    grid : GridEdit
    """

    communities: gpd.GeoDataFrame
    past_communities: gpd.GeoDataFrame
    grid: GridEdit


def merge_communities(
    cells: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    into: Mapping[str, str],
    on: dt.date,
    *,
    names: Mapping[str, str] | None = None,
    numbering: Numbering | None = None,
    grid_version: str | None = None,
) -> CommunityEdit:
    """Merge communities; their cells stay as they are drawn and are coded for the new community.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells in force, in a metric CRS.
    communities : GeoDataFrame
        Communities with ``code`` in the same CRS.
    into : mapping of str to str
        Code of the new community by code of the old; a community that takes others in keeps its
        code and its cells keep theirs. What is not named stays.
    on : date
        First day.
    names : mapping of str to str, optional
        Names of new communities by code; default the name of the largest.
    numbering, grid_version : optional
        As for :func:`merge_cells`.

    Raises
    ------
    InputError
        If a community is unknown, or a new code is that of a community outside the merge.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> into = {"110101001002": "110101001001"}
    >>> edit = merge_communities(toy["cells"], toy.communities, into, dt.date(2026, 7, 1))
    >>> edit.communities.code.tolist(), sorted(edit.grid.cells.code)[-1]
    (['110101001001'], '110101001001004')
    """
    check_known(into, communities["code"], "community")
    # One that takes others in is part of the merge, whether it was named or not.
    mapping = {code: into.get(code, code) for code in communities["code"]}
    groups = pd.Series(mapping).loc[lambda all_: all_.isin(set(into.values()))]
    united = _unite(communities, groups, names or {}, on)
    numbering = with_rule(cells, numbering)
    code = cells["community_code"].map(lambda one: mapping.get(one, one))
    moving = code != cells["community_code"]
    fresh = cells.assign(community_code=code)
    counted = fresh[moving].iloc[
        np.lexsort((number_cells(fresh[moving], rows_of(fresh[moving])), code[moving]))
    ]
    fresh = pd.concat([fresh[~moving], renumber(counted, fresh[~moving], numbering, force=True)])
    edit = make_edition(cells, fresh.loc[cells.index], on, grid_version=grid_version, moved=True)
    ended = communities["code"].isin(groups.index)
    past = communities[ended].assign(valid_to=pd.Timestamp(on))
    remaining = pd.concat([communities[~ended], united], ignore_index=True)
    return CommunityEdit(remaining, past.reset_index(drop=True), edit)


def _unite(
    communities: gpd.GeoDataFrame, groups: pd.Series, names: Mapping[str, str], on: dt.date
) -> gpd.GeoDataFrame:
    merged = []
    for code, members in groups.groupby(groups):
        rows = communities[communities["code"].isin(members.index)]
        largest = rows.loc[[rows.area.idxmax()]]
        own = rows[rows["code"] == code]
        kept = own if len(own) else largest
        united = gpd.GeoSeries([rows.union_all()], index=kept.index, crs=communities.crs)
        merged.append(
            kept.assign(
                code=str(code),
                name=names.get(str(code), kept["name"].iloc[0]),
                valid_from=pd.Timestamp(on).as_unit("us"),
                geometry=united,
            )
        )
    return pd.concat(merged, ignore_index=True)
