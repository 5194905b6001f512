from datetime import date

import numpy as np
import pandas as pd

from gridmap import schema
from gridmap.samples import toy_district
from gridmap.synthesis.places import EXTRA_SITES, add_sites, aim_cameras
from gridmap.synthesis.staff import ask_patrols, make_posts

DAY = date(2026, 3, 2)


def _posts(seed=0):
    toy = toy_district()
    return toy, *make_posts(toy["cells"], toy.communities, DAY, np.random.default_rng(seed))


def test_posts_and_duties_conform_to_the_schema():
    _, posts, duties = _posts()
    assert len(schema.conform(posts, "posts")) == 4 * 10 + 2 * 2
    assert schema.conform(duties, "duties")["post_id"].isin(posts["post_id"]).all()


def test_some_cell_has_nobody_who_answers_for_it():
    toy, _, duties = _posts()
    table = schema.conform(duties, "duties")
    on = pd.Timestamp(DAY)
    valid = (table["valid_from"] <= on) & ~(table["valid_to"] <= on)
    answering = table[valid & table["accountable"]]["cell_id"]
    cells = toy["cells"]
    own = cells["cell_id"].isin(answering) | cells["community_code"].isin(answering)
    assert not own.all()
    assert own.any()


def test_no_post_carries_anything_of_a_person():
    _, posts, _ = _posts()
    assert posts.columns.tolist() == ["post_id", "role", "organisation", "full_time"]


def test_requirements_cover_day_evening_and_a_night_across_midnight():
    asked = schema.conform(
        ask_patrols(toy_district()["cells"], np.random.default_rng(0)), "requirements"
    )
    assert {"day", "evening", "night", "weekend_day", "focus"} <= set(asked["window"])
    night = asked[asked["window"] == "night"].iloc[0]
    assert (night["start"], night["end"]) == ("22:00", "06:00")


def test_made_up_sites_are_named_and_marked_so():
    toy = toy_district()
    sites = schema.conform(
        add_sites(toy["sites"], toy["population"], np.random.default_rng(0)), "sites"
    )
    made = sites[sites["synthetic"].astype(bool)]
    assert len(made) == sum(EXTRA_SITES.values())
    assert made["name"].str.endswith("(synthetic)").all()
    assert sites["site_id"].is_unique
    assert not sites[~sites["synthetic"].astype(bool)]["name"].str.contains("synthetic").any()


def test_what_the_map_knows_of_a_camera_is_kept():
    toy = toy_district()
    aimed = aim_cameras(toy["cameras"], toy["roads"], np.random.default_rng(0))
    assert aimed.geometry.equals(toy["cameras"].geometry)
    assert aimed["heading_deg"].iloc[0] == 45
    assert aimed["hfov_deg"].iloc[0] == 90
    assert aimed["kind"].tolist() == ["fixed", "dome"]
    assert aimed["heading_deg"].between(0, 360, inclusive="left").all()
    assert set(schema.conform(aimed, "cameras")["zone"]) <= {"public", "private", "indoor"}
