"""Posts, duties and patrol requirements: who answers for which cell, with real gaps."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

CELL_ROLES = (
    ("grid_head", "street office", True),
    ("grid_member", "street office", True),
    ("grid_member", "street office", False),
    ("police", "police precinct", True),
    ("medic", "health station", False),
    ("coordinator", "community office", True),
    ("volunteer_lead", "community office", False),
    ("fire_warden", "fire brigade", False),
    ("sanitation", "city works", True),
    ("maintenance", "city works", True),
)
"""Role, organisation and full time of the posts of one cell."""
HEAD_LEFT_SHARE = 0.07
HEAD_TWICE_SHARE = 0.04
VACANT_SHARE = 0.05
STARTS_LATER_SHARE = 0.02


def make_posts(
    cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, on: date, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make posts and duties of every cell and community, some vacant, some double.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``cell_id`` and ``community_code``.
    communities : GeoDataFrame
        Communities with ``code``; the last one has nobody who answers for it as a whole.
    on : date
        Day around which duties begin and end.
    rng : Generator
        Chooses the gaps.

    Returns
    -------
    posts, duties : DataFrame
        Layers of the schema. Posts, not persons: a post has a role and an organisation.

    Notes
    -----
    About one head in fourteen has left without a successor, one cell in twenty-five has two heads,
    one post in twenty has no duty, and some duties begin after ``on``: so a study of staffing finds
    cells without anybody, cells that fall back to their community, and vacancies.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy, rng = toy_district(), np.random.default_rng(0)
    >>> posts, duties = make_posts(toy["cells"], toy.communities, date(2026, 3, 2), rng)
    >>> len(posts), posts.role.iloc[0], set(duties.post_id) <= set(posts.post_id)
    (44, 'grid_head', True)
    """
    head_left = rng.random(len(cells)) < HEAD_LEFT_SHARE
    # At least one cell has neither a head nor a community to fall back to.
    orphaned = (cells["community_code"] == communities["code"].iloc[-1]).to_numpy()
    head_left[np.flatnonzero(orphaned)[:1]] = True
    rows = [*_cell_posts(cells, head_left, on, rng), *_community_posts(communities, on)]
    table = pd.DataFrame(rows)
    posts = table[["post_id", "role", "organisation", "full_time"]]
    duties = table.loc[table["filled"], ["post_id", "cell_id", "accountable"]].assign(
        valid_from=table["valid_from"], valid_to=table["valid_to"]
    )
    twice = _second_heads(cells, duties, rng)
    duties = pd.concat([duties, twice], ignore_index=True)
    return posts.reset_index(drop=True), duties


def ask_patrols(cells: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Patrol requirements: day, evening, night across midnight, weekends, and focus cells.

    Parameters
    ----------
    cells : GeoDataFrame
        Cells with ``cell_id``; about one in ten becomes a focus cell on weekend nights.
    rng : Generator
        Chooses the focus cells.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> asked = ask_patrols(toy_district()["cells"], np.random.default_rng(0))
    >>> asked[asked.window == "night"][["cell_id", "start", "end"]].values.tolist()
    [['*', '22:00', '06:00']]
    """
    columns = ["cell_id", "window", "weekdays", "start", "end", "visits", "minutes",
               "max_freshness_min", "weight"]  # fmt: skip
    every = [
        ["*", "day", "12345", "08:00", "18:00", 2, 6, None, 1],
        ["*", "evening", "1234567", "18:00", "22:00", 1, 4, None, 1.5],
        ["*", "night", "1234567", "22:00", "06:00", 1, 3, None, 1],
        ["*", "weekend_day", "67", "10:00", "18:00", 1, 4, None, 1],
    ]
    chosen = rng.choice(cells["cell_id"], size=max(1, len(cells) // 10), replace=False)
    focus = [[one, "focus", "1567", "16:00", "24:00", 3, 10, 240, 3] for one in sorted(chosen)]
    return pd.DataFrame(every + focus, columns=columns)


def _cell_posts(
    cells: gpd.GeoDataFrame, head_left: np.ndarray, on: date, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    for n, (cell, left) in enumerate(zip(cells["cell_id"], head_left, strict=True), start=1):
        for m, (role, organisation, full_time) in enumerate(CELL_ROLES, start=1):
            head = role == "grid_head"
            vacant, later = rng.random(2) < (VACANT_SHARE, STARTS_LATER_SHARE)
            yield {
                "post_id": f"P{n:03d}-{m:02d}",
                "role": role,
                "organisation": organisation,
                "full_time": full_time,
                "cell_id": cell,
                "accountable": head,
                "filled": head or not vacant,
                "valid_from": _shift(on, 28 if later and not head else -int(rng.integers(60, 900))),
                "valid_to": _shift(on, -int(rng.integers(5, 50))) if head and left else None,
            }


def _community_posts(communities: gpd.GeoDataFrame, on: date) -> Iterator[dict[str, Any]]:
    last = communities["code"].iloc[-1]
    for n, code in enumerate(communities["code"], start=1):
        for m, role in enumerate(("community_head", "police"), start=1):
            head = role == "community_head"
            yield {
                "post_id": f"C{n:02d}-{m:02d}",
                "role": role,
                "organisation": "community office" if head else "police precinct",
                "full_time": True,
                "cell_id": code,
                "accountable": head,
                "filled": not (head and code == last),
                "valid_from": _shift(on, -700),
                "valid_to": None,
            }


def _second_heads(
    cells: gpd.GeoDataFrame, duties: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Duties by which the coordinator of a few cells answers for them beside the head."""
    size = max(1, round(HEAD_TWICE_SHARE * len(cells)))
    chosen = rng.choice(cells["cell_id"], size=size, replace=False)
    member = duties[duties["post_id"].str.endswith("-02") & duties["cell_id"].isin(chosen)]
    return member.assign(accountable=True)


def _shift(on: date, days: int) -> str:
    return (pd.Timestamp(on) + pd.Timedelta(days=days)).date().isoformat()
