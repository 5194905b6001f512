"""Slow, obvious measures of a grid: borders are walked in small steps, everything is counted."""

import itertools
import math

import shapely


def compactness(cell) -> float:
    """Area as a share of the circle with the same outline."""
    radius = cell.length / (2 * math.pi)
    return cell.area / (math.pi * radius**2)


def length_along(cell, lines, within_m: float, angle_deg: float, areas=(), step_m=0.05) -> float:
    """Walk the border in small steps; count those near a line of about their direction."""
    total = 0.0
    pieces = [piece for line in lines for piece in straight(line)]
    for side in straight(cell.boundary):
        count = max(1, round(side.length / step_m))
        for n in range(count):
            spot = side.interpolate((n + 0.5) / count, normalized=True)
            near = any(
                spot.distance(one) <= within_m and angle(side, one) <= angle_deg + 1e-9
                for one in pieces
            )
            if near or any(one.intersects(spot) for one in areas):
                total += side.length / count
    return total


def metres_inside(cell, lines, deeper_than_m: float, step_m=0.05) -> float:
    """Walk the lines in small steps; count those inside the cell and far from its border."""
    total = 0.0
    for line in lines:
        for piece in straight(line):
            count = max(1, round(piece.length / step_m))
            for n in range(count):
                spot = piece.interpolate((n + 0.5) / count, normalized=True)
                if cell.contains(spot) and cell.boundary.distance(spot) > deeper_than_m:
                    total += piece.length / count
    return total


def gini(loads) -> float:
    """Mean difference of all pairs, as a share of twice the mean."""
    mean = sum(loads) / len(loads)
    pairs = [abs(one - other) for one in loads for other in loads]
    return sum(pairs) / len(pairs) / (2 * mean)


def straight(line):
    """Straight pieces of a line."""
    for part in getattr(line, "geoms", [line]):
        xy = list(part.coords)
        yield from (
            shapely.LineString([one, other])
            for one, other in itertools.pairwise(xy)
            if one != other
        )


def angle(one, other) -> float:
    """Angle [°] between two straight pieces, 0 to 90."""
    bearing = [
        math.atan2(line.coords[-1][1] - line.coords[0][1], line.coords[-1][0] - line.coords[0][0])
        for line in (one, other)
    ]
    turned = abs(math.degrees(bearing[0] - bearing[1])) % 180
    return min(turned, 180 - turned)
