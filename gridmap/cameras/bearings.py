"""What the loops of sweep and reach agree on about bearings."""

import numpy as np
import numpy.typing as npt

SAME_ANGLE = 1e-12
"""Bearings nearer than this [rad] are one."""
OPEN = -1
"""Number of the wall of a sector in which there is none."""
HEAP_FROM = 2_000
"""Walls around one camera from which the nearest one comes from a heap instead of a list."""
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
