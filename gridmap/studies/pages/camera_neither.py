"""Ground that neither a camera sees nor a person was at, by key period: a layer of the map."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Connection

from gridmap.coverage.combine import PRESENCE, combine_presence
from gridmap.store import reads
from gridmap.studies.pages.camera_layers import Measured

STEPS = ("unknown", "partly", "some", "most", "always")
"""How often nobody was there: it is not known; there, but too short; in some windows; in half of
them or more; in all that were due."""


def period_names(connection: Connection, district_id: int) -> list[str]:
    """Names of the key periods in which patrol is due, in their order of hours."""
    due = reads.read_requirements(connection, district_id)
    return [str(one) for one in due.sort_values("start", kind="stable")["window"].unique()]


def neither_shapes(
    connection: Connection, district_id: int, measured: Measured, period: str = ""
) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    """Blind spots of the cells in which patrol was missed, in one key period or in all.

    Parameters
    ----------
    connection : Connection
        In the scope of a reader who may see patrol.
    district_id : int
    measured : Measured
        Cameras on the terms of the page.
    period : str
        Name of a key period; empty for all.

    Returns
    -------
    shapes : ndarray of Geometry
        Ground that no camera sees.
    facts : DataFrame
        cell_id, step (one of :data:`STEPS`), due and missed (windows), of each.
    """
    patrol = reads.read_coverage(connection, district_id, measure=PRESENCE)
    named = patrol["window"].fillna("").str.partition("@")[0]
    patrol = patrol[named == period] if period else patrol
    rows = measured.measures.rows.assign(window="")
    both = pd.concat([patrol[rows.columns.intersection(patrol.columns)], rows], ignore_index=True)
    steps = often_missed(combine_presence(both))
    spots = measured.measures.blind_spots
    shown = spots["cell_id"].isin(steps.index).to_numpy()
    facts = steps.reindex(spots["cell_id"][shown]).reset_index(names="cell_id")
    return np.asarray(spots.geometry, dtype=object)[shown], facts


def often_missed(combined: pd.DataFrame) -> pd.DataFrame:
    """How often nobody was in a cell that cameras do not see whole.

    Parameters
    ----------
    combined : DataFrame
        From :func:`gridmap.coverage.combine.combine_presence`.

    Returns
    -------
    DataFrame
        On cell_id: step, due, missed. Cells that are covered in every window are not there.

    Examples
    --------
    >>> table = pd.DataFrame({"cell_id": ["a", "a", "b", "c"],
    ...     "status": ["uncovered", "covered", "unknown", "covered"],
    ...     "patrol": ["missed", "met", "unknown", "met"]})
    >>> often_missed(table)[["step", "due", "missed"]].reset_index().values.tolist()
    [['a', 'most', 2, 1], ['b', 'unknown', 1, 0]]
    """
    open_ = combined["status"] != "covered"
    flags = pd.DataFrame(
        {
            "cell_id": combined["cell_id"],
            "due": 1,
            "missed": (open_ & (combined["patrol"] == "missed")).astype(int),
            "partly": (open_ & (combined["patrol"] == "partly")).astype(int),
            "open": open_.astype(int),
        }
    )
    count = flags.groupby("cell_id").sum()
    count = count[count["open"] > 0]
    share = count["missed"] / count["due"]
    step = np.select(
        [share >= 1, share >= 0.5, share > 0, count["partly"] > 0],
        [STEPS[4], STEPS[3], STEPS[2], STEPS[1]],
        STEPS[0],
    )
    return count.assign(step=step)[["step", "due", "missed"]]
