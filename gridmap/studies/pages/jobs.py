"""Long work as pages show it: how far a job is, the list of one's own, and stopping one."""

from dataclasses import dataclass

from sqlalchemy import Connection

from gridmap.store import jobs as store
from gridmap.store.jobs import Job
from gridmap.store.reads import read_district

__all__ = ["Job", "ShownJob", "job_page", "jobs_page", "stop_job"]


@dataclass(frozen=True)
class ShownJob:
    """A job as a page shows it.

    Attributes
    ----------
    job : Job
        As it is kept.
    stale : bool
        Whether the district has changed since it was asked for.
    """

    job: Job
    stale: bool


def job_page(connection: Connection, district_id: int, job_id: int) -> ShownJob:
    """Tell how far a job of the reader is.

    Raises
    ------
    MissingLayerError
        If there is no such job of the reader in this scope.
    """
    job = store.read_job(connection, district_id, job_id)
    return ShownJob(job, job.version != read_district(connection, district_id)["version"])


def jobs_page(connection: Connection, district_id: int) -> list[ShownJob]:
    """List the jobs of the reader in a district, the newest first."""
    version = read_district(connection, district_id)["version"]
    return [
        ShownJob(job, job.version != version) for job in store.list_jobs(connection, district_id)
    ]


def stop_job(connection: Connection, district_id: int, job_id: int) -> Job:
    """Tell a job of the reader to stop; one that has ended stays as it is.

    Raises
    ------
    MissingLayerError
        If there is no such job of the reader in this scope.
    """
    job = store.read_job(connection, district_id, job_id)
    store.ask_to_stop(connection, district_id, job_id)
    return job
