"""The 221 real camera positions of central Helsinki between its real buildings."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridmap.cameras.poses import pose_cameras
from gridmap.cameras.views import look
from gridmap.cameras.walls import local_edges, merge_walls
from gridmap.crs import metric_crs, project
from gridmap.schema import conform
from tests.oracles.cameras import shadow_view

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


def test_real_views_agree_with_shadows_cut_out_of_the_sector(helsinki):
    poses, walls = helsinki
    every = poses[poses["reason"] == ""].iloc[::10]
    for pose in every.itertuples():
        near = local_edges(pose.x_m, pose.y_m, 60.0, walls)
        aim = {"x_m": pose.x_m, "y_m": pose.y_m, "heading_deg": 40.0, "hfov_deg": 360.0}
        view = look(walls.edges[near], walls.home[near], **aim, range_m=60.0)
        around = walls.blocks[
            shapely.dwithin(walls.blocks, shapely.Point(pose.x_m, pose.y_m), 60.0)
        ]
        slow = shadow_view(
            shapely.MultiPolygon(list(around)), (pose.x_m, pose.y_m), 40.0, 360.0, 60.0
        )
        assert view.area_m2 == pytest.approx(slow.area, rel=1e-4, abs=0.02)
        assert np.isfinite(view.facade_m)
