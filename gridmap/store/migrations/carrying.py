"""What follows a new grid inside the database: the functions of migrations 0007 and 0024.

They do for stored rows what :func:`gridmap.grid.carry.carry_measures` does for a table; a test
compares the two. They run with the rights of the owner because a planner may put a grid in force
and still may not read patrol figures, presence or camera views.
"""

_OWNED = (
    "RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
    "SET search_path = pg_catalog, public, pg_temp AS $$"
)
_EDITION = """
BEGIN
  IF gridmap_role() <> 'planner' OR NOT gridmap_whole()
     OR NOT district = ANY (gridmap_districts()) THEN
    RAISE EXCEPTION 'only a planner of the whole district publishes a grid'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- Carried once, in the transaction that publishes, and nothing grows on the way.
  IF NOT EXISTS (SELECT FROM editions e JOIN districts d ON d.id = e.district_id
    WHERE e.district_id = district AND e.grid_version = to_version
      AND e.number = d.grid_edition AND e.published_at = now()) THEN
    RAISE EXCEPTION '% is not the grid in force that is being published', to_version
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT FROM lineage l WHERE l.district_id = district AND l.grid_version = to_version
    GROUP BY l.old_cell_id HAVING sum(l.area_share) > 1.001 OR min(l.area_share) < 0) THEN
    RAISE EXCEPTION 'shares of an old cell do not add up to one' USING ERRCODE = 'check_violation';
  END IF;

  -- heir: the new cell that takes over what is not divisible, such as a duty or a requirement.
  CREATE TEMP TABLE carried_cells ON COMMIT DROP AS
  SELECT l.old_cell_id, l.new_cell_id, l.kind, c.community_code, l.area_share, l.area_m2,
         CASE WHEN bool_and(l.population IS NOT NULL) OVER one AND sum(l.population) OVER one > 0
              THEN l.population / sum(l.population) OVER one END AS people_share,
         l.kind <> 'adjust' OR l.old_cell_id = l.new_cell_id OR (
           NOT bool_or(l.old_cell_id = l.new_cell_id) OVER (PARTITION BY l.old_cell_id)
           AND row_number() OVER (
             PARTITION BY l.old_cell_id ORDER BY l.area_m2 DESC, l.new_cell_id) = 1) AS heir
  FROM lineage l JOIN cells c ON c.district_id = district AND c.cell_id = l.new_cell_id
  WHERE l.district_id = district AND l.grid_version = to_version AND l.kind <> 'same'
  WINDOW one AS (PARTITION BY l.old_cell_id);

  PERFORM gridmap_carry_places(district);
  PERFORM gridmap_carry_patrol(district);
  PERFORM gridmap_carry_coverage(district, to_version);
  PERFORM gridmap_carry_staffing(district, to_version);
  PERFORM gridmap_carry_gaps(district);
  -- Whoever may see a cell may see what it became.
  INSERT INTO user_scopes (user_id, district_id, community_code, cell_id, post_id)
  SELECT DISTINCT s.user_id, district, s.community_code, n.new_cell_id, s.post_id
  FROM user_scopes s JOIN carried_cells n ON n.old_cell_id = s.cell_id AND n.heir
   AND n.new_cell_id <> n.old_cell_id
  WHERE s.district_id = district AND NOT EXISTS (SELECT FROM user_scopes o
    WHERE o.user_id = s.user_id AND o.district_id = district AND o.cell_id = n.new_cell_id);
  DELETE FROM user_scopes s WHERE s.district_id = district
    AND s.cell_id IN (SELECT old_cell_id FROM carried_cells)
    AND NOT EXISTS (SELECT FROM cells c WHERE c.district_id = district AND c.cell_id = s.cell_id);
  UPDATE districts d SET counts = jsonb_set(counts, '{cells}',
    to_jsonb((SELECT count(*) FROM cells c WHERE c.district_id = district)))
    WHERE d.id = district;
  DROP TABLE carried_cells;
END $$"""

# A place that stands on a border belongs to the first cell by name.
_PLACES = """
BEGIN
  CREATE TEMP TABLE carried_places ON COMMIT DROP AS
  WITH moved AS (
    SELECT 'sites' AS layer, s.gid, s.geometry FROM sites s
     WHERE s.district_id = district AND s.cell_id IN (SELECT old_cell_id FROM carried_cells)
    UNION ALL SELECT 'cameras', s.gid, s.geometry FROM cameras s
     WHERE s.district_id = district AND s.cell_id IN (SELECT old_cell_id FROM carried_cells)
    UNION ALL SELECT 'blind_spots', s.gid, s.geometry FROM blind_spots s
     WHERE s.district_id = district AND s.cell_id IN (SELECT old_cell_id FROM carried_cells))
  SELECT DISTINCT ON (m.layer, m.gid) m.layer, m.gid, c.cell_id, c.community_code
  FROM moved m JOIN cells c ON c.district_id = district
   AND st_intersects(c.drawn, st_transform(st_pointonsurface(m.geometry), 3857))
  ORDER BY m.layer, m.gid, c.cell_id;
  UPDATE sites s SET cell_id = f.cell_id, community_code = f.community_code
    FROM carried_places f WHERE f.layer = 'sites' AND f.gid = s.gid;
  UPDATE cameras s SET cell_id = f.cell_id, community_code = f.community_code
    FROM carried_places f WHERE f.layer = 'cameras' AND f.gid = s.gid;
  UPDATE blind_spots s SET cell_id = f.cell_id, community_code = f.community_code
    FROM carried_places f WHERE f.layer = 'blind_spots' AND f.gid = s.gid;
  UPDATE views v SET cell_id = k.cell_id, community_code = k.community_code
    FROM cameras k WHERE v.district_id = district AND k.district_id = district
     AND k.camera_id = v.camera_id AND v.cell_id IS DISTINCT FROM k.cell_id;
  DROP TABLE carried_places;
END $$"""

_PATROL = """
BEGIN
  CREATE TEMP TABLE carried_presence ON COMMIT DROP AS
  SELECT n.new_cell_id, n.community_code, p.slot_start, sum(p.observed_s * n.area_share) AS seen,
         sum(p.inferred_s * n.area_share) AS guessed, sum(p.visits * n.area_share) AS visits
  FROM presence p JOIN carried_cells n ON n.old_cell_id = p.cell_id
  WHERE p.district_id = district GROUP BY 1, 2, 3;
  DELETE FROM presence WHERE district_id = district
    AND cell_id IN (SELECT old_cell_id FROM carried_cells);
  INSERT INTO presence
    (district_id, cell_id, community_code, slot_start, observed_s, inferred_s, visits)
  SELECT district, n.* FROM carried_presence n;

  CREATE TEMP TABLE carried_required ON COMMIT DROP AS
  SELECT DISTINCT n.new_cell_id, n.community_code, r."window", r.weekdays, r.start, r."end",
         r.visits, r.minutes, r.max_freshness_min, r.weight
  FROM requirements r JOIN carried_cells n ON n.old_cell_id = r.cell_id AND n.heir
  WHERE r.district_id = district;
  DELETE FROM requirements WHERE district_id = district
    AND cell_id IN (SELECT old_cell_id FROM carried_cells);
  INSERT INTO requirements (district_id, cell_id, community_code, "window", weekdays, start, "end",
    visits, minutes, max_freshness_min, weight)
  SELECT district, n.* FROM carried_required n;
  DROP TABLE carried_presence, carried_required;
END $$"""

# Means go by what a row weighs, and by area where a weight is not known; who weighs nothing
# (a cell without people) says nothing.
_COVERAGE = """
BEGIN
  CREATE TEMP TABLE carried_rows ON COMMIT DROP AS
  WITH divided AS (
    SELECT v.*, n.new_cell_id, n.community_code AS now_in, n.kind, n.area_m2,
           v.dimension = 'services' AND n.people_share IS NOT NULL AS by_people,
           CASE WHEN v.dimension = 'services' THEN coalesce(n.people_share, n.area_share)
                ELSE n.area_share END AS share
    FROM coverage v JOIN carried_cells n ON n.old_cell_id = v.cell_id
    WHERE v.district_id = district AND v.dimension <> 'staffing'),
  parts AS (
    SELECT v.*,
           v.unit IN ('people', 'households', 'm²', 's', 'min', 'visits', 'sites') AS adds,
           CASE WHEN v.unit IN ('people', 'households', 'm²', 's', 'min', 'visits', 'sites')
                THEN v.share
                WHEN bool_and(v.weight IS NOT NULL) OVER one
                 AND sum(v.weight * v.share) OVER one > 0 THEN v.weight * v.share
                ELSE v.area_m2 END AS mass
    FROM divided v
    WINDOW one AS (PARTITION BY v.new_cell_id, v.measure, v."window")),
  sums AS (
    SELECT new_cell_id, now_in, dimension, measure, "window", min(unit) AS unit,
           bool_or(kind = 'recode') AS recoded, count(*) AS cells, bool_or(adds) AS adds,
           bool_and(by_people) AS by_people,
           CASE WHEN bool_or(value IS NULL AND mass > 0) THEN NULL
                WHEN bool_or(adds) THEN sum(value * mass)
                ELSE sum(value * mass) / nullif(sum(mass), 0) END AS value,
           CASE WHEN bool_or(adds) THEN sum(required * mass)
                WHEN min(required) = max(required) THEN min(required)
                ELSE sum(required * mass)
                     / nullif(sum(mass) FILTER (WHERE required IS NOT NULL), 0) END AS required,
           sum(shortfall * share) AS shortfall, sum(weight * share) AS weight,
           bool_or(status = 'unknown' AND mass > 0) AS doubtful,
           bool_or(status IN ('partly', 'missed') AND value >= required - 1e-9) AS other_demand,
           bool_or(quality = 'poor') AS poor, min(status) AS was, min(quality) AS known,
           min(reason) AS told, min(rule) AS rule, min(source) AS source
    FROM parts GROUP BY 1, 2, 3, 4, 5)
  SELECT new_cell_id, now_in, dimension, measure, "window", unit, value, required, shortfall,
         weight, rule, source,
         CASE WHEN recoded THEN was
              WHEN required IS NULL THEN 'not_due'
              WHEN doubtful OR value IS NULL THEN 'unknown'
              WHEN value >= required - 1e-9
                THEN CASE WHEN other_demand THEN 'partly' ELSE 'met' END
              WHEN value <= 0 THEN 'missed' ELSE 'partly' END AS status,
         CASE WHEN recoded THEN known WHEN poor THEN 'poor' ELSE 'estimated' END AS quality,
         CASE WHEN recoded THEN told
              ELSE format('carried from %s cells by %s', cells,
                          CASE WHEN by_people THEN 'population' ELSE 'area' END) END AS reason
  FROM sums;
  CREATE TEMP TABLE carried_staffing ON COMMIT DROP AS
  SELECT n.new_cell_id, n.community_code, v.measure, min(v.unit) AS unit,
         max(v.required) AS required, sum(v.weight * n.area_share) AS weight,
         min(v.rule) AS rule, min(v.source) AS source
  FROM coverage v JOIN carried_cells n ON n.old_cell_id = v.cell_id
  WHERE v.district_id = district AND v.dimension = 'staffing' GROUP BY 1, 2, 3;
  DELETE FROM coverage WHERE district_id = district
    AND cell_id IN (SELECT old_cell_id FROM carried_cells);
  INSERT INTO coverage (district_id, cell_id, community_code, grid_version, dimension, measure,
    "window", unit, value, required, shortfall, weight, rule, source, status, quality, reason)
  SELECT district, new_cell_id, now_in, to_version, dimension, measure, "window", unit, value,
         required, shortfall, weight, rule, source, status, quality, reason FROM carried_rows;
  UPDATE coverage SET grid_version = to_version
    WHERE district_id = district AND grid_version IS DISTINCT FROM to_version;
  DROP TABLE carried_rows;
END $$"""

# Who answers is known, not estimated: counted from the duties that have followed.
_STAFFING = """
DECLARE
  day date := (SELECT greatest(d.as_of, max(l."on")) FROM districts d
               JOIN lineage l ON l.district_id = d.id AND l.grid_version = to_version
               WHERE d.id = district GROUP BY d.as_of);
BEGIN
  INSERT INTO coverage (district_id, cell_id, community_code, grid_version, dimension, measure,
    "window", unit, value, required, shortfall, weight, rule, source, status, quality, reason)
  SELECT district, s.new_cell_id, s.community_code, to_version, 'staffing', s.measure, '', s.unit,
         h.posts, s.required, greatest(s.required - h.posts, 0), s.weight, s.rule, s.source,
         CASE WHEN s.required IS NULL THEN 'not_due' WHEN h.posts = s.required THEN 'met'
              WHEN h.posts = 0 AND NOT h.stands_in THEN 'missed' ELSE 'partly' END,
         'good',
         CASE WHEN s.required IS NULL THEN NULL WHEN h.posts > s.required
              THEN 'more accountable posts than required'
              WHEN h.posts > 0 THEN NULL
              WHEN h.stands_in THEN 'a post of its community answers' ELSE 'nobody answers' END
  FROM carried_staffing s CROSS JOIN LATERAL (
    SELECT count(DISTINCT u.post_id) FILTER (WHERE u.cell_id = s.new_cell_id
             AND (u.accountable OR s.measure <> 'staffing.accountable'))::double precision AS posts,
           coalesce(bool_or(u.cell_id = s.community_code AND u.accountable), false) AS stands_in
    FROM duties u
    WHERE u.district_id = district AND u.cell_id IN (s.new_cell_id, s.community_code)
      AND coalesce(u.valid_from, '-infinity') <= day
      AND coalesce(u.valid_to, 'infinity') > day) h;
  DROP TABLE carried_staffing;
END $$"""

_GAPS = """
BEGIN
  CREATE TEMP TABLE carried_gaps ON COMMIT DROP AS
  SELECT n.new_cell_id, n.community_code, g.dimension, g.measure, g."window",
         min(g.rank) AS rank, avg(g.value) AS value, avg(g.required) AS required,
         sum(g.shortfall * CASE WHEN g.dimension = 'services'
           THEN coalesce(n.people_share, n.area_share) ELSE n.area_share END) AS shortfall,
         min(g.unit) AS unit,
         sum(g.people * coalesce(n.people_share, n.area_share)) AS people, min(g.since) AS since,
         sum(g.score * n.area_share) AS score, bool_or(g.quality = 'poor') AS poor,
         CASE WHEN bool_or(g.status = 'unknown') THEN 'unknown'
              WHEN bool_and(g.status = 'missed') THEN 'missed' ELSE 'partly' END AS status,
         min(g.quality) AS known, bool_or(n.kind = 'recode') AS recoded,
         min(g.rule) AS rule, min(g.source) AS source
  FROM gaps g JOIN carried_cells n ON n.old_cell_id = g.cell_id
  WHERE g.district_id = district GROUP BY 1, 2, 3, 4, 5;
  -- A cell may come to lack what none of those before it lacked: nobody answers for it.
  INSERT INTO carried_gaps
  SELECT v.cell_id, v.community_code, v.dimension, v.measure, v."window",
         coalesce((SELECT max(rank) FROM gaps WHERE district_id = district), 0) + 1,
         v.value, v.required, v.shortfall, v.unit, v.weight, NULL,
         v.weight / nullif((SELECT sum(weight) FROM coverage w
           WHERE w.district_id = district AND w.measure = v.measure), 0)
           * CASE v.status WHEN 'partly' THEN 0.5 ELSE 1 END,
         false, v.status, v.quality, true, v.rule, v.source
  FROM coverage v
  WHERE v.district_id = district AND v.dimension = 'staffing'
    AND v.cell_id IN (SELECT new_cell_id FROM carried_cells) AND v.status IN ('partly', 'missed')
    AND NOT EXISTS (SELECT FROM carried_gaps o
                    WHERE o.new_cell_id = v.cell_id AND o.measure = v.measure);
  DELETE FROM gaps WHERE district_id = district
    AND cell_id IN (SELECT old_cell_id FROM carried_cells);
  INSERT INTO gaps (district_id, gap_id, rank, dimension, measure, cell_id, community_code,
    "window", status, value, required, shortfall, unit, people, since, score, quality, rule,
    source, geometry)
  SELECT district,
         o.measure || ':' || o.new_cell_id || CASE o."window" WHEN '' THEN ''
           ELSE ':' || split_part(o."window", '/', 1) END,
         o.rank, o.dimension, o.measure, o.new_cell_id, o.community_code, o."window",
         coalesce(v.status, o.status), coalesce(v.value, o.value),
         coalesce(v.required, o.required), o.shortfall, o.unit, o.people, o.since, o.score,
         CASE WHEN o.recoded THEN o.known WHEN o.poor THEN 'poor' ELSE 'estimated' END,
         o.rule, o.source, c.geometry
  FROM carried_gaps o
  JOIN cells c ON c.district_id = district AND c.cell_id = o.new_cell_id
  LEFT JOIN coverage v ON v.district_id = district AND v.cell_id = o.new_cell_id
   AND v.measure = o.measure AND v."window" = o."window"
  WHERE coalesce(v.status, o.status) NOT IN ('met', 'not_due');
  UPDATE gaps g SET rank = r.rank
  FROM (SELECT gid, row_number() OVER (ORDER BY rank, gap_id) AS rank
        FROM gaps WHERE district_id = district) r
  WHERE r.gid = g.gid AND g.rank <> r.rank;
  DROP TABLE carried_gaps;
END $$"""

CARRY = {
    "gridmap_carry_places(district integer)": _OWNED + _PLACES,
    "gridmap_carry_patrol(district integer)": _OWNED + _PATROL,
    "gridmap_carry_coverage(district integer, to_version text)": _OWNED + _COVERAGE,
    "gridmap_carry_staffing(district integer, to_version text)": _OWNED + _STAFFING,
    "gridmap_carry_gaps(district integer)": _OWNED + _GAPS,
    "gridmap_carry_edition(district integer, to_version text)": _OWNED + _EDITION,
}
"""Signature and body of each function; only the last may be called by the application."""
