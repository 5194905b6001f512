"""The services dimension on the real districts of the shared folder."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridmap.crs import metric_crs
from gridmap.district import District
from gridmap.services import measure_services
from gridmap.services.network import lay_network, walkable

SHARED = Path(__file__).parents[3] / "../shared/data"
TYPES = {
    "pharmacy": "pharmacy",
    "library": "library",
    "hospital": "hospital",
    "school": "primary_school",
    "toilets": "toilet",
    "park": "park",
}
NORMS = pd.DataFrame(
    {"type": sorted(TYPES.values()), "norm_m": [1000.0, 1000.0, 500.0, 500.0, 500.0, 300.0]}
)


def read(name):
    """District of a shared file, its sites from the points of interest, cells of 250 m."""
    path = SHARED / f"{name}.gpkg"
    if not path.exists():
        pytest.skip(f"the shared folder has no {path.name}")
    names = ("boundary", "roads", "buildings", "population", "poi")
    layers = {one: gpd.read_file(path, layer=one) for one in names}
    found = layers.pop("poi")
    found["type"] = found["subtype"].map(TYPES)
    found["site_id"] = [str(number) for number in found.index]
    layers["sites"] = found[found["type"].notna()][["site_id", "type", "name", "geometry"]]
    outline = layers["boundary"].to_crs(metric_crs(layers["boundary"]))
    layers["cells"] = lay_squares(outline, 250.0)
    return District.of(layers)


def lay_squares(outline, size_m):
    west, south, east, north = outline.total_bounds
    corners = [
        (x, y) for x in np.arange(west, east, size_m) for y in np.arange(south, north, size_m)
    ]
    squares = [shapely.box(x, y, x + size_m, y + size_m) for x, y in corners]
    clipped = shapely.intersection(squares, outline.geometry.iloc[0])
    clipped = clipped[shapely.area(clipped) > 1]
    ids = [f"c{n}" for n in range(len(clipped))]
    return gpd.GeoDataFrame(
        {"cell_id": ids, "community_code": "one"}, geometry=clipped, crs=outline.crs
    )


@pytest.fixture(scope="module", params=["helsinki_centre", "nanjing_xinjiekou"])
def town(request):
    district = read(request.param)
    return district, measure_services(district, NORMS, date(2026, 3, 2))


def test_people_are_conserved(town):
    district, measured = town
    counted = district["population"]["population"].sum()
    outside = measured.demand[measured.demand["cell_id"].isna()]["people"].sum()
    layer = district["population"]
    inside = layer.geometry.intersection(district.outline).area / layer.geometry.area
    assert measured.population + outside == pytest.approx((layer["population"] * inside).sum())
    assert 0.3 * counted < measured.population <= counted


def test_population_inside_is_that_of_the_file():
    district = read("helsinki_centre")
    measured = measure_services(district, NORMS.iloc[:1], date(2026, 3, 2))
    told = district["population"]["population_inside"].sum()
    assert measured.population == pytest.approx(told, rel=1e-3)


def test_walks_are_longer_than_lines_and_serve_fewer(town):
    _, measured = town
    for kind in NORMS["type"]:
        walk, line = (
            measured.rows[measured.rows["measure"] == f"{kind}.{name}"]["value"]
            for name in ("walk_share", "line_share")
        )
        assert (walk.dropna().to_numpy() <= line.dropna().to_numpy() + 1e-9).all()


def test_tags_say_of_real_ways_what_their_file_says(town):
    roads = town[0]["roads"]
    derived = walkable(roads.drop(columns="walkable"))
    assert (derived == roads["walkable"].to_numpy(dtype=bool)).mean() > 0.99


def test_most_of_a_real_network_hangs_together(town):
    network = lay_network(town[0]["roads"])
    assert network.outside_share < 0.1


def test_service_areas_of_real_streets_are_valid_and_lie_along_them(town):
    district, measured = town
    areas = measured.service_areas
    assert areas.is_valid.all()
    whole = district["roads"].geometry.buffer(31).union_all()
    assert areas.geometry.difference(whole).area.max() < 1.0
    shares = measured.rows[measured.rows["measure"].str.endswith("area_share")]["value"]
    assert shares.between(0, 1).all()


def test_every_estimate_says_so(town):
    district, measured = town
    lived = measured.rows[measured.rows["measure"].str.endswith("walk_share")]
    lived = lived[lived["status"] != "not_due"]
    assert set(lived["quality"]) <= {"estimated", "poor"}
    if district["population"]["method"].str.contains("ESTIMATE").all():
        assert lived["reason"].str.contains("estimate").all()
