"""Who is away on a date, and which post stands in: chains followed to their end."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from gridmap.schema import Finding, Severity

NOBODY_STANDS_IN = ""
"""What :func:`stand_ins_on` says of an absent post for which nobody is there."""


def absences_on(absences: pd.DataFrame, on: date) -> pd.DataFrame:
    """Absences in force on a date.

    Parameters
    ----------
    absences : DataFrame
        Layer ``absences``; ``from`` is the first day away, ``to`` the first day back, an empty
        ``to`` is open.
    on : date
        Local day.

    Examples
    --------
    >>> away = pd.DataFrame({"post_id": ["p1"], "from": ["2026-03-02"], "to": ["2026-03-05"]})
    >>> away = away.assign(**{"from": pd.to_datetime(away["from"]), "to": pd.to_datetime(away.to)})
    >>> [len(absences_on(away, date(2026, 3, day))) for day in (1, 2, 4, 5)]
    [0, 1, 1, 0]
    """
    day = pd.Timestamp(on)
    back = absences["to"].notna() & (absences["to"] <= day)
    return absences[(absences["from"] <= day) & ~back]


def stand_ins_on(absences: pd.DataFrame, on: date) -> dict[str, str]:
    """Post that acts for each absent post on a date.

    Parameters
    ----------
    absences : DataFrame
        Layer ``absences``.
    on : date
        Local day.

    Returns
    -------
    dict of str to str
        Absent post → the post that is there in its place; :data:`NOBODY_STANDS_IN` where nobody
        is named, or the chain of stand-ins ends in an absent post or comes back to itself.

    Notes
    -----
    A stand-in that is itself away is stood in for by its own stand-in, and so on. Of several
    absences of one post on the day, the first with a stand-in counts (by ``from``, then the
    stand-in's name).

    Examples
    --------
    >>> day = pd.Timestamp(2026, 3, 2)
    >>> away = pd.DataFrame(
    ...     {"post_id": ["a", "b", "x", "y"], "stand_in_post_id": ["b", "c", "y", "x"]}
    ... ).assign(**{"from": day, "to": pd.NaT})
    >>> stand_ins_on(away, date(2026, 3, 2))
    {'a': 'c', 'b': 'c', 'x': '', 'y': ''}
    """
    named = _named_stand_ins(absences_on(absences, on))
    return {post: _follow(post, named) for post in named}


def acting(posts: pd.Series, standing_in: Mapping[str, str]) -> pd.Series:
    """Post that is there for each post named; empty where the post is away without a stand-in.

    Examples
    --------
    >>> acting(pd.Series(["p1", "p2", "p3"]), {"p1": "p9", "p2": ""}).fillna("-").tolist()
    ['p9', '-', 'p3']
    """
    if not standing_in:
        return posts
    there = posts.map(standing_in).where(posts.isin(list(standing_in)), posts)
    return there.where(there != NOBODY_STANDS_IN)


def examine_absences(absences: pd.DataFrame, posts: pd.DataFrame, on: date) -> list[Finding]:
    """Find what is doubtful in the absences: circles, overlaps, posts that are not there.

    Examples
    --------
    >>> day = pd.Timestamp(2026, 3, 2)
    >>> away = pd.DataFrame({"post_id": ["p1"], "stand_in_post_id": ["p1"]})
    >>> away = away.assign(**{"from": day, "to": pd.NaT})
    >>> [one.rule for one in examine_absences(away, pd.DataFrame({"post_id": ["p1"]}), day.date())]
    ['stand_in_circle']
    """
    if absences.empty:
        return []
    now = absences_on(absences, on)
    named = _named_stand_ins(now)
    circles = sorted(post for post in named if _runs_in_a_circle(post, named))
    doubled = now["post_id"][now["post_id"].duplicated()].unique()
    backwards = absences[absences["to"].notna() & (absences["to"] <= absences["from"])]
    known = set(posts["post_id"])
    stand_ins = absences["stand_in_post_id"].dropna()
    strangers = [*absences["post_id"], *stand_ins]
    strange = sorted({one for one in strangers if one not in known})
    found: list[tuple[Sequence[str], str, Severity, str, str]] = [
        (circles, "stand_in_circle", "warning",
         f"the stand-ins of {len(circles)} absent posts stand in for each other: nobody is there",
         "Name a post that is there on these days."),
        (doubled.tolist(), "overlapping_absences", "note",
         f"{len(doubled)} posts have two absences on {on.isoformat()}; the first with a stand-in "
         "counts", "End one of the two."),
        (backwards["post_id"].tolist(), "ends_before_it_begins", "error",
         f"the first day back must lie after the first day away; it does not in {len(backwards)} "
         "rows", "Correct one of the two, or leave 'to' empty."),
        (strange, "unknown_post", "error",
         f"{len(strange)} posts are not in layer 'posts'", "Add the post, or correct its id."),
    ]  # fmt: skip
    return [
        Finding(rule, severity, "absences", tuple(ids), text, remedy)
        for ids, rule, severity, text, remedy in found
        if len(ids)
    ]


def _named_stand_ins(now: pd.DataFrame) -> dict[str, str]:
    """Each absent post with the stand-in it names, empty where it names none."""
    ordered = now.assign(none=now["stand_in_post_id"].isna()).sort_values(
        ["post_id", "none", "from", "stand_in_post_id"], kind="stable"
    )
    first = ordered.drop_duplicates("post_id")
    stand_in = np.where(first["none"], NOBODY_STANDS_IN, first["stand_in_post_id"].astype("str"))
    return dict(zip(first["post_id"], stand_in.tolist(), strict=True))


def _follow(post: str, named: Mapping[str, str]) -> str:
    """End of the chain of stand-ins; nobody where it comes back to a post already passed."""
    passed = set()
    while post in named:
        if post in passed:
            return NOBODY_STANDS_IN
        passed.add(post)
        post = named[post]
    return post


def _runs_in_a_circle(post: str, named: Mapping[str, str]) -> bool:
    start, steps = post, 0
    while post in named and steps <= len(named):
        post, steps = named[post], steps + 1
        if post == start:
            return True
    return False
