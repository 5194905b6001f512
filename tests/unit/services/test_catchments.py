import numpy as np
import pytest
from scipy.sparse import csr_array

from gridmap.errors import InputError
from gridmap.services.catchments import Allocation, allocate_nearest, nearest_pairs, site_loads
from gridmap.services.transport import allocate_within_capacity

# three homes, two sites: metres on paper
WALKS = csr_array(np.array([[100.0, 200.0], [150.0, 600.0], [300.0, 300.0]]))
PEOPLE = np.array([40.0, 60.0, 50.0])


def test_everybody_belongs_to_the_nearest_site_and_of_two_as_near_to_the_first():
    found = allocate_nearest(*nearest_pairs(WALKS), PEOPLE)
    assert found.site.tolist() == [0, 0, 0]
    assert found.person_m == 4_000 + 9_000 + 15_000


def test_loads_tell_people_walks_and_who_is_over():
    found = site_loads(allocate_nearest(*nearest_pairs(WALKS), PEOPLE), np.array([120.0, 30.0]))
    first, second = found.to_dict("records")
    # 28,000 person-metres ÷ 150; 135 of 150 people live within 300 m
    assert first == pytest.approx({
        "people": 150, "walk_mean_m": 28_000 / 150, "walk_p90_m": 300, "walk_max_m": 300,
        "capacity": 120, "load": 1.25, "people_over": 30,
    })  # fmt: skip
    assert (second["people"], second["load"], second["people_over"]) == (0, 0, 0)
    assert np.isnan([second["walk_mean_m"], second["walk_p90_m"], second["walk_max_m"]]).all()


def test_a_site_without_capacity_is_never_over_and_one_with_none_left_always_is():
    found = site_loads(allocate_nearest(*nearest_pairs(WALKS[:, :1]), PEOPLE), np.array([np.nan]))
    assert np.isnan(found[["load", "people_over"]].to_numpy()).all()
    found = site_loads(allocate_nearest(*nearest_pairs(WALKS[:, :1]), PEOPLE), np.array([0.0]))
    assert np.isnan(found["load"].iloc[0])
    assert found["people_over"].iloc[0] == 150


def test_within_capacity_the_one_who_loses_least_goes_elsewhere():
    found = allocate_within_capacity(WALKS, PEOPLE, np.array([100.0, 60.0]))
    # home 3 loses nothing by going to site 2: no metre more than without capacities
    assert found.allocation.site.tolist() == [0, 0, 1]
    assert found.allocation.person_m == found.bound_person_m == 28_000
    assert found.split_points == 0


def test_people_of_a_home_are_split_where_that_is_shorter():
    found = allocate_within_capacity(WALKS, PEOPLE, np.array([80.0, 200.0]))
    # 20 of home 1 walk 100 m more
    assert found.split_points == 1
    assert found.allocation.person_m == 30_000
    assert found.allocation.main_site(3).tolist() == [0, 0, 1]
    assert found.price_m.tolist() == [100.0, 0.0]


def test_who_finds_no_place_is_told_and_as_few_as_can_be():
    found = allocate_within_capacity(WALKS, PEOPLE, np.array([50.0, 20.0]))
    assert found.allocation.unserved_people == 80
    # 20 of home 1 walk 200 m, which leaves 30 places at 150 m to home 2; with home 3 it would be
    # 40 · 100 + 10 · 150 + 20 · 300, a kilometre more
    assert found.allocation.person_m == 20 * 100 + 20 * 200 + 30 * 150
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_a_long_way_round_is_better_than_leaving_somebody_out():
    walks = csr_array(np.array([[10.0, 5_000.0], [10.0, 0.0]]))
    found = allocate_within_capacity(walks, np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    assert found.allocation.site.tolist() == [1, 0]


def test_a_site_without_places_serves_nobody():
    found = allocate_within_capacity(WALKS, PEOPLE, np.array([0.0, 150.0]))
    assert set(found.allocation.site.tolist()) == {1}


def test_without_any_site_in_reach_everybody_is_with_nobody():
    found = allocate_within_capacity(csr_array((2, 1)), np.array([3.0, 4.0]), np.array([9.0]))
    assert found.allocation.site.tolist() == [-1, -1]
    assert found.allocation.unserved_people == 7
    nearest = allocate_nearest(*nearest_pairs(csr_array((2, 1))), np.array([3.0, 4.0]))
    assert nearest.unserved_people == 7
    assert np.isnan(nearest.walk_m).all()


def test_without_sites_or_people_there_is_nothing_and_no_error():
    none = allocate_within_capacity(csr_array((2, 0)), np.array([3.0, 4.0]), np.array([]))
    assert none.allocation.unserved_people == 7
    empty = allocate_within_capacity(csr_array((0, 2)), np.array([]), np.array([1.0, 1.0]))
    assert len(empty.allocation.demand) == 0
    nobody = allocate_within_capacity(WALKS, np.zeros(3), np.array([1.0, 1.0]))
    assert nobody.allocation.person_m == nobody.bound_person_m == 0


def test_the_proof_tells_whether_pairs_left_out_could_have_mattered():
    near = csr_array(np.array([[100.0, 0.0], [0.0, 300.0]]))
    roomy = allocate_within_capacity(near, np.array([1.0, 1.0]), np.array([5.0, 5.0]))
    assert roomy.holds_beyond(300.0)
    assert not roomy.holds_beyond(299.0)
    tight = allocate_within_capacity(near, np.array([9.0, 1.0]), np.array([5.0, 5.0]))
    assert not tight.holds_beyond(300.0)


@pytest.mark.parametrize("wrong", [np.nan, -1.0])
def test_wrong_people_and_capacities_are_refused_by_row(wrong):
    with pytest.raises(InputError, match=r"people of the demand points.*row 2"):
        allocate_within_capacity(WALKS, np.array([1.0, wrong, 1.0]), np.ones(2))
    with pytest.raises(InputError, match=r"people of the demand points.*row 2"):
        allocate_nearest(*nearest_pairs(WALKS), np.array([1.0, wrong, 1.0]))
    with pytest.raises(InputError, match=r"capacity of.* 2"):
        allocate_within_capacity(WALKS, PEOPLE, np.array([1.0, wrong]))
    with pytest.raises(InputError, match=r"found \(3, 2\)"):
        allocate_within_capacity(WALKS, PEOPLE, np.ones(3))


def test_capacity_without_end_is_no_limit():
    found = allocate_within_capacity(WALKS, PEOPLE, np.array([np.inf, 1.0]))
    assert found.allocation.person_m == 28_000


def test_of_a_split_point_the_site_of_most_people_counts_and_of_as_many_the_first():
    who = Allocation(
        np.array([0, 0, 1, 1]), np.array([2, 1, -1, 3]), np.array([5.0, 5.0, 1.0, 1.0]), np.zeros(4)
    )
    assert who.main_site(3).tolist() == [1, 3, -1]
