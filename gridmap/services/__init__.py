"""Services: walking network, access to the nearest site, people served and not served."""

from gridmap.services.measures import ServiceMeasures, measure_services

__all__ = ["ServiceMeasures", "measure_services"]
