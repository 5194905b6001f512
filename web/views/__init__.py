"""Pages, one file for each subject: parse, ask a study, render."""

from web.views import (
    account,
    audit,
    cameras,
    cells,
    gaps,
    health,
    home,
    my_cells,
    overview,
    patrol,
    preferences,
    search,
    services,
    staffing,
    tiles,
    users,
)

BLUEPRINTS = tuple(
    module.views
    for module in (
        account,
        audit,
        cameras,
        cells,
        gaps,
        health,
        home,
        my_cells,
        overview,
        patrol,
        preferences,
        search,
        services,
        staffing,
        tiles,
        users,
    )
)
