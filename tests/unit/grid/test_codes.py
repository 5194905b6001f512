import numpy as np
import pandas as pd
import pytest

from gridmap.errors import InputError
from gridmap.grid.code_rules import code_rules
from gridmap.grid.codes import code_cells

RULE = code_rules()["cell-15"]


@pytest.mark.parametrize("bad", ["", "12345", "11010100100100a", "１１０１０１００１００１００１"])
def test_what_is_no_cell_code_is_not_decoded(bad):
    with pytest.raises(InputError, match="15 digits"):
        RULE.decode(bad)


@pytest.mark.parametrize("serial", [0, 1000, -1])
def test_a_serial_beyond_three_digits_is_not_encoded(serial):
    with pytest.raises(InputError, match="1 to 999"):
        RULE.encode("110101001001", serial)


@pytest.mark.parametrize("community", ["", "West", "1101010010011"])
def test_a_community_code_that_is_not_twelve_digits_at_most_is_not_encoded(community):
    with pytest.raises(InputError, match="12 digits"):
        RULE.encode(community, 1)


def test_codes_that_padding_would_make_equal_keep_their_own_names():
    found = code_cells(pd.Series(["11", "110"]), np.array([1, 1]))
    assert found["cell_id"].tolist() == ["11-001", "110-001"]
    assert found["code"].isna().all()
