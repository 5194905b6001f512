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


def test_the_map_of_a_day_asks_for_no_details_of_cells_that_may_be_gone(site, signed_in):
    browser = signed_in("planner")
    assert '"cellUrl":""' in browser.get(f"/d/{site.toy}/history").text
    assert '"cellUrl":""' not in browser.get(f"/d/{site.toy}/grid").text
