"""Who may open what: one table, checked before every request.

The database refuses a second time: each transaction carries the scope of the user.
"""

from collections.abc import Mapping

WORKER, PLANNER, LIAISON, ADMIN = "worker", "planner", "liaison", "admin"
ROLES = (WORKER, PLANNER, LIAISON, ADMIN)
_ALL = frozenset(ROLES)
_ADMIN = frozenset({ADMIN})

PUBLIC = frozenset(
    {
        "static",
        "health.check",
        "preferences.save",
        "security.login",
        "security.logout",
        "ingest.osmand",
        "ingest.batch",
    }
)
"""Endpoints that need no signing in; those of ``ingest`` ask for the token of a device."""

ALLOWED: Mapping[str, frozenset[str]] = {
    "home.start": _ALL,
    "home.empty": _ALL,
    "overview.show": frozenset({PLANNER, LIAISON, ADMIN}),
    "my_cells.show": frozenset({WORKER}),
    "my_cells.draw": frozenset({WORKER}),
    "shifts.show": frozenset({WORKER}),
    "shifts.change": frozenset({WORKER}),
    "shifts.send": frozenset({WORKER}),
    "shifts.track": frozenset({WORKER}),
    "shifts.export": frozenset({WORKER}),
    "shifts.dispute": frozenset({WORKER}),
    "ingest.devices": frozenset({LIAISON, ADMIN}),
    "ingest.issue": frozenset({LIAISON, ADMIN}),
    "ingest.revoke": frozenset({LIAISON, ADMIN}),
    "staffing.show": frozenset({PLANNER}),
    "staffing.export": frozenset({PLANNER}),
    "staffing.add_absence": frozenset({PLANNER}),
    "staffing.end_absence": frozenset({PLANNER}),
    "staffing.apply": frozenset({PLANNER}),
    "staffing.look_at_roster": frozenset({PLANNER}),
    "staffing.bring_in_roster": frozenset({PLANNER}),
    "answers.show": _ALL,
    "answers.tell": _ALL,
    "services.show": frozenset({PLANNER}),
    "service_downloads.begin": frozenset({PLANNER}),
    "service_downloads.fetch": frozenset({PLANNER}),
    "patrol.show": frozenset({PLANNER, LIAISON}),
    "patrol_map.show": frozenset({LIAISON}),
    "patrol_gaps.show": frozenset({LIAISON}),
    "patrol_gaps.act": frozenset({LIAISON}),
    "patrol_ground.streets": frozenset({LIAISON}),
    "patrol_ground.quality": frozenset({LIAISON}),
    "patrol_ground.beats": frozenset({LIAISON}),
    "patrol_live.show": frozenset({LIAISON}),
    "patrol_live.units": frozenset({LIAISON}),
    "patrol_routes.show": frozenset({LIAISON}),
    "patrol_routes.plan": frozenset({LIAISON}),
    "patrol_routes.export": frozenset({LIAISON}),
    "cameras.show": frozenset({LIAISON}),
    "cameras.shapes": frozenset({LIAISON}),
    "camera.show": frozenset({LIAISON}),
    "camera.try_out": frozenset({LIAISON}),
    "camera.export": frozenset({LIAISON}),
    "privacy.show": frozenset({LIAISON}),
    "privacy.export": frozenset({LIAISON}),
    "plan_cameras.show": frozenset({LIAISON}),
    "plan_cameras.export": frozenset({LIAISON}),
    "plan_cameras.prove": frozenset({LIAISON}),
    "history.show": _ALL,
    "grid.show": frozenset({PLANNER, LIAISON, ADMIN}),
    "grid.export": frozenset({PLANNER, LIAISON, ADMIN}),
    "standards.show": frozenset({PLANNER, LIAISON, ADMIN}),
    "standards.export": frozenset({PLANNER, LIAISON, ADMIN}),
    "standards.export_rules": frozenset({PLANNER, LIAISON, ADMIN}),
    "standards.save_rule": frozenset({PLANNER}),
    "standards.remove_rule": frozenset({PLANNER}),
    "standards.upload_rules": frozenset({PLANNER}),
    "siting.show": frozenset({PLANNER}),
    "siting.again": frozenset({PLANNER}),
    "siting.bring": frozenset({PLANNER}),
    "siting.try_out": frozenset({PLANNER}),
    "siting.export": frozenset({PLANNER}),
    "scenarios.show": frozenset({PLANNER}),
    "scenarios.begin": frozenset({PLANNER}),
    "scenarios.edit": frozenset({PLANNER}),
    "scenarios.try_out": frozenset({PLANNER}),
    "scenarios.operate": frozenset({PLANNER}),
    "scenarios.operate_by_form": frozenset({PLANNER}),
    "scenarios.change": frozenset({PLANNER}),
    "scenarios.rebase": frozenset({PLANNER}),
    "scenarios.compare": frozenset({PLANNER}),
    "scenarios.export": frozenset({PLANNER}),
    "drafts.show": frozenset({PLANNER}),
    "drafts.begin": frozenset({PLANNER}),
    "drafts.edit": frozenset({PLANNER}),
    "drafts.ground": frozenset({PLANNER}),
    "drafts.operate": frozenset({PLANNER}),
    "drafts.operate_by_form": frozenset({PLANNER}),
    "drafts.difference": frozenset({PLANNER}),
    "drafts.publish": frozenset({PLANNER}),
    "drafts.discard": frozenset({PLANNER}),
    "drafts.rebase": frozenset({PLANNER}),
    "gaps.show": _ALL,
    "gaps.export": _ALL,
    "cells.show": _ALL,
    "cells.details": _ALL,
    "search.show": _ALL,
    "search.suggest": _ALL,
    "tiles.show": _ALL,
    "jobs.every": _ALL,
    "jobs.show": _ALL,
    "jobs.stop": _ALL,
    "account.show": _ALL,
    "account.save_password": _ALL,
    "account.sign_out_everywhere": _ALL,
    "account.sessions": _ALL,
    "users.show": _ADMIN,
    "users.add": _ADMIN,
    "users.change": _ADMIN,
    "users.set_password": _ADMIN,
    "audit.show": _ADMIN,
}
"""Roles that may open an endpoint; an endpoint in neither table is refused to everyone."""

TILE_LAYERS: Mapping[str, frozenset[str]] = {
    "base": _ALL,
    "cells": _ALL,
    "communities": _ALL,
    "sites": _ALL,
    "gaps": _ALL,
    "cameras": frozenset({LIAISON}),
    "views": frozenset({LIAISON}),
    "blind_spots": frozenset({LIAISON}),
    "service_areas": frozenset({PLANNER, LIAISON, ADMIN}),
    "unserved": frozenset({PLANNER}),
    "catchments": frozenset({PLANNER, LIAISON, ADMIN}),
    "grid": frozenset({PLANNER, LIAISON, ADMIN}),
    "history": _ALL,
    "patrol": frozenset({LIAISON}),
    "streets": frozenset({LIAISON}),
}
"""Roles that may fetch a tile layer; exact camera pose is for liaisons."""

PATROL_FIGURES = frozenset({WORKER, LIAISON})
"""Roles that see figures of patrol at a place (workers of own cells); others see classes."""

HOME: Mapping[str, str] = {
    WORKER: "my_cells.show",
    PLANNER: "overview.show",
    LIAISON: "overview.show",
    ADMIN: "overview.show",
}
"""First page of a role."""


def may_open(role: str | None, endpoint: str) -> bool:
    """Whether a role (``None``: not signed in) may open an endpoint.

    Examples
    --------
    >>> may_open("worker", "gaps.show"), may_open("worker", "users.show")
    (True, False)
    >>> may_open(None, "security.login"), may_open("admin", "nowhere")
    (True, False)
    """
    if endpoint in PUBLIC:
        return True
    return role is not None and role in ALLOWED.get(endpoint, frozenset())


def may_fetch(role: str, layer: str) -> bool:
    """Whether a role may fetch a tile layer.

    Examples
    --------
    >>> may_fetch("liaison", "cameras"), may_fetch("planner", "cameras")
    (True, False)
    """
    return role in TILE_LAYERS.get(layer, frozenset())
