"""A plan of sites carried out in a scenario, to be moved, compared and shared there."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from gridmap.errors import InputError
from gridmap.plan.scenario_compare import compare_outcomes
from gridmap.store import scenarios as kept_scenarios
from gridmap.store.scope import Scope
from gridmap.studies.pages import scenario_ground as what_if
from gridmap.studies.pages.listing import plain_rows
from gridmap.studies.pages.siting import siting_answer
from gridmap.studies.siting_told import Plain


def try_as_scenario(  # noqa: PLR0917  who, where, what, and how it is called
    connection: Connection,
    scope: Scope,
    district_id: int,
    told: Mapping[str, str],
    title: str,
    name_site: Callable[[int], str],
) -> int:
    """Begin a scenario in which the plan is carried out; returns its number.

    Parameters
    ----------
    connection : Connection
    scope : Scope
        Of the planner whom the scenario belongs to.
    district_id : int
    told : mapping of str to str
        Arguments of the address of the plan.
    title : str
        What the scenario is called.
    name_site : callable
        ``name_site(number)``: what a new site is called.

    Raises
    ------
    InputError
        If there is no plan, it changes nothing, or a scenario cannot do it.
    """
    if scope.user_id is None:
        raise InputError("Scenarios belong to an account; sign in with one first.")
    answer = siting_answer(connection, scope, district_id, told)
    base = what_if.open_district_base(connection, scope, district_id)
    known = base.register.norm_m.get(answer["type"])
    changes = _changes(answer, known, {str(one) for one in base.register.sites["site_id"]})
    named = [one | ({"name": name_site(one["name"])} if "name" in one else {}) for one in changes]
    if not named:
        raise InputError("This plan changes nothing: there is nothing to try as a scenario.")
    difference = compare_outcomes(what_if.ask(base, []), what_if.ask(base, named))
    return kept_scenarios.begin_scenario(
        connection, district_id, scope.user_id, title,
        kept_scenarios.name_base(connection, district_id), named,
        {"types": plain_rows(difference.types)},
    )  # fmt: skip


def _changes(answer: Plain, norm_m: float | None, taken: set[str]) -> list[Plain]:
    """List the changes that carry a plan out; ``name`` is the number of the site."""
    changes: list[Plain] = []
    if answer["chosen"] and norm_m is not None and norm_m != answer["norm_m"]:
        changes.append({"op": "norm", "type": answer["type"], "norm_m": answer["norm_m"]})
    changes += [{"op": "close", "site_id": one["site_id"]} for one in answer["closed"]]
    for one in answer["chosen"]:
        site_id = f"plan-{one['place_id']}"
        while site_id in taken:
            site_id += "+"
        taken.add(site_id)
        change = {"op": "add", "site_id": site_id, "type": answer["type"], "name": one["number"]}
        change |= {"lon": one["lon"], "lat": one["lat"]}
        changes.append(change | ({"capacity": one["capacity"]} if one["capacity"] else {}))
    return changes
