"""Facts as rows that a file or the database can keep, and back."""

import json
from typing import Any

import numpy as np
import pandas as pd

from gridmap.standards.facts import Facts


def write_facts(facts: Facts) -> pd.DataFrame:
    """Facts as rows that a file or the database can keep.

    Returns
    -------
    DataFrame
        ``level``, ``unit_id``, ``unit_name``, ``facts`` (JSON without what is unknown) and
        ``doubts`` (JSON, the same in each row of the district).

    Examples
    --------
    >>> write_facts(Facts.of_table("community", pd.DataFrame({"rooms": [6]}, index=["a"]))).facts[0]
    '{"rooms": 6.0}'
    """
    doubts = json.dumps(facts.doubts, ensure_ascii=False)
    rows = [
        {
            "level": level,
            "unit_id": str(unit_id),
            "unit_name": str(facts.names[level].get(unit_id, unit_id)),
            "facts": json.dumps(
                {name: value for name, value in row.items() if not np.isnan(value)},
                ensure_ascii=False,
            ),
            "doubts": doubts if level == "district" else "{}",
        }
        for level, table in facts.tables.items()
        for unit_id, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    return pd.DataFrame(rows, columns=["level", "unit_id", "unit_name", "facts", "doubts"])


def read_facts(rows: pd.DataFrame, parents: pd.DataFrame, people: pd.Series) -> Facts:
    """Facts of rows that :func:`write_facts` made.

    Parameters
    ----------
    rows : DataFrame
        From :func:`write_facts`; JSON as text or already read.
    parents : DataFrame
        On ``cell_id``: ``cell``, ``community``, ``street`` and ``district``.
    people : Series
        People of each cell on ``cell_id``.

    Examples
    --------
    >>> from datetime import date
    >>> from gridmap.samples import toy_district
    >>> from gridmap.standards.facts import LEVELS, gather_facts
    >>> facts = gather_facts(toy_district(), date(2026, 3, 2))
    >>> again = read_facts(write_facts(facts), facts.parents, facts.people)
    >>> all(again.tables[level].equals(facts.tables[level][again.tables[level].columns])
    ...     for level in LEVELS)
    True
    """
    tables: dict[str, pd.DataFrame] = {}
    names: dict[str, pd.Series] = {}
    doubts: dict[str, tuple[str, str]] = {}
    for level, part in rows.groupby("level", sort=False):
        known = [_json(one) for one in part["facts"]]
        ids = pd.Index(part["unit_id"].to_numpy(dtype=object))
        tables[str(level)] = pd.DataFrame(known, index=ids, dtype="float64")
        names[str(level)] = pd.Series(part["unit_name"].to_numpy(dtype=object), index=ids)
        doubts |= {
            name: (str(told[0]), str(told[1]))
            for one in part["doubts"]
            for name, told in _json(one).items()
        }
    return Facts(tables, names, parents, people, doubts)


def _json(text: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text) if isinstance(text, str) else text
    return read
