"""Names of the measures, as a reader sees them."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext

MEASURE: Mapping[str, Any] = {
    "staffing.accountable": lazy_gettext("accountable post"),
    "staffing.posts": lazy_gettext("posts on duty"),
    "walk_share": lazy_gettext("people within the norm on foot"),
    "walk_mean_m": lazy_gettext("mean walking distance"),
    "walk_p50_m": lazy_gettext("walking distance, half of the people"),
    "walk_p90_m": lazy_gettext("walking distance, 90th percentile"),
    "walk_max_m": lazy_gettext("longest walking distance"),
    "line_share": lazy_gettext("people within the norm in a straight line"),
    "unserved_people": lazy_gettext("people not served"),
    "area_share": lazy_gettext("area within the norm on foot"),
    "access_e2sfca": lazy_gettext("supply within reach per 1,000 people"),
    "catchment_load": lazy_gettext("load of the nearest site (people per place)"),
    "walk_share_planned": lazy_gettext("people within the norm on foot, with the planned sites"),
    "floor_share": lazy_gettext("people whose nearest site within the norm is large enough"),
    "sites_ratio": lazy_gettext("sites of the community per site asked for"),
    "group_share": lazy_gettext("people of the group within the norm on foot"),
    "access_3sfca": lazy_gettext("supply within reach per 1,000 people (3SFCA)"),
    "access_2sfca": lazy_gettext("supply within reach per 1,000 people (2SFCA)"),
    "bike_share": lazy_gettext("people within the norm by bicycle"),
    "bike_mean_m": lazy_gettext("mean distance by bicycle"),
    "bike_p50_m": lazy_gettext("distance by bicycle, half of the people"),
    "bike_p90_m": lazy_gettext("distance by bicycle, 90th percentile"),
    "bike_max_m": lazy_gettext("longest distance by bicycle"),
    "bike_share_planned": lazy_gettext("people within the norm by bicycle, with the planned sites"),
    "drive_share": lazy_gettext("people within the norm by car"),
    "drive_mean_m": lazy_gettext("mean distance by car"),
    "drive_p50_m": lazy_gettext("distance by car, half of the people"),
    "drive_p90_m": lazy_gettext("distance by car, 90th percentile"),
    "drive_max_m": lazy_gettext("longest distance by car"),
    "drive_share_planned": lazy_gettext("people within the norm by car, with the planned sites"),
    "patrol.presence": lazy_gettext("presence"),
    "patrol.met_share": lazy_gettext("windows met"),
    "patrol.dwell_s": lazy_gettext("dwell time"),
    "patrol.freshness_h": lazy_gettext("time since the last visit"),
    "camera.public_m2": lazy_gettext("public space"),
}
