"""Fixes from devices: shifts opened and closed, batches, what was refused.

Whoever sends fixes writes no table: one function with the rights of the owner takes them. It looks
at the scope itself, keeps only what lies in an open shift of the sender's own, and counts the rest
by reason. A worker reads own shifts and own fixes; nobody else reads any through the application.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TABLES = (
    "devices", "fix_batches", "fix_refusals", "presence_due", "unit_days", "last_positions",
    "shift_disputes",
)  # fmt: skip
_HERE = "district_id = ANY ((SELECT gridmap_districts())::integer[])"
_ROLE = "(SELECT gridmap_role())"
_USER = "((SELECT gridmap_scope()) ->> 'user_id')::integer"
_OF_TOKEN = "((SELECT gridmap_scope()) ->> 'token')"  # noqa: S105  names what a scope holds
_WORKER = f"{_ROLE} = 'worker' AND {_HERE} AND user_id = {_USER}"
_ISSUER = f"{_HERE} AND {_ROLE} IN ('liaison', 'admin') AND (SELECT gridmap_whole())"
_LIAISON = f"{_HERE} AND {_ROLE} = 'liaison'"
_OWN_CELLS = """((SELECT gridmap_whole())
    OR community_code = ANY ((SELECT gridmap_limits('community_codes'))::text[])
    OR cell_id = ANY ((SELECT gridmap_limits('cell_ids'))::text[]))"""
_LONGEST = "interval '16 hours'"
_RIGHT = f'"end" >= start AND "end" <= start + {_LONGEST}'
_DEVICE = f"{_ROLE} = 'device' AND token_hash = {_OF_TOKEN} AND revoked_at IS NULL"
_OF_DEVICE = f"""{_ROLE} = 'device' AND entered_at IS NOT NULL AND (district_id, unit_id) IN (
    SELECT d.district_id, d.unit_id FROM devices d WHERE d.token_hash = {_OF_TOKEN})"""  # noqa: S608  names of our own
_OWN_DISTRICT = f"""{_ROLE} = 'device' AND id IN (
    SELECT d.district_id FROM devices d WHERE d.token_hash = {_OF_TOKEN})"""  # noqa: S608
_OWN_SHIFT = f"""EXISTS (SELECT FROM shifts s WHERE s.district_id = {{0}}.district_id
    AND s.shift_id = {{0}}.shift_id AND s.user_id = {_USER})"""

_POLICIES = {
    "devices": {
        "app_read": f"FOR SELECT TO gridmap_app USING (({_ISSUER}) OR ({_DEVICE}))",
        "app_issue": f"FOR INSERT TO gridmap_app WITH CHECK ({_ISSUER} AND issued_by = {_USER})",
        "app_revoke": f"FOR UPDATE TO gridmap_app USING ({_ISSUER} AND revoked_at IS NULL) "
        f"WITH CHECK ({_ISSUER})",
    },
    "districts": {
        "app_device": f"FOR SELECT TO gridmap_app USING ({_OWN_DISTRICT})",
    },
    "shifts": {
        "app_read": f"FOR SELECT TO gridmap_app USING (({_WORKER}) OR ({_OF_DEVICE}))",
        "app_open": f"FOR INSERT TO gridmap_app WITH CHECK ({_WORKER} AND {_RIGHT} "
        "AND entered_at = now() AND start = now() AND closed_at IS NULL AND pauses = '{}' "
        "AND unit_id = (SELECT gridmap_own_unit(district_id)))",
        "app_go_on": f"FOR UPDATE TO gridmap_app USING ({_WORKER} AND closed_at IS NULL) "
        f"WITH CHECK ({_WORKER} AND {_RIGHT})",
    },
    "fixes": {
        "app_read": f"FOR SELECT TO gridmap_app USING ({_ROLE} = 'worker' AND {_HERE} "
        f"AND {_OWN_SHIFT.format('fixes')})",
    },
    "fix_refusals": {"app_read": f"FOR SELECT TO gridmap_app USING ({_LIAISON})"},
    "last_positions": {
        "app_read": f"FOR SELECT TO gridmap_app USING ({_LIAISON} AND {_OWN_CELLS} "
        "AND now() < until)",
    },
    "shift_disputes": {
        "app_read": f"FOR SELECT TO gridmap_app USING (({_WORKER}) "
        f"OR ({_LIAISON} AND (SELECT gridmap_whole())))",
        "app_write": f"FOR INSERT TO gridmap_app WITH CHECK ({_WORKER} "
        f"AND {_OWN_SHIFT.format('shift_disputes')})",
    },
}
_GRANTS = (
    "SELECT ON devices, shifts, fixes, fix_refusals, last_positions, shift_disputes",
    "INSERT (district_id, unit_id, label, token_hash, issued_by) ON devices",
    "UPDATE (revoked_at) ON devices",
    'INSERT (district_id, shift_id, unit_id, start, "end", mode, user_id, entered_at) ON shifts',
    'UPDATE ("end", closed_at, phone, pauses) ON shifts',
    "INSERT (district_id, shift_id, user_id, text) ON shift_disputes",
)

_TAKEN = "gridmap_take_fixes(text, text, timestamptz[], float8[], float8[], float8[], jsonb)"
_TAKE = (
    "gridmap_take_fixes(p_batch text, p_phone text, p_times timestamptz[], p_lons float8[], "
    "p_lats float8[], p_accuracies float8[], p_refused jsonb)"
)
_FUNCTIONS = {
    # The unit of a worker is the post: two people of one post are told apart by their shifts.
    "gridmap_own_unit(district integer)": """
        RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS
        $$ SELECT coalesce(min(s.post_id), 'worker-' || max(u.id))
           FROM users u LEFT JOIN user_scopes s
             ON s.user_id = u.id AND s.district_id = district AND s.post_id IS NOT NULL
           WHERE gridmap_role() = 'worker' AND district = ANY (gridmap_districts())
             AND u.id = (gridmap_scope() ->> 'user_id')::integer
           HAVING max(u.id) IS NOT NULL $$""",
    "gridmap_open_day(day date)": """
        RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE name text := 'fixes_' || to_char(day, 'YYYYMMDD');
        BEGIN
          IF to_regclass('public.' || name) IS NOT NULL THEN RETURN; END IF;
          PERFORM pg_advisory_xact_lock(7263, 21);
          EXECUTE format('CREATE TABLE IF NOT EXISTS public.%I PARTITION OF public.fixes '
            'FOR VALUES FROM (%L) TO (%L)', name, day, day + 1);
        END $$""",
    # Where a unit was last is nobody's to see once the shift ends or rests.
    "gridmap_leave_sight()": """
        RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        BEGIN
          DELETE FROM last_positions p
          WHERE p.district_id = NEW.district_id AND p.shift_id = NEW.shift_id;
          RETURN NULL;
        END $$""",
    _TAKE: """
        RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
          v_here integer; v_unit text; v_sender text; v_phone text := p_phone; v_user integer;
          v_answer jsonb; v_day date; v_told jsonb; v_given bigint; v_refused jsonb;
        BEGIN
          IF gridmap_role() = 'worker' THEN
            v_here := (gridmap_districts())[1];
            v_unit := gridmap_own_unit(v_here);
            v_user := (gridmap_scope() ->> 'user_id')::integer;
            v_sender := 'user ' || v_user;
          ELSIF gridmap_role() = 'device' THEN
            SELECT d.district_id, d.unit_id, 'device ' || d.id INTO v_here, v_unit, v_sender
            FROM devices d
            WHERE d.token_hash = gridmap_scope() ->> 'token' AND d.revoked_at IS NULL;
            v_phone := v_sender || ' ' || p_phone;
          END IF;
          IF v_unit IS NULL THEN
            RAISE EXCEPTION 'nobody who may send fixes' USING ERRCODE = 'insufficient_privilege';
          END IF;
          INSERT INTO fix_batches (sender, batch, district_id) VALUES (v_sender, p_batch, v_here)
            ON CONFLICT DO NOTHING;
          IF NOT FOUND THEN
            SELECT b.answer INTO v_answer FROM fix_batches b
            WHERE b.sender = v_sender AND b.batch = p_batch;
            RETURN v_answer || '{"again": true}';
          END IF;
          FOR v_day IN SELECT DISTINCT (g.at AT TIME ZONE 'UTC')::date FROM unnest(p_times) g(at)
            WHERE g.at BETWEEN now() - interval '4 days' AND now() + interval '1 hour' ORDER BY 1
          LOOP PERFORM gridmap_open_day(v_day); END LOOP;
          -- One batch of a unit at a time: two that cross would wait for each other's fixes.
          PERFORM FROM shifts s WHERE s.district_id = v_here AND s.entered_at IS NOT NULL
            AND (s.user_id = v_user OR (v_user IS NULL AND s.unit_id = v_unit))
            AND s."end" > now() - interval '4 days' ORDER BY s.gid FOR NO KEY UPDATE;
          WITH given AS (
            SELECT g.*, ST_SetSRID(ST_MakePoint(g.lon, g.lat), 4326) AS point
            FROM unnest(p_times, p_lons, p_lats, p_accuracies)
              WITH ORDINALITY AS g(at, lon, lat, acc, place)
          ), mine AS MATERIALIZED (
            SELECT s.shift_id, s.unit_id, s.mode, s.start, s."end" AS until, s.pauses, s.phone,
              s.closed_at IS NULL AND s."end" > now() AND NOT s.pauses @> now() AS seen,
              (s.start AT TIME ZONE d.timezone)::date AS duty_day
            FROM shifts s JOIN districts d ON d.id = s.district_id
            WHERE s.district_id = v_here AND s.entered_at IS NOT NULL
              AND (s.user_id = v_user OR (v_user IS NULL AND s.unit_id = v_unit))
              AND s."end" > now() - interval '4 days'
          ), placed AS (
            SELECT DISTINCT ON (g.place) g.*, m.shift_id, m.unit_id, m.mode, m.until, m.seen,
              m.duty_day, coalesce(m.phone, v_phone) <> v_phone AS strange
            FROM given g LEFT JOIN mine m
              ON g.at >= m.start AND g.at <= m.until AND NOT m.pauses @> g.at
            ORDER BY g.place, coalesce(m.phone, v_phone) <> v_phone, m.start DESC
          ), good AS (
            SELECT DISTINCT ON (shift_id, at) * FROM placed
            WHERE shift_id IS NOT NULL AND NOT strange ORDER BY shift_id, at, acc NULLS LAST
          ), kept AS (
            INSERT INTO fixes
              (district_id, day, shift_id, time, accuracy_m, geometry, entered_at)
            SELECT v_here, (at AT TIME ZONE 'UTC')::date, shift_id, at, acc, point, now()
            FROM good ORDER BY shift_id, at
            ON CONFLICT (day, district_id, shift_id, time) WHERE entered_at IS NOT NULL
            DO UPDATE SET accuracy_m = excluded.accuracy_m, geometry = excluded.geometry,
              entered_at = excluded.entered_at
            WHERE excluded.accuracy_m < coalesce(fixes.accuracy_m, 'infinity')
            RETURNING 1
          ), due AS (
            INSERT INTO presence_due (district_id, unit_id, day, asked_at)
            SELECT DISTINCT v_here, unit_id, duty_day, now() FROM good
            ON CONFLICT (district_id, day, unit_id) DO UPDATE SET asked_at = excluded.asked_at
          ), bound AS (
            UPDATE shifts SET phone = v_phone
            WHERE district_id = v_here AND phone IS NULL
              AND shift_id IN (SELECT shift_id FROM good)
          ), live AS (
            INSERT INTO last_positions (district_id, shift_id, unit_id, mode, time, until,
              entered_at, lon_deg, lat_deg, accuracy_m, cell_id, community_code)
            SELECT DISTINCT ON (shift_id) v_here, shift_id, unit_id, mode, at, until,
              clock_timestamp(), lon, lat, acc, c.cell_id, c.community_code
            FROM good LEFT JOIN LATERAL (
              SELECT c.cell_id, c.community_code FROM cells c
              WHERE c.district_id = v_here AND c.drawn && ST_Transform(point, 3857)
                AND ST_Intersects(c.geometry, point) ORDER BY c.cell_id LIMIT 1) c ON true
            WHERE seen ORDER BY shift_id, at DESC
            ON CONFLICT (district_id, shift_id) DO UPDATE SET time = excluded.time,
              until = excluded.until, entered_at = excluded.entered_at,
              lon_deg = excluded.lon_deg, lat_deg = excluded.lat_deg,
              accuracy_m = excluded.accuracy_m, cell_id = excluded.cell_id,
              community_code = excluded.community_code
            WHERE excluded.time > last_positions.time
          )
          SELECT jsonb_build_object('taken', (SELECT count(*) FROM kept),
            'duplicate', (SELECT count(*) FROM placed WHERE shift_id IS NOT NULL AND NOT strange)
              - (SELECT count(*) FROM kept),
            'off_shift', (SELECT count(*) FROM placed WHERE shift_id IS NULL),
            'other_phone', (SELECT count(*) FROM placed WHERE shift_id IS NOT NULL AND strange))
          INTO v_told;
          SELECT coalesce(jsonb_object_agg(r.reason, r.fixes), '{}') INTO v_refused FROM (
            SELECT e.key AS reason, sum(e.value::integer) AS fixes
            FROM (SELECT * FROM jsonb_each_text(v_told - 'taken' - 'duplicate')
                  UNION ALL SELECT * FROM jsonb_each_text(p_refused)) e
            GROUP BY e.key HAVING sum(e.value::integer) > 0) r;
          INSERT INTO fix_refusals (district_id, unit_id, day, reason, fixes)
            SELECT v_here, v_unit, (now() AT TIME ZONE 'UTC')::date, e.key, e.value::integer
            FROM jsonb_each_text(v_refused) e ORDER BY e.key
            ON CONFLICT (district_id, day, unit_id, reason)
            DO UPDATE SET fixes = fix_refusals.fixes + excluded.fixes;
          v_answer := jsonb_build_object('taken', v_told -> 'taken',
            'duplicate', v_told -> 'duplicate', 'refused', v_refused, 'again', false);
          UPDATE fix_batches b SET answer = v_answer
            WHERE b.sender = v_sender AND b.batch = p_batch;
          RETURN v_answer;
        END $$""",
}


def upgrade() -> None:
    _widen_shifts()
    _make_tables()
    for head, body in _FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {head} {body}")
        op.execute(f"REVOKE ALL ON FUNCTION {head} FROM PUBLIC")
    for head in ("gridmap_own_unit(integer)", _TAKEN):
        op.execute(f"GRANT EXECUTE ON FUNCTION {head} TO gridmap_app")
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY owner_all ON {table} TO gridmap_owner USING (true) WITH CHECK (true)"
        )
    for table, policies in _POLICIES.items():
        for name, rule in policies.items():
            op.execute(f"CREATE POLICY {name} ON {table} {rule}")
    for grant in _GRANTS:
        op.execute(f"GRANT {grant} TO gridmap_app")
    op.execute(
        'CREATE TRIGGER leave_sight AFTER UPDATE OF "end", closed_at, pauses ON shifts '
        "FOR EACH ROW EXECUTE FUNCTION gridmap_leave_sight()"
    )


def _widen_shifts() -> None:
    op.add_column("shifts", sa.Column("user_id", sa.Integer()))
    op.create_foreign_key(
        "fk_shifts_user_id", "shifts", "users", ["user_id"], ["id"], ondelete="SET NULL"
    )
    for name in ("entered_at", "closed_at"):
        op.add_column("shifts", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("shifts", sa.Column("phone", sa.Text()))
    op.add_column(
        "shifts", sa.Column("pauses", TSTZMULTIRANGE(), server_default="{}", nullable=False)
    )
    op.create_index("ix_shifts_unit_id", "shifts", ["district_id", "unit_id", "end"])
    op.create_index("ix_shifts_user_id", "shifts", ["user_id"])
    op.add_column("fixes", sa.Column("entered_at", sa.DateTime(timezone=True)))
    op.create_index(
        "uq_fixes_entered",
        "fixes",
        ["day", "district_id", "shift_id", "time"],
        unique=True,
        postgresql_where=sa.text("entered_at IS NOT NULL"),
    )


def _make_tables() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        *_texts("unit_id"),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        *_texts("token_hash"),
        sa.Column("issued_by", sa.Integer()),
        _now("issued_at"),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        *_of_district("devices"),
        _of_user("devices", "issued_by"),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("token_hash", name="uq_devices_token_hash"),
    )
    op.create_index("ix_devices_district_id", "devices", ["district_id", "unit_id"])
    op.create_table(
        "fix_batches",
        *_texts("sender", "batch"),
        *_of_district("fix_batches"),
        _now("entered_at"),
        sa.Column("answer", JSONB(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("sender", "batch", name="pk_fix_batches"),
    )
    op.create_index("ix_fix_batches_entered_at", "fix_batches", ["entered_at"])
    op.create_table(
        "fix_refusals",
        *_of_district("fix_refusals"),
        *_texts("unit_id", "reason"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "day", "unit_id", "reason", name="pk_fix_refusals"),
    )
    op.create_table(
        "presence_due",
        *_of_district("presence_due"),
        *_texts("unit_id"),
        sa.Column("day", sa.Date(), nullable=False),
        _now("asked_at"),
        sa.PrimaryKeyConstraint("district_id", "day", "unit_id", name="pk_presence_due"),
    )
    op.create_table(
        "unit_days",
        *_of_district("unit_days"),
        *_texts("unit_id"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("on_duty_s", sa.Double(), nullable=False),
        sa.Column("torn", sa.Boolean(), nullable=False),
        sa.Column("account", JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _now("computed_at"),
        sa.PrimaryKeyConstraint("district_id", "day", "unit_id", name="pk_unit_days"),
    )
    op.create_table(
        "last_positions",
        *_of_district("last_positions"),
        *_texts("shift_id", "unit_id"),
        *(sa.Column(name, sa.Text()) for name in ("mode", "cell_id", "community_code")),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("time", "until", "entered_at")
        ),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("lon_deg", "lat_deg")),
        sa.Column("accuracy_m", sa.Double()),
        sa.PrimaryKeyConstraint("district_id", "shift_id", name="pk_last_positions"),
    )
    op.create_table(
        "shift_disputes",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        *_of_district("shift_disputes"),
        *_texts("shift_id", "text"),
        sa.Column("user_id", sa.Integer()),
        _of_user("shift_disputes", "user_id"),
        _now("entered_at"),
        sa.PrimaryKeyConstraint("id", name="pk_shift_disputes"),
    )
    op.create_index("ix_shift_disputes_shift_id", "shift_disputes", ["district_id", "shift_id"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _now(name: str) -> sa.Column[object]:
    moment = sa.DateTime(timezone=True)
    return sa.Column(name, moment, server_default=sa.text("now()"), nullable=False)


def _of_district(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column("district_id", sa.Integer(), nullable=False), sa.ForeignKeyConstraint(
        ["district_id"], ["districts.id"], name=f"fk_{table}_district_id", ondelete="CASCADE"
    )


def _of_user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["users.id"], name=f"fk_{table}_{column}", ondelete="SET NULL"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER leave_sight ON shifts")
    for table in ("districts", "shifts", "fixes"):
        for name in _POLICIES[table]:
            op.execute(f"DROP POLICY {name} ON {table}")
    op.execute("REVOKE ALL ON shifts, fixes FROM gridmap_app")
    for table in reversed(_TABLES):
        op.drop_table(table)
    for head in reversed(_FUNCTIONS):
        op.execute(f"DROP FUNCTION {head}")
    op.drop_index("uq_fixes_entered", "fixes")
    op.drop_column("fixes", "entered_at")
    op.drop_index("ix_shifts_unit_id", "shifts")
    op.drop_index("ix_shifts_user_id", "shifts")
    for name in ("pauses", "phone", "closed_at", "entered_at", "user_id"):
        op.drop_column("shifts", name)
