"""Who answers for a place of a district."""

from datetime import date

import pandas as pd
import shapely

from gridmap.crs import WGS84, project
from gridmap.district import District
from gridmap.errors import InputError, MissingLayerError, name_ids
from gridmap.grid.join import assign_points
from gridmap.staffing import Answer, who_answers
from gridmap.studies.assignment import valid_cells


def answers_at(
    district: District,
    on: date,
    *,
    cell: str | None = None,
    lonlat: tuple[float, float] | None = None,
) -> Answer:
    """Who answers for a cell or a position on a day, level by level.

    Parameters
    ----------
    district : District
        With ``cells``, ``posts`` and ``duties``.
    on : date
        Local day.
    cell : str, optional
        Cell by id, code or name.
    lonlat : tuple of float, optional
        Longitude and latitude [°], WGS 84, instead.

    Raises
    ------
    InputError
        If there is no such cell, or the position lies in none.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> answers_at(toy_district(), date(2026, 3, 2), cell="South-east").post["post_id"]
    'p3'
    """
    district.needs("cells", "posts", "duties")
    cells = valid_cells(district["cells"], on)
    found = _cell_at(district, cells, lonlat) if lonlat else find_cell(cells, cell or "")
    row = cells[cells["cell_id"] == found].iloc[0]
    duties, posts, absences = (district[name] for name in ("duties", "posts", "absences"))
    return who_answers(_levels(district, row), duties, posts, absences, on)


def find_cell(cells: pd.DataFrame, told: str) -> str:
    """Id of a cell by its id, code or name.

    Raises
    ------
    InputError
        If none is called so, or several are.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> find_cell(toy_district()["cells"], "110101001002002")
    'se'
    """
    for column in ("cell_id", "code", "name"):
        hits = cells["cell_id"][cells[column] == told].tolist()
        if len(hits) == 1:
            return str(hits[0])
        if hits:
            raise InputError(
                f"Several cells are called '{told}': {name_ids(hits)}. Name one by id."
            )
    raise MissingLayerError(
        f"No cell has the id, code or name '{told}' on this day. There are {len(cells)} cells, "
        f"such as {name_ids(cells['cell_id'].head(3))}."
    )


def _cell_at(district: District, cells: pd.DataFrame, lonlat: tuple[float, float]) -> str:
    import geopandas as gpd

    lon, lat = lonlat
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(
            "Expected a longitude from -180 to 180 and a latitude from -90 to 90 in degrees."
        )
    here = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=WGS84)
    found = assign_points(project(here, district.crs, "place"), cells).iloc[0]
    if pd.isna(found):
        raise MissingLayerError("No cell of the district lies at this position on this day.")
    return str(found)


def _levels(district: District, cell: pd.Series) -> list[tuple[str, str, str]]:
    community = str(cell["community_code"])
    named = "" if pd.isna(cell["name"]) else str(cell["name"])
    levels = [("cell", str(cell["cell_id"]), named or str(cell["cell_id"]))]
    communities = district.communities
    row = communities[communities["code"] == community]
    levels.append(("community", community, str(row["name"].iloc[0]) if len(row) else community))
    if len(row) and pd.notna(row["street_code"].iloc[0]):
        street = str(row["street_code"].iloc[0])
        name = row["street_name"].iloc[0]
        levels.append(("street", street, street if pd.isna(name) else str(name)))
    code = district["boundary"]["code"].iloc[0]
    levels.append(("district", district.name if pd.isna(code) else str(code), district.name))
    return levels
