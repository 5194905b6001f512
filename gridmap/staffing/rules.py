"""Rules of staffing: how many posts of a role a cell, a community, the district must have."""

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap import schema
from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.reference import reference_path
from gridmap.staffing.absences import NOBODY_STANDS_IN, stand_ins_on
from gridmap.staffing.answers import duties_on

ANY_ROLE = "*"
SITE_RULE = "site:"
"""Begin of a role that counts open sites of a facility type instead of posts."""
SCOPES = ("cell", "community", "district")
RULE_COLUMNS = (
    *("scope", "place_id", "place_name", "community_code", "role", "minimum", "maximum"),
    *("filled", "away", "vacant", "double", "status", "source", "confidence"),
)


@cache
def _shipped() -> pd.DataFrame:
    table = pd.read_csv(reference_path("staff_rules.csv"), dtype="str")
    return pd.DataFrame(schema.conform(table, "staff_rules"))


def default_rules() -> pd.DataFrame:
    """Rules that ship with gridmap, each with its source and how far it can be trusted.

    Examples
    --------
    >>> default_rules().query("scope == 'community'")[["role", "minimum"]].values.tolist()
    [['site:police_room', 1.0], ['police', 1.0], ['guard', 4.0], ['coordinator', 3.0]]
    """
    return _shipped().copy()


def rules_of(district: District) -> pd.DataFrame:
    """Rules of a district: its layer ``staff_rules``, else those that ship.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> len(rules_of(toy_district())) == len(default_rules())
    True
    """
    return district["staff_rules"] if "staff_rules" in district else default_rules()


def measure_rules(district: District, on: date, rules: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count posts against every rule, place by place.

    Parameters
    ----------
    district : District
        With ``cells``, ``posts`` and ``duties``; ``absences`` and ``sites`` where there are any.
    on : date
        Local day.
    rules : DataFrame, optional
        Layer ``staff_rules``; default :func:`rules_of`.

    Returns
    -------
    DataFrame
        One row for each rule and place, columns :data:`RULE_COLUMNS`: ``filled`` (posts with a
        duty there), ``away`` (of these, absent without a stand-in), ``vacant``, ``double`` and
        ``status``.

    Raises
    ------
    InputError
        If a rule names an unknown scope, or allows fewer than it asks for.

    Notes
    -----
    filled = distinct posts of the role with a duty on the date for the cell itself; for a
    community, for it or any of its cells; for the district, anywhere. vacant = max(0, minimum −
    filled), double = max(0, filled − maximum). Met: neither. Missed: some are asked for and
    there is none. Partly: the rest (MEASURES.md 2). An absence leaves a post filled: it is away,
    not vacant.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> found = measure_rules(toy_district(), date(2026, 3, 2))
    >>> found.query("role == 'grid_head'")[["place_id", "filled", "vacant"]].values.tolist()
    [['nw', 1, 0], ['ne', 0, 1], ['sw', 1, 0], ['se', 0, 1]]
    """
    told = rules_of(district) if rules is None else rules
    _check_rules(told)
    places = _places(district)
    seen = _posts_at_places(district, on)
    parts = [_apply(rule, places, seen, district, on) for rule in told.to_dict("records")]
    if not parts:
        return pd.DataFrame(columns=list(RULE_COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(RULE_COLUMNS)]


def sum_rules(measured: pd.DataFrame) -> pd.DataFrame:
    """Sum up the places of each rule.

    Returns
    -------
    DataFrame
        One row for each rule, worst first: ``scope``, ``role``, ``minimum``, ``maximum``,
        ``places``, ``met``, ``filled``, ``away``, ``vacant``, ``double``, ``source`` and
        ``confidence``.

    Examples
    --------
    >>> from gridmap.samples import toy_district
    >>> table = sum_rules(measure_rules(toy_district(), date(2026, 3, 2)))
    >>> table.query("role == 'grid_head'")[["places", "met", "vacant"]].values.tolist()
    [[4, 2, 2]]
    """
    by = ["scope", "role", "minimum", "maximum", "source", "confidence"]
    counted = measured.assign(met=measured["status"] == "met", places=1)
    sums = counted.groupby(by, dropna=False, sort=False)[
        ["places", "met", "filled", "away", "vacant", "double"]
    ].sum()
    return sums.reset_index().sort_values(["vacant", "double"], ascending=False, kind="stable")


def _check_rules(rules: pd.DataFrame) -> None:
    strange = rules["scope"][~rules["scope"].isin(SCOPES)]
    if len(strange):
        raise InputError(
            f"Layer 'staff_rules': scope expects one of {', '.join(SCOPES)}; found "
            f"{name_ids(strange.unique())}. Correct these rows."
        )
    crossed = rules[rules["maximum"] < rules["minimum"]]
    if len(crossed):
        raise InputError(
            f"Layer 'staff_rules': the maximum lies under the minimum for {name_ids(crossed.role)}."
            " Exchange the two, or leave one empty."
        )


def _places(district: District) -> dict[str, pd.DataFrame]:
    cells, communities = district["cells"], district.communities
    named = cells[["cell_id", "name", "community_code"]].set_axis(
        ["place_id", "place_name", "community_code"], axis=1
    )
    groups = pd.DataFrame({"place_id": communities["code"], "place_name": communities["name"]})
    whole = pd.DataFrame({"place_id": [_district_code(district)], "place_name": [district.name]})
    return {
        "cell": pd.DataFrame(named),
        "community": groups.assign(community_code=groups["place_id"]),
        "district": whole.assign(community_code=None),
    }


def _district_code(district: District) -> str:
    code = district["boundary"]["code"].iloc[0]
    return district.name if pd.isna(code) else str(code)


def _posts_at_places(district: District, on: date) -> pd.DataFrame:
    """Find posts with a duty on the day: role, cell named, community it lies in, whether away."""
    now = duties_on(district["duties"], on)[["post_id", "cell_id"]]
    roles = district["posts"].set_index("post_id")["role"]
    belongs = district["cells"].set_index("cell_id")["community_code"]
    away = stand_ins_on(district["absences"], on)
    gone = [post for post, instead in away.items() if instead == NOBODY_STANDS_IN]
    return now.assign(
        role=now["post_id"].map(roles),
        community=now["cell_id"].map(belongs).fillna(now["cell_id"]),
        away=now["post_id"].isin(gone),
    )


def _apply(
    rule: dict[Any, Any],
    places: dict[str, pd.DataFrame],
    seen: pd.DataFrame,
    district: District,
    on: date,
) -> pd.DataFrame:
    scope, role = str(rule["scope"]), str(rule["role"])
    table = places[scope].copy()
    if role.startswith(SITE_RULE):
        counts = _count_sites(district, scope, role.removeprefix(SITE_RULE), on)
    else:
        counts = _count_at(seen[seen["role"] == role] if role != ANY_ROLE else seen, scope)
    if scope == "district":
        counts = counts.set_axis(table["place_id"])
    found = counts.reindex(table["place_id"], fill_value=0)
    table["filled"], table["away"] = found["filled"].to_numpy(), found["away"].to_numpy()
    low, high = float(rule["minimum"]), float(rule["maximum"])
    filled = table["filled"].to_numpy()
    table["vacant"] = np.clip(np.ceil(np.nan_to_num(low, nan=0.0)) - filled, 0, None).astype(int)
    table["double"] = (
        np.zeros(len(table), int) if np.isnan(high) else np.clip(filled - high, 0, None).astype(int)
    )
    short, double = table["vacant"] > 0, table["double"] > 0
    table["status"] = np.select(
        [short & (filled == 0), short | double], ["missed", "partly"], "met"
    )
    return table.assign(**{name: rule[name] for name in _OF_RULE})


_OF_RULE = ("scope", "role", "minimum", "maximum", "source", "confidence")


def _count_at(seen: pd.DataFrame, scope: str) -> pd.DataFrame:
    if scope == "district":
        each = seen.drop_duplicates("post_id").assign(place=0)
        return _counted(each, "place").reindex([0], fill_value=0)
    place = "cell_id" if scope == "cell" else "community"
    each = seen.drop_duplicates(["post_id", place])
    return _counted(each, place)


def _counted(each: pd.DataFrame, place: str) -> pd.DataFrame:
    grouped = each.groupby(place)["away"]
    return pd.DataFrame({"filled": grouped.size(), "away": grouped.sum()}).astype(int)


def _count_sites(district: District, scope: str, kind: str, on: date) -> pd.DataFrame:
    """Open sites of a type in each place; a site stands where its representative point lies."""
    sites, day = district["sites"], pd.Timestamp(on)
    closed = (sites["closed_on"] <= day) | (sites["opened_on"] > day)
    there = sites[(sites["type"] == kind) & ~closed & ~sites["proposed"].fillna(False)]
    if scope == "district":
        return pd.DataFrame({"filled": [len(there)], "away": [0]})
    if "community_code" in there:  # a database knows the place of each site
        told = there["cell_id" if scope == "cell" else "community_code"].value_counts()
        return pd.DataFrame({"filled": told, "away": 0})
    frame = district["cells"] if scope == "cell" else district.communities
    names = frame["cell_id" if scope == "cell" else "code"].to_numpy()
    points = shapely.point_on_surface(there.geometry.to_numpy())
    site, place = shapely.STRtree(frame.geometry.to_numpy()).query(points, predicate="intersects")
    first = pd.Series(place).groupby(site).min()
    filled = pd.Series(names[first.to_numpy()]).value_counts()
    return pd.DataFrame({"filled": filled, "away": 0})
