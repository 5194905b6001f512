"""The one coverage table: rows of all dimensions, checked, sorted, in the columns of the schema."""

from collections.abc import Mapping

import pandas as pd

from gridmap import schema
from gridmap.errors import InputError, name_ids

KEY = ("cell_id", "dimension", "measure", "window")
"""What one row of the coverage table is about; never twice."""
DIMENSIONS = ("staffing", "services", "patrol", "cameras", "standards")
"""Dimensions in the order in which they are shown."""


def gather(rows: Mapping[str, pd.DataFrame], cells: pd.DataFrame) -> pd.DataFrame:
    """Coverage table from the rows of each dimension.

    Parameters
    ----------
    rows : mapping of str to DataFrame
        Rows as :func:`gridmap.rows.coverage_rows` makes them, by dimension.
    cells : DataFrame
        Cells with ``cell_id`` and ``grid_version``.

    Returns
    -------
    DataFrame
        Columns of the table ``coverage`` of the schema, sorted by dimension, measure, window and
        cell. ``window`` is never null; an empty ``reason``, ``rule`` or ``source`` is. A row
        that asks for nothing names no rule and no source: they say who asked.

    Raises
    ------
    InputError
        If a cell is unknown, a row is there twice, or a word is not one of the schema; every
        fault is named.

    Examples
    --------
    >>> from gridmap.rows import coverage_rows
    >>> from gridmap.samples import toy_district
    >>> rows = coverage_rows(["se", "nw"], "staffing.posts", value=[0, 1], unit="posts")
    >>> table = gather({"staffing": rows}, toy_district()["cells"])
    >>> table[["cell_id", "grid_version", "dimension", "value"]].values.tolist()
    [['nw', 'toy-1', 'staffing', 1.0], ['se', 'toy-1', 'staffing', 0.0]]
    """
    parts = [part.assign(dimension=name) for name, part in rows.items()]
    if not parts:
        return schema.empty("coverage")
    table = pd.concat(parts, ignore_index=True)
    version = cells.drop_duplicates("cell_id").set_index("cell_id")["grid_version"]
    table["grid_version"] = version.reindex(table["cell_id"]).to_numpy()
    text = [column.name for column in _text_columns()]
    table[text] = table[text].astype("str").mask(table[text] == "")
    table["window"] = table["window"].fillna("")
    asked = table["required"].notna()
    table[["rule", "source"]] = table[["rule", "source"]].where(asked, other=None)
    _check(table, cells)
    table = table.sort_values(["dimension", "measure", "window", "cell_id"], ignore_index=True)
    return table[list(schema.layer("coverage").columns)]


def _text_columns() -> list[schema.Column]:
    return [one for one in schema.layer("coverage").columns.values() if one.type == "text"]


def _check(table: pd.DataFrame, cells: pd.DataFrame) -> None:
    faults = []
    if (stray := ~table["cell_id"].isin(cells["cell_id"])).any():
        faults.append(f"rows for cells that the district does not have: {_name(table[stray])}")
    if (twice := table.duplicated(list(KEY), keep=False)).any():
        faults.append(f"more than one row for the same measure: {_name(table[twice])}")
    for column in _text_columns():
        wrong = ~table[column.name].isin(column.choices)
        if column.choices and wrong.any():
            faults.append(
                f"{column.name} expects one of {', '.join(column.choices)}, found "
                f"{name_ids(table[column.name][wrong].unique())}"
            )
    if faults:
        raise InputError("The coverage table cannot be gathered: " + "; ".join(faults) + ".")


def _name(rows: pd.DataFrame) -> str:
    return name_ids((rows["cell_id"] + " " + rows["measure"] + " " + rows["window"]).str.strip())
