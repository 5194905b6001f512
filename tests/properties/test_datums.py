import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datums import from_wgs84, to_wgs84

positions = st.lists(
    st.tuples(st.floats(73.5, 134.9), st.floats(3.9, 53.5)), min_size=1, max_size=50
)
datums = st.sampled_from(["gcj02", "bd09"])


@given(positions, datums)
def test_there_and_back_is_under_2_cm_all_over_china(places, datum):
    lon, lat = np.array(places).T
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    east_m = (back_lon - lon) * 111_320 * np.cos(np.radians(lat))
    north_m = (back_lat - lat) * 111_320
    assert np.hypot(east_m, north_m).max() < 0.02


@given(positions, datums)
def test_the_order_of_positions_does_not_matter(places, datum):
    lon, lat = np.array(places).T
    straight = np.column_stack(from_wgs84(lon, lat, datum))
    reverse = np.column_stack(from_wgs84(lon[::-1], lat[::-1], datum))
    assert np.allclose(straight, reverse[::-1], rtol=0, atol=1e-12)
