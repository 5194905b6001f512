"""The history page: the grid of a day, and who may see it."""

import pytest

pytestmark = pytest.mark.store


def test_the_grid_as_it_was_loaded_has_one_edition(site, signed_in):
    page = signed_in("planner").get(f"/d/{site.toy}/history").text
    assert "<strong>4</strong> cells were in force" in page
    assert "toy-1" in page
    assert "at first" in page


def test_a_worker_sees_own_cells_only(site, signed_in):
    page = signed_in("worker").get(f"/d/{site.toy}/history").text
    assert 'data-cell-id="nw"' in page
    assert 'data-cell-id="ne"' not in page
