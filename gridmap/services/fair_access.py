"""Fair access: how much of what sites offer falls to the people of each place, shared with others.

Floating catchments: every site shares what it has among the people around it, and everybody adds
up the shares of the sites around them.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_array

from gridmap.errors import InputError, name_ids
from gridmap.services.decay import Decay
from gridmap.services.network import FloatArray

Method = Literal["e2sfca", "3sfca"]


@dataclass(frozen=True, eq=False)
class FairAccess:
    """What falls to the people, and what the sites have for each of theirs.

    Attributes
    ----------
    access : ndarray, shape (demand,)
        Supply for each person at each demand point; 0 where no site is in reach.
    ratio : ndarray, shape (sites,)
        Supply of each site ÷ weighted people around it; NaN where nobody is in reach.
    """

    access: FloatArray
    ratio: FloatArray

    @property
    def reaches_people(self) -> Any:
        """Which sites have people in reach: only their supply is shared out."""
        return np.isfinite(self.ratio)


def share_supply(
    walk_m: Any, people: FloatArray, supply: FloatArray, decay: Decay, method: Method = "e2sfca"
) -> FairAccess:
    """Share what sites offer among the people around them.

    Parameters
    ----------
    walk_m : sparse matrix, shape (demand, sites)
        Walks [m]; a pair that is not stored cannot be walked, a stored 0 is a walk of 0 m.
    people : ndarray, shape (demand,)
        People at each demand point.
    supply : ndarray, shape (sites,)
        What each site offers (places, m², or 1 for each site).
    decay : Decay
        Weight by distance; the even one gives the plain two-step floating catchment (2SFCA),
        zones or a bell the enhanced one (E2SFCA).
    method : {"e2sfca", "3sfca"}
        ``3sfca`` first lets people choose among the sites in their reach.

    Returns
    -------
    FairAccess

    Raises
    ------
    InputError
        If people or supply are negative or not known, or their numbers do not fit the matrix.

    Notes
    -----
    With W = decay(walk): R_j = S_j ÷ Σ_i P_i W_ij and A_i = Σ_j R_j W_ij (Luo and Wang 2003; Luo
    and Qi 2009). Three steps (Wan, Zou and Sternberg 2012): with G_ij = W_ij ÷ Σ_k W_ik in place of
    W_ij stands G_ij W_ij in both sums. Conserved: Σ_i A_i P_i = Σ_j S_j over sites with people in
    reach (MEASURES.md 3).

    Examples
    --------
    One site with 10 places for 50 people near by and 100 farther away, who count half:

    >>> from scipy.sparse import csr_array
    >>> walks = csr_array(np.array([[80.0], [150.0]]))
    >>> zones = Decay((100.0, 200.0), (1.0, 0.5))
    >>> found = share_supply(walks, np.array([50.0, 100.0]), np.array([10.0]), zones)
    >>> found.access.tolist(), found.ratio.tolist()
    ([0.1, 0.05], [0.1])
    """
    people, supply = np.asarray(people, dtype=float), np.asarray(supply, dtype=float)
    _check(walk_m, people, supply)
    weights = _weights(csr_array(walk_m), decay, method)
    around = weights.T @ people
    ratio = np.divide(supply, around, out=np.full(len(supply), np.nan), where=around > 0)
    return FairAccess(np.asarray(weights @ np.nan_to_num(ratio)), ratio)


def _weights(walk_m: Any, decay: Decay, method: Method) -> Any:
    weights = walk_m.copy()
    weights.data = decay.weigh(walk_m.data)
    if method == "3sfca":
        total = weights.sum(axis=1)
        choice = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
        weights.data = weights.data**2 * np.repeat(choice, np.diff(weights.indptr))
    elif method != "e2sfca":
        raise InputError(f"Unknown method '{method}'. There are: e2sfca, 3sfca.")
    return weights


def _check(walk_m: Any, people: FloatArray, supply: FloatArray) -> None:
    if walk_m.shape != (len(people), len(supply)):
        raise InputError(
            f"Fair access expects one row of walks for each demand point and one column for each "
            f"site; found {walk_m.shape} for {len(people)} points and {len(supply)} sites."
        )
    refuse_wrong(people, "people of the demand points")
    refuse_wrong(supply, "supply of the sites")


def refuse_wrong(numbers: FloatArray, what: str) -> None:
    """Refuse numbers that are negative or not known.

    Raises
    ------
    InputError
        Naming the rows, counted from 1.

    Examples
    --------
    >>> refuse_wrong(np.array([0.0, 2.5]), "people")
    """
    wrong = np.flatnonzero(~(numbers >= 0) | np.isinf(numbers))
    if len(wrong):
        raise InputError(
            f"Expected the {what} as numbers of 0 or more; found {numbers[wrong[0]]:g} and the "
            f"like in {name_ids(f'row {n + 1}' for n in wrong)}. Correct or leave out these rows."
        )
