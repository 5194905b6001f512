"""Who answers for each cell on a date: its own accountable post, else that of its community."""

from datetime import date

import numpy as np
import pandas as pd

from gridmap.staffing.absences import acting, stand_ins_on

OWN, COMMUNITY, NOBODY = "own", "community", "nobody"
_ANSWER = [
    *("level", "post_id", "stands_in_for", "accountable", "named", "community_accountable"),
    "posts",
]


def duties_on(duties: pd.DataFrame, on: date) -> pd.DataFrame:
    """Duties in force on a date.

    Parameters
    ----------
    duties : DataFrame
        Layer ``duties``.
    on : date
        Local day. ``valid_from`` is the first day of a duty, ``valid_to`` the first day after it;
        an empty date is open.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> duties_on(toy_district()["duties"], date(2026, 1, 1)).post_id.tolist()
    ['p1', 'p1', 'p3']
    """
    day = pd.Timestamp(on)
    begun = duties["valid_from"].isna() | (duties["valid_from"] <= day)
    ended = duties["valid_to"].notna() & (duties["valid_to"] <= day)
    return duties[begun & ~ended]


def answer_for(
    cells: pd.DataFrame, duties: pd.DataFrame, on: date, absences: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Who answers for each cell on a date.

    Parameters
    ----------
    cells : DataFrame
        Cells with ``cell_id`` and ``community_code``.
    duties : DataFrame
        Layer ``duties``; ``cell_id`` is a cell or a community code.
    on : date
        Local day.
    absences : DataFrame, optional
        Layer ``absences``; default nobody is away.

    Returns
    -------
    DataFrame
        On index ``cell_id``, in the order of the cells: ``level`` (own, community or nobody),
        ``post_id`` (who answers: the first post by name where several do, one that is there
        itself before one that stands in), ``stands_in_for`` (the absent post, empty where the
        post answers for itself), ``accountable`` (accountable posts of the cell itself that are
        there or stood in for), ``named`` (those named by duties, away or not),
        ``community_accountable`` and ``posts`` (posts with any duty for the cell itself).

    Notes
    -----
    A cell's own accountable post answers, or whoever stands in for it; else the one accountable
    for its community; else nobody (MEASURES.md 1, answered for). The same post named twice for a
    cell counts once.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> found = answer_for(toy["cells"], toy["duties"], date(2026, 3, 2))
    >>> found[["level", "post_id"]].T.to_dict("list")
    {'nw': ['own', 'p1'], 'ne': ['community', 'p3'], 'sw': ['own', 'p1'], 'se': ['community', 'p3']}
    """
    now = duties_on(duties, on)
    away = {} if absences is None else stand_ins_on(absences, on)
    leading = now[now["accountable"].fillna(False)]
    leading = leading.assign(acting=acting(leading["post_id"], away))
    there = leading.dropna(subset="acting")
    own, community = cells["cell_id"].to_numpy(), cells["community_code"].to_numpy()
    heads, named = _count_posts(there, "acting"), _count_posts(leading)
    table = pd.DataFrame(index=pd.Index(own, name="cell_id"))
    table["accountable"] = heads.reindex(own, fill_value=0).to_numpy()
    table["named"] = named.reindex(own, fill_value=0).to_numpy()
    table["community_accountable"] = heads.reindex(community, fill_value=0).to_numpy()
    table["posts"] = _count_posts(now).reindex(own, fill_value=0).to_numpy()
    has_own, has_community = table["accountable"] > 0, table["community_accountable"] > 0
    table["level"] = np.select([has_own, has_community], [OWN, COMMUNITY], NOBODY)
    first = _first_post(there).reindex(np.where(has_own, own, community))
    table["post_id"] = first["acting"].astype("str").to_numpy()
    table["stands_in_for"] = first["stands_in_for"].astype("str").to_numpy()
    return table[_ANSWER]


def idle_posts(posts: pd.DataFrame, duties: pd.DataFrame, on: date) -> list[str]:
    """List the posts without any duty on a date, in the order of the posts.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> idle_posts(toy["posts"], toy["duties"], date(2025, 6, 1))
    ['p4']
    """
    busy = duties_on(duties, on)["post_id"]
    return posts["post_id"][~posts["post_id"].isin(busy)].tolist()


def load_of_posts(
    answers: pd.DataFrame,
    cells: pd.DataFrame,
    street_m: pd.Series | None = None,
    events: pd.Series | None = None,
) -> pd.DataFrame:
    """Sum up what each answering post has to look after.

    Parameters
    ----------
    answers : DataFrame
        From :func:`answer_for`.
    cells : DataFrame
        Cells with ``households`` and ``population``.
    street_m : Series, optional
        Street length of each cell [m] by ``cell_id``.
    events : Series, optional
        Events of each cell by ``cell_id``; default the column ``events`` of the cells, if they
        have one.

    Returns
    -------
    DataFrame
        On index ``post_id``: ``cells``, ``households``, ``population``, ``street_m`` and, where
        they are known, ``events``; a sum over cells none of which has a figure is empty.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> answers = answer_for(toy["cells"], toy["duties"], date(2026, 3, 2))
    >>> load_of_posts(answers, toy["cells"])["households"].to_dict()
    {'p1': 120.0, 'p3': 80.0}
    """
    by_cell = cells.set_index("cell_id")
    facts = pd.DataFrame(by_cell[["households", "population"]].reindex(answers.index))
    facts["street_m"] = np.nan if street_m is None else street_m.reindex(answers.index)
    if events is None and "events" in by_cell:
        events = pd.to_numeric(by_cell["events"], errors="coerce")
    if events is not None:
        facts["events"] = events.reindex(answers.index)
    by_post = answers["post_id"]
    load = facts.groupby(by_post).sum(min_count=1)
    load.insert(0, "cells", by_post.value_counts().reindex(load.index))
    return load


def _first_post(there: pd.DataFrame) -> pd.DataFrame:
    """First post by name that answers for each cell; who is there itself comes first."""
    instead = there["acting"] != there["post_id"]
    ordered = there.assign(instead=instead, stands_in_for=there["post_id"].where(instead))
    ordered = ordered.sort_values(["instead", "acting", "post_id"], kind="stable")
    first = ordered.drop_duplicates("cell_id").set_index("cell_id")
    return first[["acting", "stands_in_for"]]


def _count_posts(duties: pd.DataFrame, column: str = "post_id") -> pd.Series:
    return duties.groupby("cell_id")[column].nunique()
