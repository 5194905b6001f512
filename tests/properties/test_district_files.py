import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from gridmap.io.districts import read_district, write_district
from gridmap.samples import TOY_CRS, at, toy_district

TOY = toy_district()
words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=8).filter(
    lambda text: text.strip() != "" and not any(one.isdigit() for one in text)
)
moments = st.datetimes(
    min_value=pd.Timestamp("1990-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2100-01-01").to_pydatetime(),
).map(lambda moment: pd.Timestamp(moment, tz="UTC"))
dates = st.none() | st.dates(
    min_value=pd.Timestamp("1900-01-01").date(), max_value=pd.Timestamp("2200-01-01").date()
).map(str)
sites = st.lists(
    st.tuples(
        words,
        st.none() | words,
        st.none() | st.booleans(),
        dates,
        st.none() | st.floats(0, 1e6, allow_nan=False),
        st.tuples(st.floats(0, 400), st.floats(0, 400)),
    ),
    min_size=1,
    max_size=6,
)


def frames_equal(one, other):
    assert_frame_equal(
        pd.DataFrame(one).drop(columns="geometry", errors="ignore"),
        pd.DataFrame(other).drop(columns="geometry", errors="ignore"),
    )


@settings(deadline=None, max_examples=8, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(sites, st.lists(moments, min_size=1, max_size=4), st.sampled_from(["a.gpkg", "a"]))
def test_what_is_written_reads_back_equal(rows, times, form):
    kinds, names, proposed, opened, capacity, places = zip(*rows, strict=True)
    drawn = gpd.GeoDataFrame(
        {
            "site_id": [f"s{n}" for n in range(len(rows))],
            "type": kinds,
            "name": names,
            "proposed": pd.array(proposed, dtype="boolean"),
            "opened_on": opened,
            "capacity": pd.array(capacity, dtype="Float64").astype("float64"),
        },
        geometry=[at(*place) for place in places],
        crs=TOY_CRS,
    )
    shifts = pd.DataFrame(
        {
            "shift_id": [f"h{n}" for n in range(len(times))],
            "unit_id": "u",
            "start": times,
            "end": times,
        }
    )
    district = TOY.with_layers(sites=drawn, shifts=shifts, fixes=TOY["fixes"].iloc[:0])
    with tempfile.TemporaryDirectory() as folder:
        write_district(district, Path(folder) / form)
        read = read_district(Path(folder) / form)
    for layer in ("sites", "shifts"):
        frames_equal(read[layer], district[layer])
    assert read["sites"].geom_equals_exact(district["sites"], 0).all()
