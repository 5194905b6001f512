"""Row-level security: who sees which rows, by district, community, cell and role.

The scope is the setting ``app.scope`` (JSON, one transaction). A policy reads it through functions
in scalar sub-selects, so that it is parsed once for each query and not for each row. The owner
loads and sees everything; the application only ever runs as ``gridmap_app``.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FUNCTIONS = {
    "gridmap_scope()": """
        RETURNS jsonb LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('app.scope', true), '')::jsonb $$""",
    "gridmap_role()": """
        RETURNS text LANGUAGE sql STABLE AS
        $$ SELECT coalesce(gridmap_scope() ->> 'role', '') $$""",
    "gridmap_districts()": """
        RETURNS integer[] LANGUAGE sql STABLE AS
        $$ SELECT ARRAY(SELECT jsonb_array_elements_text(
             coalesce(gridmap_scope() -> 'district_ids', '[]'))::integer) $$""",
    # Whole districts only where both limits are spelt out as null: an absent one is a fault.
    "gridmap_whole()": """
        RETURNS boolean LANGUAGE sql STABLE AS
        $$ SELECT coalesce(gridmap_role() IN ('planner', 'liaison', 'admin')
             AND jsonb_typeof(gridmap_scope() -> 'community_codes') = 'null'
             AND jsonb_typeof(gridmap_scope() -> 'cell_ids') = 'null', false) $$""",
    "gridmap_limits(name text)": """
        RETURNS text[] LANGUAGE sql STABLE AS
        $$ SELECT ARRAY(SELECT jsonb_array_elements_text(
             CASE WHEN jsonb_typeof(gridmap_scope() -> name) = 'array'
             THEN gridmap_scope() -> name ELSE '[]' END)) $$""",
    # Patrol is shown to planners a week late: districts whose day lies that far back.
    "gridmap_late_districts()": """
        RETURNS integer[] LANGUAGE sql STABLE AS
        $$ SELECT ARRAY(SELECT id FROM districts WHERE as_of <= current_date - 7) $$""",
    # A worker's own cells follow from the duties of the post; asked for while signing in, before
    # there is a scope, hence with the rights of the owner.
    "gridmap_post_cells(who integer, district integer, day date)": """
        RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = pg_catalog, public AS
        $$ SELECT DISTINCT c.cell_id
           FROM user_scopes s
           JOIN districts d ON d.id = s.district_id
           JOIN duties u ON u.district_id = s.district_id AND u.post_id = s.post_id
           JOIN cells c ON c.district_id = u.district_id
                       AND (c.cell_id = u.cell_id OR c.community_code = u.cell_id)
           WHERE s.user_id = who AND s.district_id = district
             AND coalesce(u.valid_from, '-infinity')
                 <= coalesce(day, (now() AT TIME ZONE d.timezone)::date)
             AND coalesce(u.valid_to, 'infinity')
                 > coalesce(day, (now() AT TIME ZONE d.timezone)::date) $$""",
}

_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_MEMBER = f"{_ROLE} IN ('worker', 'planner', 'liaison', 'admin')"
_STAFF = f"{_ROLE} IN ('planner', 'liaison', 'admin')"
_OWN = """((SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_PATROL = f"""(dimension <> 'patrol' OR {_ROLE} IN ('worker', 'liaison'))"""
_LATE = f"""({_PATROL} OR (measure = 'patrol.met_share' AND "window" = ''
    AND district_id = ANY ((SELECT gridmap_late_districts())::integer[])))"""
_DUTY_SEEN = """EXISTS (SELECT FROM duties d
    WHERE d.district_id = posts.district_id AND d.post_id = posts.post_id)"""

READ = {
    "districts": f"id = ANY ((SELECT gridmap_districts())::integer[]) AND {_MEMBER}",
    "summaries": (
        f"{_HERE} AND {_STAFF} AND (dimension <> 'patrol' OR {_ROLE} = 'liaison' "
        "OR district_id = ANY ((SELECT gridmap_late_districts())::integer[]))"
    ),
    "communities": f"{_HERE} AND {_MEMBER}",
    "roads": f"{_HERE} AND {_MEMBER}",
    "buildings": f"{_HERE} AND {_MEMBER}",
    "landuse": f"{_HERE} AND {_MEMBER}",
    "cells": f"{_HERE} AND {_MEMBER} AND {_OWN}",
    "population": f"{_HERE} AND {_ROLE} = 'planner' AND (SELECT gridmap_whole())",
    "premises": f"{_HERE} AND {_STAFF} AND (SELECT gridmap_whole())",
    "sites": f"{_HERE} AND ({_STAFF} OR ({_ROLE} = 'worker' AND {_OWN}))",
    "service_areas": f"{_HERE} AND {_STAFF}",
    "cameras": f"{_HERE} AND {_ROLE} = 'liaison' AND {_OWN}",
    "views": f"{_HERE} AND {_ROLE} = 'liaison' AND {_OWN}",
    "blind_spots": f"{_HERE} AND {_ROLE} = 'liaison' AND {_OWN}",
    "presence": f"{_HERE} AND {_ROLE} = 'liaison' AND {_OWN}",
    "duties": f"{_HERE} AND {_MEMBER} AND ({_OWN} OR cell_id = community_code)",
    "posts": f"{_HERE} AND ({_STAFF} OR ({_ROLE} = 'worker' AND {_DUTY_SEEN}))",
    "requirements": f"{_HERE} AND {_ROLE} IN ('worker', 'liaison') AND ({_OWN} OR cell_id = '*')",
    "coverage": f"{_HERE} AND {_MEMBER} AND {_OWN} AND {_LATE}",
    "gaps": f"{_HERE} AND {_MEMBER} AND {_OWN} AND {_PATROL}",
    "users": f"{_ROLE} IN ('sign_in', 'admin')",
    "roles": f"{_ROLE} IN ('sign_in', 'admin')",
    "user_roles": f"{_ROLE} IN ('sign_in', 'admin')",
    "user_scopes": f"{_ROLE} IN ('sign_in', 'admin')",
    "audit_log": f"{_ROLE} = 'admin'",
}
"""What the application may read; tables that are not here (shifts, fixes) it may not read."""

HIDDEN = ("shifts", "fixes")
_ACCOUNTS = ("users", "user_roles", "user_scopes")


def upgrade() -> None:
    for head, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {head} {body}")
    op.execute("GRANT USAGE ON SCHEMA public TO gridmap_app")
    op.execute("GRANT SELECT ON alembic_version TO gridmap_app")
    for table in (*READ, *HIDDEN):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
    for table, rule in READ.items():
        op.execute(f"CREATE POLICY app_read ON {table} FOR SELECT TO gridmap_app USING ({rule})")
        op.execute(f"GRANT SELECT ON {table} TO gridmap_app")
    _let_admins_keep_accounts()
    _close_audit_log()


def _let_admins_keep_accounts() -> None:
    admin = f"{_ROLE} = 'admin'"
    for table in _ACCOUNTS:
        op.execute(f"GRANT INSERT, UPDATE, DELETE ON {table} TO gridmap_app")
        op.execute(
            f"CREATE POLICY app_keep ON {table} TO gridmap_app USING ({admin}) WITH CHECK ({admin})"
        )
    # Signing in renews a hash or a session mark; it never makes or deletes an account.
    op.execute(
        f"CREATE POLICY app_renew ON users FOR UPDATE TO gridmap_app "
        f"USING ({_ROLE} = 'sign_in') WITH CHECK ({_ROLE} = 'sign_in')"
    )


def _close_audit_log() -> None:
    op.execute("GRANT INSERT ON audit_log TO gridmap_app")
    op.execute(
        f"CREATE POLICY app_write ON audit_log FOR INSERT TO gridmap_app WITH CHECK ({_ROLE} <> '')"
    )
    op.execute("REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC, gridmap_app")
    op.execute("""
        CREATE FUNCTION gridmap_audit_hash(entry audit_log) RETURNS bytea LANGUAGE sql STABLE AS
        $$ SELECT sha256(entry.previous || convert_to(jsonb_build_array(
             entry.id, extract(epoch FROM entry.at), entry.user_id, entry.role, entry.action,
             entry.district_id, entry.layer, entry.detail)::text, 'UTF8')) $$""")
    op.execute("""
        CREATE FUNCTION gridmap_audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public AS $$
        DECLARE last audit_log;
        BEGIN
          PERFORM pg_advisory_xact_lock(7263, 1);
          SELECT * INTO last FROM audit_log ORDER BY id DESC LIMIT 1;
          NEW.id := coalesce(last.id, 0) + 1;
          NEW.at := clock_timestamp();
          NEW.previous := coalesce(last.hash, '\\x'::bytea);
          NEW.hash := gridmap_audit_hash(NEW);
          RETURN NEW;
        END $$""")
    op.execute(
        "CREATE TRIGGER chain BEFORE INSERT ON audit_log "
        "FOR EACH ROW EXECUTE FUNCTION gridmap_audit_chain()"
    )
    op.execute("""
        CREATE FUNCTION gridmap_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$""")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION gridmap_audit_refuse()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER append_only ON audit_log")
    op.execute("DROP TRIGGER chain ON audit_log")
    for name in ("gridmap_audit_refuse()", "gridmap_audit_chain()"):
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP FUNCTION gridmap_audit_hash(audit_log)")
    for table in (*READ, *HIDDEN):
        op.execute(f"REVOKE ALL ON {table} FROM gridmap_app")
        for policy in ("owner_all", "app_read", "app_keep", "app_renew", "app_write"):
            op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("REVOKE ALL ON alembic_version FROM gridmap_app")
    for head in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {head}")
