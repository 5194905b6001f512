"""Where to add cameras, which to turn and which to remove, and what that covers."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridmap import schema
from gridmap.cameras.ground import Ground
from gridmap.district import District
from gridmap.errors import InputError, name_ids
from gridmap.plan.covering import (
    KEEP,
    NEW,
    TURN,
    Choice,
    Covering,
    merge_pieces,
    times_covered,
    value_of,
    worth_left,
)
from gridmap.plan.greedy import choose_greedily
from gridmap.plan.options import (
    Options,
    Question,
    check_question,
    chosen_cells,
    gather_options,
    shapes_of,
)
from gridmap.plan.proof import choose_exactly
from gridmap.plan.views import cover_points, sample_ground, weigh_ground
from gridmap.progress import Progress, silent
from gridmap.schema import Finding

Numbers = npt.NDArray[np.int64]
_FIGURES = {"area_m2": "view_m2", "facade_residential_m": "facade_residential_m"}
_FIGURES |= {"facade_125_m": "facade_125_m"}


@dataclass(frozen=True, eq=False)
class CameraPlan:
    """A plan of cameras.

    Attributes
    ----------
    add, reaim, remove : GeoDataFrame
        Rows of the layer ``cameras`` with what each brings: gain_m2 (weighted ground that a new
        one adds to those before it, a turned one to its view of before, a removed one takes
        away), view_m2, facade_residential_m, facade_125_m; turned ones
        with heading_before_deg, removed ones with overlap_share.
    views : GeoDataFrame
        camera_id, change (add, reaim, remove), area_m2, geometry.
    after : GeoDataFrame
        Layer ``cameras`` as the plan leaves it, all built.
    choice : Choice
        Value, bound, gap and whether it is proved, in weighted square metres.
    base_value : float
        Value of leaving everything as it is.
    mounts, options, pieces : int
        Mounts and views that there were to choose from, and pieces of ground told apart.
    findings : list of Finding
        What was left out, and limits that had an effect.
    """

    add: gpd.GeoDataFrame
    reaim: gpd.GeoDataFrame
    remove: gpd.GeoDataFrame
    views: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    choice: Choice
    base_value: float
    mounts: int
    options: int
    pieces: int
    findings: list[Finding]

    @property
    def certain_share(self) -> float:
        """What the plan gains is at least this share of the most that could be gained [0-1]."""
        return self.choice.certain_share(self.base_value)


@dataclass(frozen=True, eq=False)
class Choices:
    """What there is to choose from.

    Attributes
    ----------
    layer : GeoDataFrame
        Cameras of the district.
    options : Options
        Views of cameras as they stand, turned, and new.
    problem : Covering
        What the views cover.
    mounts : int
        Mounts that there are.
    """

    layer: gpd.GeoDataFrame
    options: Options
    problem: Covering
    mounts: int


def plan_cameras(
    district: District,
    mounts: gpd.GeoDataFrame,
    question: Question,
    ground: Ground,
    *,
    progress: Progress = silent,
    **pose: Any,
) -> CameraPlan:
    """Choose cameras to turn, to remove and to add.

    Parameters
    ----------
    district : District
        With cells; cameras and landuse where it has them.
    mounts : GeoDataFrame
        From :func:`gridmap.plan.candidates.generate_mounts` or
        :func:`gridmap.plan.listed.listed_mounts`.
    question : Question
        What is wanted.
    ground : Ground
        From :func:`gridmap.cameras.ground.prepare_ground`.
    progress : Progress
        Told of each stage.
    **pose
        Which cameras count today, as :func:`gridmap.cameras.poses.pose_cameras` takes it.

    Returns
    -------
    CameraPlan

    Raises
    ------
    InputError
        If the question cannot be answered: no camera or more than mounts, no public ground, a
        level that no candidate reaches, limits of privacy that every candidate breaks.

    Notes
    -----
    What cameras that stand see needs nothing. Those in the area may be turned at a low price, or
    go where others see over 80 % of what they see, before new ones are added (MEASURES.md 7).
    Ground is looked at in points, each worth the ground around it; the choice is made by greedy
    steps with a certificate, then exactly, where there is time.

    Examples
    --------
    >>> from gridmap.cameras.ground import prepare_ground
    >>> from gridmap.plan.candidates import generate_mounts
    >>> from gridmap.samples import toy_district
    >>> toy = toy_district()
    >>> ground = prepare_ground(toy)
    >>> mounts = generate_mounts(toy["roads"], ground, toy.outline).table
    >>> plan = plan_cameras(toy, mounts, Question(2, sample_m=4.0), ground)
    >>> len(plan.add), plan.choice.proved, len(plan.after)
    (2, True, 4)
    """
    choices = gather_choices(district, mounts, question, ground, progress=progress, **pose)
    progress("plan: choosing", 0, 0)
    choice = choose_greedily(choices.problem)
    if question.time_limit_s > 0 and not choice.proved:
        progress("plan: proving", 0, 0)
        choice = choose_exactly(choices.problem, choice, question.time_limit_s)
    return write_choice(choices, choice)


def gather_choices(
    district: District,
    mounts: gpd.GeoDataFrame,
    question: Question,
    ground: Ground,
    *,
    progress: Progress = silent,
    **pose: Any,
) -> Choices:
    """Gather the views to choose from and what they cover: all of a plan but the choice.

    See :func:`plan_cameras` for the parameters and errors.
    """
    check_question(question, len(mounts))
    progress("plan: views", 0, 0)
    options = gather_options(district, mounts, question, ground, pose)
    progress("plan: what they cover", 0, 0)
    problem = _covering(district, options, question, ground)
    return Choices(district["cameras"], options, problem, len(mounts))


def _covering(district: District, options: Options, question: Question, ground: Ground) -> Covering:
    chosen = chosen_cells(district, question.cells)
    points = sample_ground(ground.public, chosen, question.sample_m)
    points = pd.concat([points, _ground_elsewhere(options, chosen, question, ground, points)])
    worth = weigh_ground(
        points, ground.cell_id, district["landuse"], question.cell_weight, question.class_weight
    )
    twice = np.isin(ground.cell_id, _known(question.twice, ground))
    need = np.where(twice[points["cell"].to_numpy()], 2, 1)
    fixed = options.standing[~options.standing["movable"]]
    have = np.asarray(cover_points(shapes_of(fixed), points).sum(axis=0)).ravel()
    return merge_pieces(
        Covering(
            seen=cover_points(shapes_of(options.views), points),
            weight=worth,
            need=need,
            have=np.minimum(have, need).astype(np.int64),
            place=options.place,
            kind=options.kind,
            facade_m=options.views["facade_residential_m"].to_numpy(dtype=np.float64),
            count=question.count,
            removable=options.removable,
            turns=question.reaim,
            price_per_m=question.price_m2_per_m,
            turn_price=question.turn_price_m2,
            most_facade_m=question.max_facade_m,
        )
    )


def _known(cells: tuple[str, ...], ground: Ground) -> list[str]:
    unknown = sorted(set(cells) - set(ground.cell_id))
    if unknown:
        raise InputError(f"Unknown cells {name_ids(unknown)} to be seen twice.")
    return list(cells)


def _ground_elsewhere(
    options: Options,
    chosen: npt.NDArray[np.int64],
    question: Question,
    ground: Ground,
    points: pd.DataFrame,
) -> pd.DataFrame:
    """Points outside the area that cameras which may change see now: it is not to be lost."""
    rest = np.setdiff1d(np.arange(len(ground.public)), chosen)
    now = shapely.union_all(shapes_of(options.views)[options.kind == KEEP])
    near = rest[shapely.intersects(ground.public[rest], now)]
    if not len(near) or shapely.area(now) == 0:
        return points.iloc[:0]
    seen = ground.public.copy()
    seen[near] = shapely.intersection(ground.public[near], now)
    near = near[shapely.area(seen[near]) > 0]
    if not len(near):
        return points.iloc[:0]
    step_m = question.sample_m or float(np.sqrt(points["area_m2"].median()))
    return sample_ground(seen, near, step_m)


def write_choice(choices: Choices, choice: Choice) -> CameraPlan:
    """Write a choice down as a plan: the cameras that it adds, turns and removes.

    Parameters
    ----------
    choices : Choices
        From :func:`gather_choices`.
    choice : Choice
        From :func:`gridmap.plan.greedy.choose_greedily` or
        :func:`gridmap.plan.proof.choose_exactly`, on the problem of these choices.

    Returns
    -------
    CameraPlan
    """
    layer, options, problem = choices.layer, choices.options, choices.problem
    kind, chosen = options.kind, choice.views
    held = np.isin(options.place, options.place[chosen])
    gone = np.flatnonzero((kind == KEEP) & ~held)
    new, turned = chosen[kind[chosen] == NEW], chosen[kind[chosen] == TURN]
    new, gain = _in_order(problem, new, chosen[kind[chosen] != NEW])
    add = _told(options, new, gain)
    add["camera_id"] = _fresh_ids(len(add), layer["camera_id"])
    reaim = _told(options, turned, _gained_by_turning(problem, chosen, turned))
    reaim["camera_id"] = options.cameras["of"].iloc[turned].to_numpy() if len(turned) else []
    remove = _told(options, gone, _lost_without(problem, np.append(chosen, gone), gone))
    overlap = options.overlap["overlap_share"].reindex(remove["camera_id"])
    remove["overlap_share"] = overlap.to_numpy()
    changes = {"add": add, "reaim": reaim, "remove": remove}
    return CameraPlan(
        **changes,
        views=_views_of(options, changes, (new, turned, gone)),
        after=_after(layer, add, reaim, remove),
        choice=choice,
        base_value=value_of(problem, np.flatnonzero(kind == KEEP)),
        mounts=choices.mounts,
        options=int((kind == NEW).sum()),
        pieces=len(problem.weight),
        findings=options.findings,
    )


def _in_order(problem: Covering, new: Numbers, others: Numbers) -> tuple[Numbers, list[float]]:
    """Put new views in order, the one that adds most first, with what each adds to those before."""
    rows, times = problem.seen[new], times_covered(problem, others)
    order, gains = list[int](), list[float]()
    for _ in new:
        gain = rows @ worth_left(problem, times)
        gain[order] = -np.inf
        best = int(np.argmax(gain))
        order.append(best)
        gains.append(float(gain[best]))
        times = times + rows[[best]].toarray()[0]
    return new[order], gains


def _lost_without(problem: Covering, chosen: Numbers, some: Numbers) -> list[float]:
    """Weighted ground that each of some views alone brings."""
    every = value_of(problem, chosen)
    return [
        every - value_of(problem, chosen[chosen != one]) + float(problem.price[one]) for one in some
    ]


def _gained_by_turning(problem: Covering, chosen: Numbers, turned: Numbers) -> list[float]:
    """Weighted ground that each turned view brings more than the view that it replaces."""
    every, keep = value_of(problem, chosen), np.flatnonzero(problem.kind == KEEP)
    before = [int(keep[problem.place[keep] == problem.place[one]][0]) for one in turned]
    return [
        every
        + float(problem.price[one])
        - value_of(problem, [*chosen[chosen != one], old])
        - float(problem.price[old])
        for one, old in zip(turned, before, strict=True)
    ]


def _told(options: Options, rows: Numbers, gain: list[float]) -> gpd.GeoDataFrame:
    told = options.cameras.iloc[rows].reset_index(drop=True)
    told = told.drop(columns=[name for name in ("of",) if name in told])
    told["gain_m2"] = np.array(gain, dtype=np.float64)
    views = options.views.iloc[rows]
    for name, called in _FIGURES.items():
        told[called] = views[name].to_numpy(dtype=np.float64)
    return told


def _fresh_ids(count: int, taken: pd.Series) -> list[str]:
    """Ids of new cameras that no camera has."""
    known, number = set(taken), 0
    names: list[str] = []
    while len(names) < count:
        number += 1
        if f"new-{number}" not in known:
            names.append(f"new-{number}")
    return names


def _views_of(
    options: Options, changes: dict[str, gpd.GeoDataFrame], rows: tuple[Numbers, ...]
) -> gpd.GeoDataFrame:
    parts = [
        gpd.GeoDataFrame(
            {"camera_id": rows_of["camera_id"].astype(object), "change": change},
            geometry=shapes_of(options.views)[some],
            crs=options.views.crs,
        )
        for (change, rows_of), some in zip(changes.items(), rows, strict=True)
    ]
    views = pd.concat(parts, ignore_index=True)
    views.insert(2, "area_m2", shapely.area(shapes_of(views)))
    return gpd.GeoDataFrame(views, geometry="geometry", crs=options.views.crs)


def _after(
    layer: gpd.GeoDataFrame,
    add: gpd.GeoDataFrame,
    reaim: gpd.GeoDataFrame,
    remove: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Layer of cameras as the plan leaves it."""
    kept = layer[~layer["camera_id"].isin(remove["camera_id"])].copy()
    heading = dict(zip(reaim["camera_id"], reaim["heading_deg"], strict=True))
    kept["heading_deg"] = kept["camera_id"].map(heading).astype(float).fillna(kept["heading_deg"])
    extra = schema.conform(add[[*schema.layer("cameras").columns, "geometry"]], "cameras")
    both = pd.concat([kept, extra], ignore_index=True) if len(extra) else kept
    frame = gpd.GeoDataFrame(both, geometry="geometry", crs=layer.crs)
    return schema.conform(frame.reset_index(drop=True), "cameras")
