"""Cameras: what is really seen of public space, planned from positions and optics only."""

from gridmap.cameras.measures import CameraMeasures, measure_cameras

__all__ = ["CameraMeasures", "measure_cameras"]
