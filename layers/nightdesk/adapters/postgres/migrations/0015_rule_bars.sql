-- Candidates carry the bars that their figures are made of; scheduled rule sets are told by whoever looks first.

ALTER TABLE rule_candidates ADD COLUMN bars jsonb NOT NULL DEFAULT '{}';  -- {series: {closed: [...], forming}}

CREATE FUNCTION has_schedule(definition jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT jsonb_path_exists(definition, '$.rules[*].** ? (@.kind == "schedule")') $$;
CREATE INDEX rule_sets_scheduled ON rule_sets (rule_set_id)
  WHERE has_schedule(definition) AND removed_at IS NULL AND mode IN ('shadow', 'live');

-- Whoever sends again what was lost also tells the minutes of schedules: it sees scheduled rule sets and no others, and
-- keeps each tenant's candidates in a transaction of that tenant.
CREATE POLICY scheduled ON rule_sets FOR SELECT TO nightdesk_outbox USING (has_schedule(definition));
GRANT SELECT ON rule_sets TO nightdesk_outbox;
GRANT INSERT ON rule_candidates TO nightdesk_outbox;
GRANT SELECT, INSERT, UPDATE ON rule_marks TO nightdesk_outbox;
