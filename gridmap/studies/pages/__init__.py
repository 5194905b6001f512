"""What the pages of the web application ask for: plain values, ready to be shown.

Every function takes a connection in the scope of the reader (see :mod:`gridmap.store.scope`), so
that a page can only ever show what its reader may see.
"""

from gridmap.report.sheets import write_sheet
from gridmap.store.accounts import Part
from gridmap.studies.pages.accounts import (
    add_account,
    audit_page,
    change_account,
    end_sessions,
    list_accounts,
    list_sign_ins,
    parts_of,
    renew_password,
)
from gridmap.studies.pages.answers import answer_place, answers_page, read_position
from gridmap.studies.pages.camera import camera_page, export_trial, try_out
from gridmap.studies.pages.camera_layers import shapes_page, terms_of
from gridmap.studies.pages.camera_neither import STEPS, neither_shapes, period_names
from gridmap.studies.pages.cameras import cameras_page
from gridmap.studies.pages.cells import cell_details, cell_page, my_cells_page
from gridmap.studies.pages.drafts import (
    begin_draft,
    difference_page,
    discard_draft,
    draft_ground,
    draft_page,
    drafts_page,
    edit_draft,
    publish_draft,
    rebase_draft,
)
from gridmap.studies.pages.gaps import GAP_COLUMNS, export_gaps, gaps_page
from gridmap.studies.pages.grid import GRID_COLUMNS, export_grid, grid_page
from gridmap.studies.pages.history import history_page
from gridmap.studies.pages.jobs import Job, ShownJob, job_page, jobs_page, stop_job
from gridmap.studies.pages.listing import Listing, Order
from gridmap.studies.pages.overview import overview_page
from gridmap.studies.pages.patrol import patrol_page
from gridmap.studies.pages.patrol_gaps import FILTERS as PATROL_GAP_FILTERS
from gridmap.studies.pages.patrol_gaps import (
    LONGEST_REASON,
    Act,
    act_on_gaps,
    patrol_gaps_page,
)
from gridmap.studies.pages.patrol_live import live_page
from gridmap.studies.pages.patrol_overview import patrol_overview
from gridmap.studies.pages.patrol_quality import beats_page, quality_page, streets_page
from gridmap.studies.pages.patrol_routes import begin_routes, route_file, routes_page
from gridmap.studies.pages.patrol_windows import cell_strip, windows_page
from gridmap.studies.pages.places import find_places, list_districts, read_district
from gridmap.studies.pages.plan_cameras import (
    camera_plan_page,
    export_camera_plan,
    prove_again,
)
from gridmap.studies.pages.privacy import EXPORT_KINDS, export_privacy, privacy_page
from gridmap.studies.pages.roster_upload import bring_in_roster, look_at_roster
from gridmap.studies.pages.scenarios import (
    begin_scenario,
    change_scenario,
    compare_page,
    edit_scenario,
    export_scenario,
    rebase_scenario,
    scenario_page,
    scenarios_page,
    try_change,
)
from gridmap.studies.pages.service_types import service_types_page
from gridmap.studies.pages.services import services_page
from gridmap.studies.pages.shifts import (
    change_shift,
    devices_page,
    dispute_shift,
    export_track,
    issue_device,
    list_disputes,
    own_track,
    revoke_device,
    send_fixes,
    shift_page,
)
from gridmap.studies.pages.siting import plan_again as plan_sites_again
from gridmap.studies.pages.siting import siting_answer, siting_page
from gridmap.studies.pages.siting_export import write_siting_answer
from gridmap.studies.pages.siting_list import keep_list as keep_candidate_list
from gridmap.studies.pages.siting_question import FIELDS as SITING_FIELDS
from gridmap.studies.pages.siting_scenario import try_as_scenario as try_siting_as_scenario
from gridmap.studies.pages.staffing import (
    apply_suggestion,
    enter_absence,
    finish_absence,
    staffing_page,
    write_roster_template,
)
from gridmap.studies.pages.standards import (
    RULE_CHOICES,
    RULE_FIELDS,
    check_own_rule,
    export_own_rules,
    export_standards,
    remove_own_rule,
    rule_form,
    save_own_rule,
    standards_page,
    upload_own_rules,
)
from gridmap.studies.pages.tiles import Tile, draw_tile

__all__ = [
    "EXPORT_KINDS",
    "GAP_COLUMNS",
    "GRID_COLUMNS",
    "LONGEST_REASON",
    "PATROL_GAP_FILTERS",
    "RULE_CHOICES",
    "RULE_FIELDS",
    "SITING_FIELDS",
    "STEPS",
    "Act",
    "Job",
    "Listing",
    "Order",
    "Part",
    "ShownJob",
    "Tile",
    "act_on_gaps",
    "add_account",
    "answer_place",
    "answers_page",
    "apply_suggestion",
    "audit_page",
    "beats_page",
    "begin_draft",
    "begin_routes",
    "begin_scenario",
    "bring_in_roster",
    "camera_page",
    "camera_plan_page",
    "cameras_page",
    "cell_details",
    "cell_page",
    "cell_strip",
    "change_account",
    "change_scenario",
    "change_shift",
    "check_own_rule",
    "compare_page",
    "devices_page",
    "difference_page",
    "discard_draft",
    "dispute_shift",
    "draft_ground",
    "draft_page",
    "drafts_page",
    "draw_tile",
    "edit_draft",
    "edit_scenario",
    "end_sessions",
    "enter_absence",
    "export_camera_plan",
    "export_gaps",
    "export_grid",
    "export_own_rules",
    "export_privacy",
    "export_scenario",
    "export_standards",
    "export_track",
    "export_trial",
    "find_places",
    "finish_absence",
    "gaps_page",
    "grid_page",
    "history_page",
    "issue_device",
    "job_page",
    "jobs_page",
    "keep_candidate_list",
    "list_accounts",
    "list_disputes",
    "list_districts",
    "list_sign_ins",
    "live_page",
    "look_at_roster",
    "my_cells_page",
    "neither_shapes",
    "overview_page",
    "own_track",
    "parts_of",
    "patrol_gaps_page",
    "patrol_overview",
    "patrol_page",
    "period_names",
    "plan_sites_again",
    "privacy_page",
    "prove_again",
    "publish_draft",
    "quality_page",
    "read_district",
    "read_position",
    "rebase_draft",
    "rebase_scenario",
    "remove_own_rule",
    "renew_password",
    "revoke_device",
    "route_file",
    "routes_page",
    "rule_form",
    "save_own_rule",
    "scenario_page",
    "scenarios_page",
    "send_fixes",
    "service_types_page",
    "services_page",
    "shapes_page",
    "shift_page",
    "siting_answer",
    "siting_page",
    "staffing_page",
    "standards_page",
    "stop_job",
    "streets_page",
    "terms_of",
    "try_change",
    "try_out",
    "try_siting_as_scenario",
    "upload_own_rules",
    "windows_page",
    "write_roster_template",
    "write_sheet",
    "write_siting_answer",
]
