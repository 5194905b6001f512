"""Numbers of cells inside their community, and the codes made of them (DB11/T 2157)."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.errors import InputError, name_ids

COMMUNITY_DIGITS = 12
"""Digits of a community code: 6 county, 3 street, 3 community."""
SERIAL_DIGITS = 3
"""Digits of the serial of a cell inside its community."""


def number_cells(cells: pd.DataFrame, row: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Count the cells of every community from west to east, north to south.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``community_code`` in a metric CRS.
    row : array-like of int
        Row of each cell, counted from the north.

    Returns
    -------
    ndarray of int
        From 1 in each community.

    Notes
    -----
    The rule of DB11/T 2157 reads "west to east, north to south": rows are taken from north to
    south and, in each row, cells from west to east by their inner point (MEASURES.md 1).

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> cells = toy_district()["cells"]
    >>> dict(zip(cells.cell_id, number_cells(cells, rows_of(cells)).tolist()))
    {'nw': 1, 'ne': 1, 'sw': 2, 'se': 2}
    """
    inner = cells.geometry.representative_point()
    table = pd.DataFrame(
        {
            "community": cells["community_code"].to_numpy(),
            "row": np.asarray(row),
            "x": inner.x.to_numpy(),
            "south": -inner.y.to_numpy(),
        }
    )
    ordered = table.sort_values(["community", "row", "x", "south"], kind="stable")
    serial = ordered.groupby("community").cumcount() + 1
    return np.asarray(serial.sort_index(), dtype=np.int64)


def rows_of(cells: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Row of each cell from the north, for cells that follow no regular pattern.

    Notes
    -----
    Rows are bands as high as the side of a square of the community's mean cell area, counted
    southwards from its northernmost point; a cell lies in the band of its inner point.
    """
    community = cells["community_code"].to_numpy()
    bounds = cells.geometry.bounds
    top = bounds["maxy"].groupby(community).transform("max").to_numpy()
    height_m = np.sqrt(cells.geometry.area.groupby(community).transform("mean").to_numpy())
    y = cells.geometry.representative_point().y.to_numpy()
    return np.asarray(np.floor((top - y) / height_m)).astype(np.int64)


def code_cells(
    community_code: pd.Series, serial: npt.NDArray[np.int64], digits: int = SERIAL_DIGITS
) -> pd.DataFrame:
    """Give every cell its identifier and official code.

    Parameters
    ----------
    community_code : Series of str
        Community of each cell.
    serial : ndarray of int
        Number of each cell inside its community.
    digits : int
        Digits of the serial.

    Returns
    -------
    DataFrame
        ``cell_id`` and ``code`` on the index of the input. Where a community code is not made
        of 1 to 12 digits, or filling it up would make two communities the same, the identifier
        is the community code, a dash and the serial, and ``code`` is empty.

    Raises
    ------
    InputError
        If a community has more cells than the serial can count; names the communities.

    Examples
    --------
    >>> code_cells(pd.Series(["320102", "Töölö"]), np.array([1, 2])).values.tolist()
    [['320102000000001', '320102000000001'], ['Töölö-002', nan]]
    """
    crowded = community_code[serial >= 10**digits].unique()
    if len(crowded):
        raise InputError(
            f"A cell code counts up to {10**digits - 1} cells in a community; there are more in "
            f"{name_ids(crowded)}. Use larger cells, or --serial-digits {digits + 1}."
        )
    known = pd.Series(community_code.unique())
    filled = known.str.ljust(COMMUNITY_DIGITS, "0")
    official = known.map(is_official) & ~filled.duplicated(keep=False)
    prefix = community_code.map(dict(zip(known, filled.where(official), strict=True)))
    tail = pd.Series(serial, index=community_code.index).astype("str").str.zfill(digits)
    code = prefix.astype("str") + tail
    return pd.DataFrame({"cell_id": code.fillna(community_code + "-" + tail), "code": code})


def is_official(community_code: str) -> bool:
    """Whether a community code is digits that a cell code can begin with.

    Examples
    --------
    >>> is_official("320102"), is_official("Töölö")
    (True, False)
    """
    digits = community_code.isascii() and community_code.isdigit()
    return digits and len(community_code) <= COMMUNITY_DIGITS
