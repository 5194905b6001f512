"""Words of long work, in the reader's language, and the page that each kind belongs to."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext, lazy_gettext, ngettext

from gridmap.studies.pages import Job
from web import siting_words
from web.words import number, share


class Kind(NamedTuple):
    """A kind of job: what it is called, which page asks for it, and what its answer says.

    Attributes
    ----------
    name : text
        In the reader's language.
    endpoint : str
        Page whose address is the question of the job.
    outcome : callable, optional
        ``outcome(job)`` tells in one sentence what a job that is done found.
    """

    name: Any
    endpoint: str
    outcome: Callable[[Job], str] | None = None


def _proof_outcome(job: Job) -> str:
    told = job.answer
    if told["better"]:
        return gettext("A better choice was found. Open it to see what changes.")
    if told["proved"]:
        return gettext("Proved: no other choice of these views gains more.")
    return gettext(
        "At least %(share)s of the best possible gain; time for the proof ran out.",
        share=share(told["certain_share"]),
    )


def _siting_outcome(job: Job) -> str:
    told = job.answer
    if "refused" in told:
        return siting_words.say_refused(told["refused"]["why"])
    if not told["answer"]:
        return siting_words.say_beyond(told)
    return siting_words.say_certainty(told)


def _list_outcome(job: Job) -> str:
    count = len(job.answer["rows"])
    return ngettext("%(count)s candidate", "%(count)s candidates", count, count=number(count))


def _routes_outcome(job: Job) -> str:
    told = job.answer
    if not told["routes"]:
        return gettext("There is nothing to walk then.")
    if told["kind"] == "tour":
        return gettext("The tour is planned.")
    return gettext(
        "These routes would close %(met)s of %(due)s gaps.",
        met=told["closes"]["met"],
        due=told["closes"]["due"],
    )


def _file_outcome(job: Job) -> str:
    return gettext("The file is ready: %(kind)s.", kind=str(job.question["kind"]).upper())


KIND: Mapping[str, Kind] = {
    "camera_proof": Kind(
        lazy_gettext("Proof of a plan of cameras"), "plan_cameras.show", _proof_outcome
    ),
    "patrol_routes": Kind(lazy_gettext("Routes of patrols"), "patrol_routes.show", _routes_outcome),
    "service_export": Kind(
        lazy_gettext("File about services"), "service_downloads.fetch", _file_outcome
    ),
    "siting_plan": Kind(lazy_gettext("Plan of sites"), "siting.show", _siting_outcome),
    "siting_list": Kind(lazy_gettext("List of candidates"), "siting.show", _list_outcome),
}
"""Kinds of jobs."""
STAGE: Mapping[str, Any] = {
    "routes: ways": lazy_gettext("Laying out the ways"),
    "routes: distances": lazy_gettext("Measuring ways between the gaps"),
    "routes: searching": lazy_gettext("Looking for good routes"),
    "tour: ways": lazy_gettext("Laying out the ways"),
    "tour: parts": lazy_gettext("Joining separate parts"),
    "tour: odd nodes": lazy_gettext("Matching dead ends"),
    "tour: walk": lazy_gettext("Walking the tour"),
    "": lazy_gettext("Waiting for its turn"),
    "reading": lazy_gettext("Reading the district"),
    "starting": lazy_gettext("Beginning"),
    "report: services": lazy_gettext("Drawing maps and charts, type by type"),
    "plan: people and streets": lazy_gettext("Placing people on the streets"),
    "plan: distances": lazy_gettext("Measuring walks between homes and places"),
    "plan: told before choosing": lazy_gettext("Choosing"),
    "plan: model": lazy_gettext("Choosing"),
    "plan: solver": lazy_gettext("Choosing, and proving the choice"),
    "plan: interchange": lazy_gettext("Choosing by exchanging one site for another"),
    "plan: bound": lazy_gettext("Working out what no choice can beat"),
    "plan: proof": lazy_gettext("Proving the choice"),
    "plan: radius": lazy_gettext("Narrowing down the longest walk"),
    "plan: frontier": lazy_gettext("Working out the curve for other numbers of sites"),
    "plan: proving": lazy_gettext(
        "Looking for a better choice, or for the proof that there is none"
    ),
}
"""What a job is doing; a stage that is not here is told as it is."""
ERROR: Mapping[str, Any] = {
    "interrupted": lazy_gettext("The server was stopped meanwhile. Ask again."),
    "died": lazy_gettext(
        "The work ended before its time; the machine may be short of memory. Ask for less, or use "
        "the command."
    ),
    "broken": lazy_gettext("Something went wrong on our side. The error was recorded."),
}
"""Why a job failed, where that is no message."""


def name_job(job: Job) -> str:
    """Name the kind of work."""
    return str(KIND[job.kind].name) if job.kind in KIND else job.kind


def say_job(job: Job) -> str:
    """How a job stands, in one sentence; the same as long as it does the same."""
    if job.going and job.stop_asked:
        return gettext("Stopping …")
    if job.going:
        return f"{STAGE.get(job.stage, job.stage)} …"
    if job.state == "done":
        outcome = KIND[job.kind].outcome if job.kind in KIND else None
        return outcome(job) if outcome else gettext("Done.")
    why = str(ERROR.get(job.error, job.error))
    if job.state == "failed":
        return gettext("This could not be worked out. %(why)s", why=why)
    return why or gettext("Stopped.")


def mark_of(job: Job) -> str:
    """Mark that changes where what is said of a job changes."""
    return f"{job.state}:{job.stop_asked:d}:{job.stage}"


def address_of(job: Job, endpoint: str = "") -> str:
    """Address of the page that asked for a job, with the job in it."""
    known = endpoint or (KIND[job.kind].endpoint if job.kind in KIND else "jobs.show")
    if known == "jobs.show":
        return url_for(known, district=job.district_id, job_id=job.id)
    # What was asked is neither part of the path nor an order to ``url_for``.
    asked = {name: text for name, text in job.question.items() if not name.startswith("_")}
    return url_for(known, **{**asked, "district": job.district_id, "job": job.id})
