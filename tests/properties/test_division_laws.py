"""Laws of the division along streets, on districts of drawn streets."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.grid.partition import group_blocks
from gridmap.samples import TOY_CRS, at, box, line, toy_district
from gridmap.studies.divide_streets import divide_along_streets
from tests.oracles.division import hangs_together, pieces, tiles

TOY = toy_district()
KINDS = ("primary", "residential", "tertiary", "service", "footway", "river")
step = st.integers(0, 40).map(lambda n: n * 10.0)


@st.composite
def districts(draw):
    """Streets from side to side and some crooked ones, people at points, a park at times."""
    streets = [line((0, y), (400, draw(step))) for y in draw(st.lists(step, max_size=4))]
    streets += [line((x, 0), (draw(step), 400)) for x in draw(st.lists(step, max_size=4))]
    corners = draw(st.lists(st.tuples(step, step), min_size=2, max_size=5, unique=True))
    streets.append(line(*corners))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=len(streets), max_size=len(streets)))
    spots = draw(st.lists(st.tuples(step, step, st.integers(0, 90)), min_size=1, max_size=25))
    edge = draw(st.sampled_from([0.0, 120.0, 200.0]))
    ground = [box(0, 0, edge, 400), box(edge, 0, 400, 400)] if edge else [box(0, 0, 400, 400)]
    park = draw(st.sampled_from([None, box(50, 50, 250, 250), box(150, 0, 400, 120)]))
    return TOY.with_layers(
        communities=frame(
            ground,
            code=[f"11010100100{n + 1}" for n in range(len(ground))],
            name=["A", "B"][: len(ground)],
        ),
        roads=frame(streets, highway=kinds),
        landuse=frame([park], kind=["park"], name=["Park"]) if park else TOY["landuse"].iloc[:0],
        population=frame(
            [at(x, y) for x, y, _ in spots],
            population=[2.5 * n for _, _, n in spots],
            households=[float(n) for _, _, n in spots],
        ),
    )


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=TOY_CRS)


@settings(max_examples=60, deadline=None)
@given(districts(), st.sampled_from([10.0, 60.0, 400.0]))
def test_cells_tile_hang_together_and_lose_no_household(district, target):
    made = divide_along_streets(district, target)
    cells = made.cells
    for code, ground in district.communities.set_index("code").geometry.items():
        assert tiles(cells.geometry[cells["community_code"] == code].tolist(), ground)
    joined = {one for f in made.findings if f.rule == "islet_joined" for one in f.ids}
    whole = cells[~cells["cell_id"].isin(joined)]
    assert all(pieces(shape) == 1 for shape in whole.geometry)
    assert cells.is_valid.all()
    assert cells["cell_id"].is_unique
    assert cells["households"].sum() == pytest.approx(district["population"]["households"].sum())


@settings(max_examples=20, deadline=None)
@given(districts(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_and_the_seed_decides(district, random):
    def shuffled(layer):
        rows = list(range(len(district[layer])))
        random.shuffle(rows)
        return district[layer].iloc[rows].reset_index(drop=True)

    mixed = district.with_layers(
        **{name: shuffled(name) for name in ("communities", "roads", "population")}
    )
    one, again, other = (
        divide_along_streets(each, 60.0, seed=7).cells for each in (district, district, mixed)
    )
    assert one.geometry.to_wkb().tolist() == again.geometry.to_wkb().tolist()
    assert one["cell_id"].tolist() == other["cell_id"].tolist()
    assert one.symmetric_difference(other).area.max() < 1e-3
    assert one["households"].tolist() == pytest.approx(other["households"].tolist())


@settings(max_examples=20, deadline=None)
@given(districts(), st.integers(0, 20), st.integers(0, 20))
def test_a_dedicated_cell_that_somebody_drew_stays_as_it_is(district, x, y):
    campus = box(x * 10, y * 10, x * 10 + 80, y * 10 + 60)
    ground = district.communities.geometry.iloc[0]
    campus = campus.intersection(ground)
    if campus.area < 100 or campus.geom_type != "Polygon":
        return
    drawn = frame(
        [campus],
        cell_id=["campus"],
        community_code=[district.communities["code"].iloc[0]],
        kind=["dedicated"],
        name=["Campus"],
    )
    cells = divide_along_streets(district.with_layers(cells=drawn), 60.0).cells
    found = cells[(cells["kind"] == "dedicated") & (cells["name"] == "Campus")]
    assert shapely.symmetric_difference(found.geometry.union_all(), campus).area < 1e-3


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 6),
    st.integers(0, 2**20),
    st.sampled_from([50.0, 120.0, 400.0]),
)
def test_every_cell_of_blocks_hangs_together(rows, columns, seed, target):
    place = np.arange(rows * columns).reshape(rows, columns)
    lots = np.random.default_rng(seed)
    ends = np.concatenate(
        [
            np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()], 1),
            np.stack([place[:-1].ravel(), place[1:].ravel()], 1),
        ]
    )
    ends = ends[lots.random(len(ends)) < 0.8]
    borders = {"one": ends[:, 0], "other": ends[:, 1], "cost": lots.uniform(0.1, 2, len(ends))}
    borders = pd.DataFrame(borders)
    weight = np.round(lots.gamma(1.0, 60.0, rows * columns))
    label = group_blocks(weight, borders, target, seed=seed).label
    pairs = [tuple(pair) for pair in ends.tolist()]
    assert sorted(set(label.tolist())) == list(range(label.max() + 1))
    for cell in range(label.max() + 1):
        assert hangs_together(set(np.flatnonzero(label == cell).tolist()), pairs)
