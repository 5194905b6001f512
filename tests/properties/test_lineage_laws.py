"""Laws of lineage: ground and people are conserved, steps compose, edits can be taken back."""

import datetime as dt

import geopandas as gpd
import hypothesis.strategies as st
import pytest
import shapely
from hypothesis import given, settings

from gridmap.grid.carry import carry_measures
from gridmap.grid.code_rules import code_rules
from gridmap.grid.edits import merge_cells, split_cell
from gridmap.grid.lineage import compose_lineage, trace_lineage
from gridmap.rows import coverage_rows
from gridmap.samples import TOY_CRS, WEST, box, line
from tests.oracles.lineage import kind_of, shared_ground

DAY = dt.date(2026, 7, 1)
SIDE = 40
people = st.one_of(st.none(), st.integers(0, 500).map(float))


@st.composite
def tilings(draw, side=3):
    """A checker of side² squares of 40 m gathered into cells, each of them in one piece."""
    label = [[draw(st.integers(0, 3)) for _ in range(side)] for _ in range(side)]
    squares = gpd.GeoDataFrame(
        {"group": [label[y][x] for y in range(side) for x in range(side)]},
        geometry=[
            box(x * SIDE, y * SIDE, (x + 1) * SIDE, (y + 1) * SIDE)
            for y in range(side)
            for x in range(side)
        ],
        crs=TOY_CRS,
    )
    cells = squares.dissolve("group").explode(index_parts=False).reset_index(drop=True)
    cells["cell_id"] = [f"c{n}" for n in range(len(cells))]
    cells["community_code"], cells["code"], cells["kind"] = WEST, None, "basic"
    cells["name"], cells["grid_version"] = cells["cell_id"], "drawn"
    cells["valid_from"] = cells["valid_to"] = None
    cells["households"] = [draw(people) for _ in range(len(cells))]
    cells["population"] = [draw(people) for _ in range(len(cells))]
    return cells


@settings(max_examples=25, deadline=None)
@given(tilings(), tilings())
def test_lineage_is_what_every_pair_tells(old, new):
    found = trace_lineage(old, new, DAY)
    expected = shared_ground(old, new)
    told = dict(
        zip(zip(found.old_cell_id, found.new_cell_id, strict=True), found.area_m2, strict=True)
    )
    assert told == pytest.approx(expected)
    for pair, kind in zip(told, found.kind, strict=True):
        assert kind == kind_of(pair, set(expected), pair[0] == pair[1]), pair


@settings(max_examples=25, deadline=None)
@given(tilings(), tilings())
def test_ground_and_people_are_conserved(old, new):
    found = trace_lineage(old, new, DAY)
    for side, cells in (("old_cell_id", old), ("new_cell_id", new)):
        ground = found.groupby(side)["area_m2"].sum()
        assert ground.to_dict() == pytest.approx(cells.set_index("cell_id").area.to_dict())
    for name in ("households", "population"):
        carried = found.groupby("old_cell_id")[name].sum(min_count=1)
        there = old.set_index("cell_id")[name].astype(float)
        assert carried.to_dict() == pytest.approx(there.to_dict(), nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(tilings(), tilings())
def test_through_the_finest_grid_two_steps_are_the_trace_of_the_ends(old, new):
    finest = shapely.get_parts(
        shapely.intersection(old.geometry.to_numpy()[:, None], new.geometry.to_numpy()).ravel()
    )
    finest = [one for one in finest if one.area > 1]
    middle = gpd.GeoDataFrame(
        {"cell_id": [f"m{n}" for n in range(len(finest))]}, geometry=finest, crs=TOY_CRS
    )
    split = trace_lineage(old, middle, DAY)
    middle["population"] = (
        split.groupby("new_cell_id")["population"]
        .sum(min_count=1)
        .reindex(middle.cell_id)
        .to_numpy()
    )
    middle["households"] = (
        split.groupby("new_cell_id")["households"]
        .sum(min_count=1)
        .reindex(middle.cell_id)
        .to_numpy()
    )
    both = compose_lineage(split, trace_lineage(middle, new, DAY))
    straight = trace_lineage(old, new, DAY)
    names = ["old_cell_id", "new_cell_id"]
    assert both[names].values.tolist() == straight[names].values.tolist()
    for name in ("area_m2", "area_share", "population", "households"):
        assert both[name].tolist() == pytest.approx(straight[name].tolist(), nan_ok=True), name
    # A cell that went through other names and came back counts as coded anew.
    structure = {"same": "recode"}
    assert both.kind.replace(structure).tolist() == straight.kind.replace(structure).tolist()


@settings(max_examples=15, deadline=None)
@given(tilings(), st.integers(5, 35))
def test_a_split_merged_again_is_the_old_ground(cells, at):
    one = cells.iloc[0]
    west, south, _, north = one.geometry.bounds
    west, south, north = west - 500_000, south - 4_400_000, north - 4_400_000
    cut = line((west + at, south - 5), (west + at, north + 5))
    apart = split_cell(cells, "c0", DAY, line=cut)
    parts = apart.lineage[apart.lineage.old_cell_id == "c0"].new_cell_id.tolist()
    again = merge_cells(apart.cells, parts, DAY)
    both = compose_lineage(apart.lineage, again.lineage)
    back = both[both.old_cell_id == "c0"]
    assert back.kind.tolist() == ["recode"]
    assert back.area_m2.tolist() == pytest.approx([one.geometry.area])
    merged = again.cells.set_index("cell_id").loc[back.new_cell_id.iloc[0]]
    assert merged.geometry.symmetric_difference(one.geometry).area < 1e-6
    for name in ("households", "population"):
        assert merged[name] == pytest.approx(
            float("nan") if one[name] is None else one[name], nan_ok=True
        )


@settings(max_examples=20, deadline=None)
@given(tilings(), tilings(), st.data())
def test_carried_counts_add_up_and_shares_stay_shares(old, new, data):
    count = len(old)
    weight = [float(data.draw(st.integers(1, 300))) for _ in range(count)]
    share = [data.draw(st.floats(0, 1)) for _ in range(count)]
    rows = {
        "shares": coverage_rows(
            old.cell_id, "pharmacy.walk_share", value=share, required=1.0, unit="share",
            status=["met" if one >= 1 else "partly" for one in share], weight=weight,
        ),
        "counts": coverage_rows(old.cell_id, "pharmacy.unserved", value=weight, unit="people"),
    }  # fmt: skip
    for name, table in rows.items():
        coverage = table.assign(dimension="services", grid_version="drawn")
        found = carry_measures(coverage, trace_lineage(old, new, DAY, grid_version="next"))
        assert set(found.cell_id) == set(new.cell_id)
        if name == "counts":
            assert found.value.sum() == pytest.approx(sum(weight))
        else:
            assert found.value.between(-1e-12, 1 + 1e-12).all()
            served = sum(w * s for w, s in zip(weight, share, strict=True))
            assert (found.value * found.weight).sum() == pytest.approx(served)


@given(st.sampled_from(sorted(code_rules())), st.integers(1, 10**12 - 1), st.integers(1, 999))
def test_a_code_taken_apart_gives_back_what_it_was_made_of(name, community, serial):
    rule = code_rules()[name]
    code = str(community).zfill(12)
    parts = rule.decode(rule.encode(code, serial))
    assert (parts.community_code, parts.serial, parts.unit) == (code, serial, 0)
    assert parts.is_merged == (name == "cell-20" and serial >= 601)
