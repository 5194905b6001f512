"""Staffing as rows of the coverage table."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.district import District
from gridmap.rows import coverage_rows
from gridmap.staffing.answers import (
    COMMUNITY,
    NOBODY,
    answer_for,
    duties_on,
    idle_posts,
    load_of_posts,
)

RULE = "one accountable post per cell"
SOURCE = "GB/T 30428.1, division of unit grids: every cell is answered for"
STANDS_IN = "a post of its community answers"
ANSWERED_BY_NOBODY = "nobody answers"
DOUBLE = "more accountable posts than required"


@dataclass(frozen=True, eq=False)
class StaffingMeasures:
    """Who answers for the cells of a district on one date.

    Attributes
    ----------
    rows : DataFrame
        Rows of the coverage table: ``staffing.accountable`` and ``staffing.posts``.
    summary : dict
        ``posts``, ``cells_without_accountable`` and ``vacant``.
    answers : DataFrame
        Who answers for each cell (:func:`gridmap.staffing.answers.answer_for`).
    load : DataFrame
        What each answering post looks after.
    idle_posts : tuple of str
        Posts without any duty on the date.
    """

    rows: pd.DataFrame
    summary: dict[str, int]
    answers: pd.DataFrame
    load: pd.DataFrame
    idle_posts: tuple[str, ...]


def measure_staffing(
    district: District, on: date, *, required: int = 1, street_m: pd.Series | None = None
) -> StaffingMeasures:
    """Accountable posts of every cell on a date.

    Parameters
    ----------
    district : District
        With the layers ``cells``, ``posts`` and ``duties``.
    on : date
        Local day.
    required : int
        Accountable posts that each cell must have.
    street_m : Series, optional
        Street length of each cell [m] by ``cell_id``, for the load of posts.

    Returns
    -------
    StaffingMeasures
        ``vacant`` of the summary is Σ shortfall over the cells; ``cells_without_accountable``
        counts cells for which neither a post of their own nor one of their community answers.

    Raises
    ------
    MissingLayerError
        If a layer is missing.

    Notes
    -----
    value = accountable posts of the cell itself. As many as required: met. None, but one of the
    community: partly. None at all: missed. Fewer or more than required: partly, with the reason
    (MEASURES.md 2). The weight is the people of the cell.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = measure_staffing(toy_district(), date(2026, 3, 2))
    >>> found.summary
    {'posts': 4, 'cells_without_accountable': 0, 'vacant': 2}
    >>> found.rows.query("measure == 'staffing.accountable'").status.tolist()
    ['met', 'partly', 'met', 'partly']
    """
    district.needs("cells", "posts", "duties")
    cells, posts, duties = district["cells"], district["posts"], district["duties"]
    answers = answer_for(cells, duties, on)
    people = cells["population"].to_numpy(dtype=float)
    rows = pd.concat(
        [_accountable_rows(answers, required, people), _post_rows(answers, people)],
        ignore_index=True,
    )
    return StaffingMeasures(
        rows=rows,
        summary={
            "posts": len(posts),
            "cells_without_accountable": int((answers["level"] == NOBODY).sum()),
            "vacant": int((required - answers["accountable"]).clip(lower=0).sum()),
        },
        answers=answers,
        load=load_of_posts(answers, cells, street_m),
        idle_posts=tuple(idle_posts(posts, duties, on)),
    )


def vacant_since(district: District, on: date) -> pd.Series:
    """Day on which the last accountable duty of each vacant cell ended.

    Parameters
    ----------
    district : District
        With ``cells`` and ``duties``.
    on : date
        Local day.

    Returns
    -------
    Series of datetime64
        By ``cell_id``; only cells without an accountable post of their own, empty where they
        never had one.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> vacant_since(toy_district(), date(2026, 3, 2)).dropna().astype(str).to_dict()
    {'ne': '2026-01-01'}
    """
    duties = district["duties"]
    leading = duties[duties["accountable"].fillna(False)]
    now = duties_on(leading, on)
    past = leading[leading["valid_to"] <= pd.Timestamp(on)]
    ended = past.groupby("cell_id")["valid_to"].max()
    vacant = district["cells"]["cell_id"]
    return ended.reindex(vacant[~vacant.isin(now["cell_id"])].to_numpy())


def _accountable_rows(
    answers: pd.DataFrame, required: int, people: npt.NDArray[np.float64]
) -> pd.DataFrame:
    have = answers["accountable"].to_numpy(dtype=float)
    nobody = (answers["level"] == NOBODY).to_numpy()
    stands_in = (answers["level"] == COMMUNITY).to_numpy()
    return coverage_rows(
        answers.index,
        "staffing.accountable",
        value=have,
        required=float(required),
        unit="posts",
        status=np.select([nobody, have == required], ["missed", "met"], "partly"),
        shortfall=np.clip(required - have, 0.0, None),
        weight=people,
        reason=np.select(
            [nobody, stands_in, have > required], [ANSWERED_BY_NOBODY, STANDS_IN, DOUBLE], ""
        ),
        rule=RULE,
        source=SOURCE,
    )


def _post_rows(answers: pd.DataFrame, people: npt.NDArray[np.float64]) -> pd.DataFrame:
    return coverage_rows(
        answers.index,
        "staffing.posts",
        value=answers["posts"].to_numpy(dtype=float),
        unit="posts",
        weight=people,
    )
