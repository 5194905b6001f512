"""Rays: which bearings first meet a home, asked of shapely one by one."""

import math

import shapely


def bearings_that_meet_homes(x, y, heading, field, range_m, homes, others, step_deg=0.5):
    """Bearings [°] of a field whose straight line first meets a home within range."""
    everything = [(one, True) for one in homes] + [(one, False) for one in others]
    here, told = shapely.Point(x, y), []
    for number in range(round(field / step_deg) + 1):
        bearing = heading - field / 2 + number * step_deg
        way = math.sin(math.radians(bearing)), math.cos(math.radians(bearing))
        ray = shapely.LineString([(x, y), (x + range_m * way[0], y + range_m * way[1])])
        met = [(here.distance(ray.intersection(one)), home) for one, home in everything
               if ray.intersects(one)]  # fmt: skip
        if met and min(met)[1]:
            told.append(bearing % 360)
    return told
