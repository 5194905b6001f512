"""Slow and obvious answers about lineage: every old cell against every new one."""

import itertools


def shared_ground(old, new):
    """Shared area [m²] of every pair that shares more than a sliver, by (old, new)."""
    found = {}
    for (_, one), (_, other) in itertools.product(old.iterrows(), new.iterrows()):
        area = one.geometry.intersection(other.geometry).area
        if area > 0.01:
            found[one.cell_id, other.cell_id] = area
    return found


def kind_of(pair, pairs, same_name):
    """What happened, told from who else the two share ground with."""
    old, new = pair
    from_old = {n for o, n in pairs if o == old}
    into_new = {o for o, n in pairs if n == new}
    if from_old == {new} and into_new == {old}:
        return "same" if same_name else "recode"
    if len(into_new) > 1 and all({n for o, n in pairs if o == one} == {new} for one in into_new):
        return "merge"
    if len(from_old) > 1 and all({o for o, n in pairs if n == one} == {old} for one in from_old):
        return "split"
    return "adjust"
