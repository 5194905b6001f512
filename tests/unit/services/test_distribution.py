import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.services.distribution import weighted_means, weighted_quantiles
from tests.oracles.services import weighted_quantile


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 10.0, 20.0, 55.5, 300.0, np.inf]),
            st.integers(0, 9),
            st.integers(-1, 3),
        ),
        max_size=25,
    ),
    st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_weighted_quantiles_ask_everyone_in_a_row(rows, share):
    values, counts, groups = (np.array(c) for c in zip(*rows, strict=True)) if rows else [[]] * 3
    values, groups = np.array(values, dtype=float), np.array(groups, dtype=np.int64)
    counts = np.array(counts, dtype=np.int64)
    (found,) = weighted_quantiles(values, counts.astype(float), groups, 4, [share])
    expected = [
        weighted_quantile(values[groups == g].tolist(), counts[groups == g].tolist(), share)
        for g in range(4)
    ]
    np.testing.assert_array_equal(found, expected)


def test_means_leave_out_who_reaches_nothing_and_are_empty_for_nobody():
    walk = np.array([10.0, 20.0, np.inf, 5.0])
    people = np.array([1.0, 3.0, 9.0, 0.0])
    found = weighted_means(walk, people, np.array([0, 0, 0, 1]), 2)
    np.testing.assert_array_equal(found, [17.5, np.nan])
