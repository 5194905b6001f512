import numpy as np
import pytest
from scipy.sparse import csr_array

from gridmap.errors import InputError
from gridmap.reference import read_reference
from gridmap.services.decay import Decay, known_decay
from gridmap.services.fair_access import share_supply

# two sites, three homes: metres on paper, 0 where nobody can walk
WALKS = csr_array(np.array([[100.0, 0.0], [300.0, 250.0], [0.0, 900.0]]))
PEOPLE = np.array([40.0, 60.0, 100.0])
SUPPLY = np.array([10.0, 30.0])
THIRDS = Decay((400.0, 800.0, 1200.0), (1.0, 0.68, 0.22))


def test_the_plain_method_shares_each_site_evenly_in_its_limit():
    found = share_supply(WALKS, PEOPLE, SUPPLY, known_decay("even", 1000))
    # 10 places for 40 + 60; 30 for 60 + 100
    assert found.ratio == pytest.approx([0.1, 0.1875])
    assert found.access == pytest.approx([0.1, 0.2875, 0.1875])


def test_zones_count_people_and_sites_less_the_farther_they_are():
    found = share_supply(WALKS, PEOPLE, SUPPLY, THIRDS)
    # 900 m lies in the third zone: 30 ÷ (60 + 100 · 0.22) = 30 ÷ 82
    assert found.ratio == pytest.approx([0.1, 30 / 82])
    assert found.access == pytest.approx([0.1, 0.1 + 30 / 82, 0.22 * 30 / 82])


def test_in_three_steps_people_choose_before_sites_share():
    found = share_supply(WALKS, PEOPLE, SUPPLY, THIRDS, "3sfca")
    # home 2 chooses half and half: site 1 has 40 + 30, site 2 has 30 + 100 · 0.22
    assert found.ratio == pytest.approx([10 / 70, 30 / 52])
    assert found.access == pytest.approx([10 / 70, 5 / 70 + 15 / 52, 0.22 * 30 / 52])


def test_the_bell_weighs_by_its_width_and_ends_at_the_limit():
    bell = known_decay("gaussian", 1000.0)
    assert bell.bandwidth_m == 329.5
    weights = bell.weigh(np.array([0.0, 329.5, 1000.0, 1000.1, np.inf, np.nan]))
    assert weights == pytest.approx(
        [1, np.exp(-0.5), np.exp(-0.5 / 0.3295**2), 0, 0, 0], nan_ok=True
    )


def test_a_home_on_the_doorstep_counts_though_its_walk_is_zero():
    door = csr_array((np.array([0.0]), np.array([0]), np.array([0, 1])), shape=(1, 1))
    found = share_supply(door, np.array([5.0]), np.array([10.0]), THIRDS)
    assert found.access.tolist() == [2.0]


def test_sites_without_people_in_reach_keep_what_they_have():
    found = share_supply(WALKS, np.array([40.0, 0.0, 0.0]), SUPPLY, THIRDS)
    assert found.reaches_people.tolist() == [True, False]
    assert found.access.tolist() == [0.25, 0.25, 0.0]


def test_homes_without_a_site_in_reach_have_nothing():
    alone = csr_array((2, 1))
    found = share_supply(alone, np.array([5.0, 1.0]), np.array([10.0]), THIRDS)
    assert found.access.tolist() == [0.0, 0.0]
    assert np.isnan(found.ratio).all()


def test_with_no_people_at_all_nobody_has_anything():
    found = share_supply(WALKS, np.zeros(3), SUPPLY, THIRDS)
    assert found.access.tolist() == [0, 0, 0]


def test_supply_of_zero_is_shared_as_zero():
    assert share_supply(WALKS, PEOPLE, np.zeros(2), THIRDS).access.tolist() == [0, 0, 0]


@pytest.mark.parametrize("wrong", [np.nan, -1.0, np.inf])
def test_people_and_supply_that_are_no_counts_are_refused_by_row(wrong):
    with pytest.raises(InputError, match=r"people of the demand points.*row 2"):
        share_supply(WALKS, np.array([1.0, wrong, 1.0]), SUPPLY, THIRDS)
    with pytest.raises(InputError, match=r"supply of the sites.*row 1"):
        share_supply(WALKS, PEOPLE, np.array([wrong, 1.0]), THIRDS)


def test_a_matrix_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"found \(3, 2\) for 2 points and 2 sites"):
        share_supply(WALKS, PEOPLE[:2], SUPPLY, THIRDS)


def test_an_unknown_method_or_decay_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="e2sfca, 3sfca"):
        share_supply(WALKS, PEOPLE, SUPPLY, THIRDS, "4sfca")
    with pytest.raises(InputError, match="even, stepped"):
        known_decay("linear", 100)


@pytest.mark.parametrize(
    "parts",
    [((), ()), ((100.0, 100.0), (1, 1)), ((0.0,), (1,)), ((np.nan,), (1,)), ((100.0,), (-1,)),
     ((100.0,), (1, 1)), ((100.0,), (1,), 0.0)],
)  # fmt: skip
def test_what_is_no_decay_is_refused(parts):
    with pytest.raises(InputError, match="zones that rise"):
        Decay(*parts)


def test_every_decay_of_the_table_is_one_and_tells_its_source():
    table = read_reference("access_decay.csv")
    assert (table[["source", "confidence"]] != "").all(axis=None)
    for name in table["decay"].unique():
        weights = known_decay(name, 900.0).weigh(np.array([0.0, 450.0, 900.0, 901.0]))
        assert weights[0] == 1
        assert weights[2] > 0 == weights[3]
        assert (np.diff(weights) <= 0).all()
