"""Physical constants and defaults, in SI units; display units are made at the edges."""

WALK_SPEED_MPS = 4.8 / 3.6
"""Walking speed [m/s]: 4.8 km/h, the planning value behind 5/10/15-minute circles."""

SNAP_FINDING_M = 200.0
"""A site or demand point further than this [m] from the network is reported as a finding."""

MIN_PUBLIC_M2 = 100.0
"""Camera share of a cell is null where its public space is smaller than this [m²]."""

BLIND_SPOT_MIN_M2 = 4.0
"""Smallest blind spot [m²] that is listed."""

BLIND_SPOT_MIN_WIDTH_M = 1.0
"""Narrowest blind spot [m] that is listed."""

TILING_TOLERANCE_M2 = 1.0
"""Gap or overlap area [m²] inside one community below which a tiling counts as seamless."""

STOREY_HEIGHT_M = 3.0
"""Height of a storey [m] where only the number of storeys is known."""

TARGET_HEIGHT_M = 1.5
"""Height above ground [m] at which a camera looks at a person: about a face."""
