"""The page of measures names functions that exist, and every measure there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from gridmap.reference import norms
from gridmap.samples import toy_district
from gridmap.studies.cover import cover

PAGE = Path(__file__).parents[2] / "docs" / "MEASURES.md"
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
PLACES = sorted(
    {name for row in ROWS for name in re.findall(r"`(\w+(?:\.\w+)+)`", row.split("|")[-2])}
)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_that_the_page_names_is_there(place):
    module, _, name = place.rpartition(".")
    try:
        assert hasattr(import_module(f"gridmap.{module}"), name)
    except ModuleNotFoundError:
        pytest.fail(f"no module gridmap.{module}")


def test_the_page_names_every_measure_that_cover_writes():
    told = PAGE.read_text(encoding="utf-8")
    found = cover(toy_district(), norms=norms()).coverage["measure"].unique()
    kinds = tuple(norms()["type"])
    named = {
        name.split(".", 1)[1] if name.startswith(kinds) else name
        for name in found
        if not name.startswith(("camera.share_", "camera.street_share_"))
    }
    assert {name for name in named if name not in told} == set()
