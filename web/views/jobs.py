"""Long work: how far it is, for the page that asked for it or on a page of its own; stopping it."""

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template
from werkzeug.wrappers import Response as Answer

from gridmap.studies import pages
from web import job_words
from web.database import reading
from web.errors import wants_json
from web.shell import open_district
from web.views.parsing import told

views = Blueprint("jobs", __name__, url_prefix="/d/<int:district>/jobs")


@views.get("")
def every(district: int) -> str:
    """List the reader's own jobs."""
    open_district(district)
    with reading(district) as connection:
        found = pages.jobs_page(connection, district)
    return render_template("jobs.html", found=found, words=job_words)


@views.get("/<int:job_id>")
def show(district: int, job_id: int) -> Response:
    """Tell how far a job is: as a page, as the part of one that changes, or as JSON."""
    with reading(district) as connection:
        shown = pages.job_page(connection, district, job_id)
    if wants_json():
        return jsonify(_plain(shown.job))
    if told("part"):
        return _part(shown.job)
    open_district(district)
    return make_response(render_template("job.html", shown=shown, job_words=job_words))


@views.post("/<int:job_id>/stop")
def stop(district: int, job_id: int) -> Answer:
    """Tell a job to stop, and go back to the page that asked for it."""
    with reading(district) as connection:
        job = pages.stop_job(connection, district, job_id)
    return redirect(job_words.address_of(job), 303)


def _part(job: pages.Job) -> Response:
    """Part of a page that asks again; what is read aloud only where it has changed."""
    then = "reload" if told("then") == "reload" else "stay"
    changed = told("heard") != job_words.mark_of(job)
    answer = make_response(
        render_template("job_part.html", job=job, job_words=job_words, then=then, changed=changed)
    )
    if not job.going and then == "reload":
        answer.headers["HX-Refresh"] = "true"
    return answer


def _plain(job: pages.Job) -> dict[str, object]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "share": job.share,
        "running_s": round(job.running_s, 1),
        "says": job_words.say_job(job),
        "address": job_words.address_of(job),
    }
