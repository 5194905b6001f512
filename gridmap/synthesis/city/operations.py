"""Who works in the city: posts and duties, cameras, and the rounds of a day."""

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridmap.synthesis.city.city import Ground
from gridmap.synthesis.city.plan import Ints
from gridmap.synthesis.city.roads import URBAN_PER_M2
from gridmap.synthesis.patrols import SPEED_MPS, lay_fixes, report_track, walk_beat
from gridmap.synthesis.places import aim_cameras
from gridmap.synthesis.staff import CELL_ROLES, HEAD_LEFT_SHARE, STARTS_LATER_SHARE, VACANT_SHARE
from gridmap.synthesis.streets import link_streets, usable

COMMUNITY_ROLES = ("community_head", "police", "police", "guard", "guard", "guard", "guard",
                   "coordinator", "coordinator", "coordinator")  # fmt: skip
"""Posts of every community."""
_ORGANISATIONS = {
    "street office": "街道办事处", "police precinct": "派出所", "health station": "卫生服务站",
    "community office": "社区居委会", "fire brigade": "消防救援站", "city works": "城市管理所",
}  # fmt: skip
_COMMUNITY_ORGANISATION = {"police": "派出所", "guard": "社区警务室"}
_HEAD_TWICE_SHARE = 0.01
_NO_COMMUNITY_HEAD_SHARE = 0.03
CAMERAS_PER_CELL = 0.7
_OPERATORS = ("区公安分局", "公交集团", "街道办事处", "物业公司")
_PURPOSES = ("公共安全", "交通管理", "出入口管理", "物业安全")
_ASIDE_M = 5.0
MOST_UNITS = 300
"""Patrol units that report unless more are asked for."""
_MODES = ("foot", "foot", "foot", "bike", "car")
_INTERVALS_S = (10, 20, 30, 60)
_BEGINS = (7.5, 8.0, 15.5, 22.0)
_LENGTH_S = 8 * 3600


def make_posts(
    ground: Ground, on: date, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ten posts for every cell and every community, and their duties; some vacant, some double.

    Parameters
    ----------
    ground : Ground
        The city.
    on : date
        Day around which duties begin and end.
    rng : Generator
        Chooses the gaps.

    Notes
    -----
    The gaps are those of :func:`gridmap.synthesis.staff.make_posts`, made with arrays.
    """
    of_cells = _cell_posts(ground.layers["cells"], on, rng)
    of_communities = _community_posts(ground.layers["communities"], on, rng)
    table = pd.concat([of_cells, of_communities], ignore_index=True)
    posts = table[["post_id", "role", "organisation", "full_time"]]
    duties = table.loc[table["filled"], ["post_id", "cell_id", "accountable", "valid_from",
                                         "valid_to"]]  # fmt: skip
    deputy = duties[duties["post_id"].str.endswith("-02")]
    deputy = deputy[rng.random(len(deputy)) < _HEAD_TWICE_SHARE]
    twice = deputy.assign(accountable=True)
    return posts.copy(), pd.concat([duties, twice], ignore_index=True)


def _cell_posts(cells: gpd.GeoDataFrame, on: date, rng: np.random.Generator) -> pd.DataFrame:
    roles = pd.DataFrame(list(CELL_ROLES), columns=["role", "organisation", "full_time"])
    each, size = len(roles), len(cells) * len(roles)
    role = roles.iloc[np.tile(np.arange(each), len(cells))].reset_index(drop=True)
    head = (role["role"] == "grid_head").to_numpy()
    left = np.repeat(rng.random(len(cells)) < HEAD_LEFT_SHARE, each) & head
    later = (rng.random(size) < STARTS_LATER_SHARE) & ~head
    since = np.where(later, 28, -rng.integers(60, 900, size))
    until = np.where(left, -rng.integers(5, 50, size), 0)
    return role.assign(
        post_id=_numbered("P", len(cells), each, 6),
        organisation=role["organisation"].map(_ORGANISATIONS),
        cell_id=cells["cell_id"].to_numpy().repeat(each),
        accountable=head,
        filled=head | (rng.random(size) >= VACANT_SHARE),
        valid_from=_days(on, since),
        valid_to=np.where(left, _days(on, until), np.datetime64("NaT")),
    )


def _community_posts(
    communities: gpd.GeoDataFrame, on: date, rng: np.random.Generator
) -> pd.DataFrame:
    each, size = len(COMMUNITY_ROLES), len(communities) * len(COMMUNITY_ROLES)
    role = np.tile(np.array(COMMUNITY_ROLES, dtype=object), len(communities))
    head = role == "community_head"
    gone = np.where(head, _NO_COMMUNITY_HEAD_SHARE, VACANT_SHARE)
    own = pd.Series(role).map(_COMMUNITY_ORGANISATION).fillna("社区居委会")
    return pd.DataFrame(
        {
            "post_id": _numbered("C", len(communities), each, 5),
            "role": role,
            "organisation": own,
            "full_time": True,
            "cell_id": communities["code"].to_numpy().repeat(each),
            "accountable": head,
            "filled": rng.random(size) >= gone,
            "valid_from": _days(on, np.full(size, -700)),
            "valid_to": np.datetime64("NaT", "us"),
        }
    )


def _numbered(letter: str, count: int, each: int, digits: int) -> list[str]:
    return [f"{letter}{n:0{digits}d}-{m:02d}" for n in range(1, count + 1)
            for m in range(1, each + 1)]  # fmt: skip


def _days(on: date, shift: Ints) -> "np.ndarray[tuple[int], np.dtype[np.datetime64]]":
    return (np.datetime64(on) + shift).astype("datetime64[us]")


def mount_cameras(ground: Ground, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Cameras beside streets, most where many people live.

    Returns
    -------
    GeoDataFrame
        Layer ``cameras``; optics and papers as :func:`gridmap.synthesis.places.aim_cameras`.
    """
    count = max(8, round(CAMERAS_PER_CELL * ground.plan.cells))
    roads = ground.layers["roads"]
    lines = np.asarray(roads.geometry.to_numpy(), dtype=object)
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    block = shapely.STRtree(ground.outlines).query(middle, predicate="intersects")
    urban = np.zeros(len(lines))
    urban[block[0]] = ground.density[block[1]] > URBAN_PER_M2
    weight = shapely.length(lines) * (0.04 + urban)
    line = rng.choice(len(lines), count, p=weight / weight.sum())
    spots = _beside(lines[line], rng)
    cameras = gpd.GeoDataFrame(
        {"camera_id": [f"K{n:06d}" for n in range(1, count + 1)]}, geometry=spots, crs=roads.crs
    )
    return aim_cameras(cameras, roads, rng, _OPERATORS, _PURPOSES)


def _beside(lines: "np.ndarray[tuple[int], np.dtype[np.object_]]", rng: np.random.Generator) -> (
    "np.ndarray[tuple[int], np.dtype[np.object_]]"
):  # fmt: skip
    at = rng.uniform(0.1, 0.9, len(lines))
    here, on = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, part, normalized=True))
        for part in (at, at + 0.05)
    )
    course = (on - here) / np.hypot(*(on - here).T)[:, None]
    side = np.where(rng.random(len(lines)) < 0.5, _ASIDE_M, -_ASIDE_M)[:, None]
    spots = here + side * np.column_stack([-course[:, 1], course[:, 0]])
    return np.asarray(shapely.points(np.round(spots, 2)), dtype=object)


def walk_rounds(
    ground: Ground, units: int, midnight: pd.Timestamp, rng: np.random.Generator
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Shifts of a day and the fixes they report.

    Parameters
    ----------
    ground : Ground
        The city.
    units : int
        Patrol units; each has one shift of about eight hours in one community.
    midnight : Timestamp
        Local midnight with its zone.
    rng : Generator
        Source of chance.

    Notes
    -----
    Units walk, ride and drive as in :func:`gridmap.synthesis.patrols.walk_shifts`, on the streets
    of their own community only; they report every 10, 20, 30 or 60 s.
    """
    beats = np.linspace(0, ground.plan.communities, units, endpoint=False).astype(int)
    grounds = np.asarray(ground.layers["communities"].geometry.to_numpy(), dtype=object)
    roads = ground.layers["roads"].assign(walkable=None)
    tree = shapely.STRtree(roads.geometry.to_numpy())
    shifts, fixes = [], []
    for n, community in enumerate(beats):
        mode, interval_s = _MODES[n % len(_MODES)], _INTERVALS_S[n % len(_INTERVALS_S)]
        beat = grounds[community]
        own = roads.iloc[np.sort(tree.query(beat, predicate="intersects"))]
        begin = midnight + pd.Timedelta(hours=_BEGINS[n % 4], minutes=int(rng.integers(0, 15)))
        length_s = _LENGTH_S + int(rng.integers(-1200, 1200))
        shift_id = f"S{midnight:%m%d}-{n + 1:04d}"
        end = begin + pd.Timedelta(seconds=length_s)
        shifts.append([shift_id, f"U{n + 1:04d}", begin, end, mode])
        track = walk_beat(link_streets(usable(own, mode)), beat, SPEED_MPS[mode], length_s, rng)
        told = report_track(track, interval_s, length_s, rng)
        fixes.append(told.assign(shift_id=shift_id, start=begin))
    table = pd.DataFrame(shifts, columns=["shift_id", "unit_id", "start", "end", "mode"])
    return table, lay_fixes(pd.concat(fixes, ignore_index=True), roads)
