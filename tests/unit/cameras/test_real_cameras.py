"""The 221 real camera positions of central Helsinki between its real buildings."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.cameras.poses import pose_cameras
from gridmap.cameras.views import aim_at, draw_views
from gridmap.cameras.walls import merge_walls
from gridmap.crs import metric_crs, project
from gridmap.schema import conform
from tests.oracles.cameras import shadow_view
from tests.oracles.cameras_plain import plain_look

HELSINKI = Path(__file__).parents[3] / "../shared/data/helsinki_centre.gpkg"


@pytest.fixture(scope="module")
def helsinki():
    if not HELSINKI.exists():
        pytest.skip("the Helsinki district is not on this machine")
    crs = metric_crs(gpd.read_file(HELSINKI, layer="boundary"))
    buildings = project(gpd.read_file(HELSINKI, layer="buildings"), crs)
    cameras = gpd.read_file(HELSINKI, layer="cameras")[["osm_id", "geometry"]]
    cameras["range_m"] = 60.0
    walls = merge_walls(conform(buildings, "buildings"))
    return pose_cameras(project(conform(cameras, "cameras"), crs), walls), walls


def test_cameras_deep_in_buildings_are_left_out_and_those_at_walls_are_moved(helsinki):
    poses, walls = helsinki
    assert len(poses) == 221
    assert (poses["reason"] == "").sum() > 150
    standing = shapely.points(poses.loc[~poses["inside"], ["x_m", "y_m"]])
    assert not len(shapely.STRtree(walls.blocks).query(standing, predicate="intersects")[0])
    assert poses.loc[~poses["inside"], "snapped_m"].max() <= 2.02


def test_all_real_views_agree_with_the_plain_method_and_with_shadows_cut_out(helsinki):
    poses, walls = helsinki
    every = poses[poses["reason"] == ""]
    count = np.ones(len(every))
    aims = aim_at(every["x_m"], every["y_m"], 40.0 * count, 360.0 * count, 60.0 * count)
    (views,), _ = draw_views(aims, 60.0 * count[:, None], walls)
    for n, (x, y) in enumerate(every[["x_m", "y_m"]].to_numpy()):
        near = walls.tree.query(shapely.Point(x, y), predicate="dwithin", distance=60.0)
        aim = {"x_m": x, "y_m": y, "heading_deg": 40.0, "hfov_deg": 360.0, "range_m": 60.0}
        plain = plain_look(walls.edges[near], walls.home[near], **aim)
        assert views.area_m2[n] == pytest.approx(plain.area_m2, rel=1e-9)
        assert views.facade_m[n] == pytest.approx(plain.facade_m, rel=1e-7, abs=1e-6)
        assert views.facade_home_m[n] == pytest.approx(plain.facade_home_m, rel=1e-7, abs=1e-6)
        around = walls.blocks[shapely.dwithin(walls.blocks, shapely.Point(x, y), 60.0)]
        slow = shadow_view(shapely.MultiPolygon(list(around)), (x, y), 40.0, 360.0, 60.0)
        assert views.area_m2[n] == pytest.approx(slow.area, rel=1e-4, abs=0.02)
        assert shapely.symmetric_difference(views.shape[n], slow).area < 1e-4 * slow.area + 0.05
