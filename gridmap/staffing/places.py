"""Who answers for one place on a date, level by level: cell, community, street, district."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from gridmap.staffing.absences import NOBODY_STANDS_IN, stand_ins_on
from gridmap.staffing.answers import duties_on

LEVELS = ("cell", "community", "street", "district")
"""Levels at which a post may answer, the nearest first."""


@dataclass(frozen=True)
class Level:
    """One level of a place.

    Attributes
    ----------
    level : str
        One of :data:`LEVELS`.
    place_id, name : str
        What duties call the place, and what people call it.
    posts : tuple of mapping
        Posts with a duty for it, accountable ones first: ``post_id``, ``role``, ``organisation``,
        ``full_time``, ``accountable``, ``valid_from``, ``valid_to``, ``away`` and ``stand_in``
        (``post_id``, ``role``, ``organisation`` of the post that acts for it, or None).
    """

    level: str
    place_id: str
    name: str
    posts: tuple[Mapping[str, Any], ...] = ()

    @property
    def accountable(self) -> Mapping[str, Any] | None:
        """The accountable post that is there, else the first that is stood in for, else None."""
        leading = [post for post in self.posts if post["accountable"]]
        there = [post for post in leading if not post["away"]]
        relieved = [post for post in leading if post["away"] and post["stand_in"]]
        return next(iter(there + relieved), None)


@dataclass(frozen=True)
class Answer:
    """Who answers for a place on a day.

    Attributes
    ----------
    on : date
        The local day.
    levels : tuple of Level
        From the cell to the district.
    """

    on: date
    levels: tuple[Level, ...] = field(default_factory=tuple)

    @property
    def answering_level(self) -> Level | None:
        """First level at which an accountable post is there or stood in for."""
        return next((one for one in self.levels if one.accountable), None)

    @property
    def post(self) -> Mapping[str, Any] | None:
        """The post that answers: the accountable one, or its stand-in where it is away."""
        level = self.answering_level
        told = level.accountable if level else None
        if told is None:
            return None
        stand_in: Mapping[str, Any] | None = told["stand_in"]
        return stand_in if told["away"] and stand_in else told


def who_answers(
    levels: Sequence[tuple[str, str, str]],
    duties: pd.DataFrame,
    posts: pd.DataFrame,
    absences: pd.DataFrame,
    on: date,
) -> Answer:
    """Who answers for a place on a day, level by level.

    Parameters
    ----------
    levels : sequence of (level, place_id, name)
        The place from the cell upwards; duties name it by ``place_id``.
    duties, posts, absences : DataFrame
        Layers of the district.
    on : date
        Local day.

    Notes
    -----
    The accountable post of the nearest level answers; where it is away, its stand-in; where there
    is none, the next level (MEASURES.md 1, answered for).

    Examples
    --------
    >>> from gridmap.samples import EAST, toy_district
    >>> toy = toy_district()
    >>> places = [("cell", "ne", "North-east"), ("community", EAST, "East")]
    >>> layers = toy["duties"], toy["posts"], toy["absences"]
    >>> found = who_answers(places, *layers, date(2026, 3, 2))
    >>> found.answering_level.level, found.post["post_id"], found.post["role"]
    ('community', 'p3', 'community_head')
    """
    wanted = [place for _, place, _ in levels]
    now = duties_on(duties[duties["cell_id"].isin(wanted)], on)
    away = stand_ins_on(absences, on)
    asked = {*now["post_id"], *away.values()}
    known = posts[posts["post_id"].isin(list(asked))].set_index("post_id").to_dict("index")
    found: dict[str, list[dict[str, Any]]] = {}
    for duty in now.to_dict("records"):
        told = {str(name): value for name, value in duty.items()}
        found.setdefault(told["cell_id"], []).append(_post(told, known, away))
    return Answer(
        on,
        tuple(
            Level(level, place, name, tuple(_ordered(found.get(place, []))))
            for level, place, name in levels
        ),
    )


def _post(
    duty: Mapping[str, Any], known: Mapping[Any, Mapping[Any, Any]], away: Mapping[str, str]
) -> dict[str, Any]:
    post_id = str(duty["post_id"])
    instead = away.get(post_id, NOBODY_STANDS_IN)
    return {
        **_facts(post_id, known),
        "accountable": bool(_or_none(duty["accountable"])),
        "valid_from": _day(duty["valid_from"]),
        "valid_to": _day(duty["valid_to"]),
        "away": post_id in away,
        "stand_in": _facts(instead, known) if instead else None,
    }


def _facts(post_id: str, known: Mapping[Any, Mapping[Any, Any]]) -> dict[str, Any]:
    told = known.get(post_id, {})
    names = ("role", "organisation", "full_time")
    return {"post_id": post_id, **{name: _or_none(told.get(name)) for name in names}}


def _or_none(value: Any) -> Any:
    return None if value is None or pd.isna(value) else value


def _day(value: Any) -> date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()


def _ordered(posts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accountable posts first, each post once with its weightiest duty."""
    ordered = sorted(posts, key=lambda one: (not one["accountable"], one["post_id"]))
    return list({one["post_id"]: one for one in reversed(ordered)}.values())[::-1]
