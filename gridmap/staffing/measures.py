"""Staffing as rows of the coverage table."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridmap.district import District
from gridmap.rows import coverage_rows, judge
from gridmap.schema import Finding
from gridmap.staffing.absences import examine_absences
from gridmap.staffing.answers import (
    COMMUNITY,
    NOBODY,
    answer_for,
    duties_on,
    idle_posts,
    load_of_posts,
)
from gridmap.staffing.rules import ANY_ROLE, SITE_RULE, measure_rules

RULE = "one accountable post per cell"
SOURCE = "GB/T 30428.1, division of unit grids: every cell is answered for"
STANDS_IN = "a post of its community answers"
ANSWERED_BY_NOBODY = "nobody answers"
DOUBLE = "more accountable posts than required"
BY_STAND_IN = "stand-in"
ABSENT = "the accountable post is away"


@dataclass(frozen=True, eq=False)
class StaffingMeasures:
    """Who answers for the cells of a district on one date.

    Attributes
    ----------
    rows : DataFrame
        Rows of the coverage table: ``staffing.accountable``, ``staffing.posts`` and, for each
        rule for cells in the district's own layer ``staff_rules``, ``staffing.role.<role>``.
    summary : dict
        ``posts``, ``cells_without_accountable`` and ``vacant``.
    answers : DataFrame
        Who answers for each cell (:func:`gridmap.staffing.answers.answer_for`).
    load : DataFrame
        What each answering post looks after.
    idle_posts : tuple of str
        Posts without any duty on the date.
    rules : DataFrame
        Posts required, filled, vacant and double by rule and place
        (:func:`gridmap.staffing.rules.measure_rules`).
    findings : tuple of Finding
        What is doubtful in the absences.
    """

    rows: pd.DataFrame
    summary: dict[str, int]
    answers: pd.DataFrame
    load: pd.DataFrame
    idle_posts: tuple[str, ...]
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    findings: tuple[Finding, ...] = ()


def measure_staffing(
    district: District, on: date, *, required: int = 1, street_m: pd.Series | None = None
) -> StaffingMeasures:
    """Accountable posts of every cell on a date.

    Parameters
    ----------
    district : District
        With the layers ``cells``, ``posts`` and ``duties``; ``absences``, ``staff_rules`` and
        ``sites`` count where there are any.
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
    value = accountable posts of the cell itself that are there or stood in for. As many as
    required: met (with the reason ``stand-in`` where one answers). None, but one of the
    community: partly. None at all: missed. Fewer than required, or more named by duties than
    required: partly, with the reason (MEASURES.md 2). A double is a matter of duties, so an
    absence never mends it. The weight is the people of the cell. Rules that ship are only
    counted in ``rules``; those of the district's own layer are also judged cell by cell.

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
    answers = answer_for(cells, duties, on, district["absences"])
    people = cells["population"].to_numpy(dtype=float)
    rules = measure_rules(district, on)
    own_rules = rules.iloc[:0] if "staff_rules" not in district else rules
    rows = [
        _accountable_rows(answers, required, people),
        _post_rows(answers, people),
        *_role_rows(own_rules, dict(zip(cells["cell_id"], people, strict=True))),
    ]
    return StaffingMeasures(
        rows=pd.concat(rows, ignore_index=True),
        summary={
            "posts": len(posts),
            "cells_without_accountable": int((answers["level"] == NOBODY).sum()),
            "vacant": int((required - answers["accountable"]).clip(lower=0).sum()),
        },
        answers=answers,
        load=load_of_posts(answers, cells, street_m),
        idle_posts=tuple(idle_posts(posts, duties, on)),
        rules=rules,
        findings=tuple(examine_absences(district["absences"], posts, on)),
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
    named = answers["named"].to_numpy(dtype=float)
    nobody = (answers["level"] == NOBODY).to_numpy()
    falls_back = (answers["level"] == COMMUNITY).to_numpy()
    double, enough = named > required, have >= required
    return coverage_rows(
        answers.index,
        "staffing.accountable",
        value=have,
        required=float(required),
        unit="posts",
        status=np.select([nobody, enough & ~double], ["missed", "met"], "partly"),
        shortfall=np.clip(required - have, 0.0, None),
        weight=people,
        reason=_reasons(answers, nobody, falls_back, double),
        rule=RULE,
        source=SOURCE,
    )


def _reasons(
    answers: pd.DataFrame,
    nobody: npt.NDArray[np.bool_],
    falls_back: npt.NDArray[np.bool_],
    double: npt.NDArray[np.bool_],
) -> list[str]:
    """Why each status is what it is, phrase after phrase."""
    away = (answers["accountable"] < answers["named"]).to_numpy()
    instead = answers["stands_in_for"].notna().to_numpy()
    phrases = [
        np.where(away & (nobody | falls_back), ABSENT, ""),
        np.select([nobody, falls_back, double], [ANSWERED_BY_NOBODY, STANDS_IN, DOUBLE], ""),
        np.where(instead, BY_STAND_IN, ""),
    ]
    return ["; ".join(filter(None, told)) for told in zip(*phrases, strict=True)]


def _role_rows(rules: pd.DataFrame, people: dict[str, float]) -> list[pd.DataFrame]:
    """Rows for rules about cells; only those the district itself laid down."""
    cells = rules[rules["scope"] == "cell"] if len(rules) else rules
    judged = cells.dropna(subset="minimum") if len(cells) else cells
    return [
        coverage_rows(
            part["place_id"],
            f"staffing.role.{_role_name(str(role))}",
            value=part["filled"].to_numpy(dtype=float),
            required=part["minimum"].to_numpy(dtype=float),
            unit="posts",
            status=np.where(
                part["double"] > 0, "partly", judge(part["filled"].astype(float), part["minimum"])
            ),
            shortfall=part["vacant"].to_numpy(dtype=float),
            weight=part["place_id"].map(people).to_numpy(dtype=float),
            rule=f"staff rule: {_role_name(str(role))}",
            source=part["source"],
        )
        for role, part in (
            judged.drop_duplicates(["place_id", "role"]).groupby("role", sort=False)
            if len(judged)
            else ()
        )
    ]


def _role_name(role: str) -> str:
    return "any" if role == ANY_ROLE else role.removeprefix(SITE_RULE)


def _post_rows(answers: pd.DataFrame, people: npt.NDArray[np.float64]) -> pd.DataFrame:
    return coverage_rows(
        answers.index,
        "staffing.posts",
        value=answers["posts"].to_numpy(dtype=float),
        unit="posts",
        weight=people,
    )
