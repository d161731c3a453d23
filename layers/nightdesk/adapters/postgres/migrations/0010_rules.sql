-- Rule sets with all their versions, what they remember, the candidates that the tracker told, and their firings.

CREATE TABLE rule_sets (
  tenant_id     uuid NOT NULL REFERENCES tenants,
  rule_set_id   uuid NOT NULL,
  portfolio_id  uuid NOT NULL,
  name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  version       int NOT NULL CHECK (version > 0),
  mode          text NOT NULL CHECK (mode IN ('draft', 'shadow', 'live', 'paused')),
  definition    jsonb NOT NULL,                   -- of this version: rules, actions, how often it may fire
  firings       int NOT NULL DEFAULT 0,           -- since it was made: the next firing's number is one more
  firings_armed int NOT NULL DEFAULT 0,           -- of these, since it was armed
  last_fired_at timestamptz,                      -- in market time, since it was armed
  armed_at      timestamptz,                      -- when it began to be watched, in wall time: a new one begins anew
  shadow_since  timestamptz,                      -- since when this version has run in shadow without a break
  created_at    timestamptz NOT NULL,
  removed_at    timestamptz,
  changed_at    timestamptz NOT NULL DEFAULT clock_timestamp(),  -- the tracker reads what changed lately
  PRIMARY KEY (tenant_id, rule_set_id)
);
CREATE INDEX rule_sets_by_change ON rule_sets (changed_at);

CREATE FUNCTION note_rule_set_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN NEW.changed_at := clock_timestamp(); RETURN NEW; END $$;
CREATE TRIGGER rule_sets_note_change BEFORE UPDATE ON rule_sets FOR EACH ROW EXECUTE FUNCTION note_rule_set_change();

CREATE TABLE rule_set_versions (
  tenant_id    uuid NOT NULL,
  rule_set_id  uuid NOT NULL,
  version      int NOT NULL,
  name         text NOT NULL,
  definition   jsonb NOT NULL,
  edited_by    uuid NOT NULL,
  edited_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, rule_set_id, version),
  FOREIGN KEY (tenant_id, rule_set_id) REFERENCES rule_sets
);

CREATE TABLE rule_audit (                         -- who did what to which version and when
  tenant_id      uuid NOT NULL,
  rule_set_id    uuid NOT NULL,
  audit_id       bigint GENERATED ALWAYS AS IDENTITY,
  version        int NOT NULL,
  user_id        uuid,                            -- null: the desk itself
  what           text NOT NULL,                   -- created, edited, mode:live, removed, fired
  at             timestamptz NOT NULL,
  correlation_id text NOT NULL,
  PRIMARY KEY (tenant_id, rule_set_id, audit_id)
);

CREATE TABLE rule_states (                        -- written by the tracker, at most once a second
  tenant_id    uuid NOT NULL,
  rule_set_id  uuid NOT NULL,
  version      int NOT NULL,
  armed_at     timestamptz NOT NULL,
  state        jsonb NOT NULL,
  as_of        timestamptz NOT NULL,              -- in market time
  PRIMARY KEY (tenant_id, rule_set_id)
);

CREATE TABLE rule_marks (                         -- up to where every state is known, by who watches
  watcher      text PRIMARY KEY,
  as_of        timestamptz NOT NULL,              -- in market time
  told_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE rule_candidates (                    -- queued work: a sweeper sends again what was not judged
  tenant_id      uuid NOT NULL,
  rule_set_id    uuid NOT NULL,
  candidate_id   uuid NOT NULL,
  version        int NOT NULL,
  armed_at       timestamptz NOT NULL,
  instant        timestamptz NOT NULL,            -- in market time
  before         jsonb NOT NULL,                  -- what the rule set remembered before the instant
  prices         jsonb NOT NULL,
  told           jsonb NOT NULL,
  told_at        timestamptz NOT NULL,            -- in wall time
  correlation_id text NOT NULL,
  judged_at      timestamptz,
  outcome        text,
  truths         jsonb,
  seen           jsonb,
  PRIMARY KEY (tenant_id, candidate_id)
);
CREATE INDEX rule_candidates_by_set ON rule_candidates (tenant_id, rule_set_id, instant DESC);
CREATE INDEX rule_candidates_waiting ON rule_candidates (told_at) WHERE judged_at IS NULL;

CREATE TABLE rule_firings (
  tenant_id      uuid NOT NULL,
  rule_set_id    uuid NOT NULL,
  firing_id      uuid NOT NULL,
  number         int NOT NULL,
  version        int NOT NULL,
  mode           text NOT NULL CHECK (mode IN ('shadow', 'live')),
  instant        timestamptz NOT NULL,            -- in market time
  fired_at       timestamptz NOT NULL,            -- in wall time
  reason         text NOT NULL,
  evidence       jsonb NOT NULL,                  -- {text: {value, source, at}}
  correlation_id text NOT NULL,
  PRIMARY KEY (tenant_id, firing_id),
  UNIQUE (tenant_id, rule_set_id, number),
  FOREIGN KEY (tenant_id, rule_set_id) REFERENCES rule_sets
);
CREATE INDEX rule_firings_by_set ON rule_firings (tenant_id, rule_set_id, instant DESC);

-- Versions, firings and the audit only grow.
CREATE FUNCTION refuse_rule_change() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'what happened to rules stays' USING ERRCODE = 'restrict_violation'; END $$;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['rule_set_versions', 'rule_audit', 'rule_firings']
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_rule_change()',
      name || '_only_grow', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['rule_sets', 'rule_set_versions', 'rule_audit', 'rule_states', 'rule_candidates', 'rule_firings']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON rule_sets, rule_candidates TO nightdesk_app;
GRANT SELECT, INSERT ON rule_set_versions, rule_audit, rule_firings TO nightdesk_app;
GRANT SELECT ON rule_states, rule_marks TO nightdesk_app;

-- The tracker watches the rule sets of all tenants, keeps what they remember and tells candidates.
CREATE POLICY every_tenant ON rule_sets FOR SELECT TO nightdesk_tracker USING (true);
CREATE POLICY every_tenant ON rule_states TO nightdesk_tracker USING (true) WITH CHECK (true);
CREATE POLICY every_tenant ON rule_candidates TO nightdesk_tracker USING (true) WITH CHECK (true);
GRANT SELECT ON rule_sets, ledger_heads, candles_1h, candles_1d TO nightdesk_tracker;
GRANT SELECT, INSERT, UPDATE ON rule_states, rule_marks TO nightdesk_tracker;
GRANT SELECT, INSERT ON rule_candidates TO nightdesk_tracker;

-- The sweeper sends again what was not judged.
CREATE POLICY all_tenants ON rule_candidates FOR SELECT TO nightdesk_outbox USING (true);
GRANT SELECT (tenant_id, rule_set_id, candidate_id, correlation_id, told_at, judged_at) ON rule_candidates TO nightdesk_outbox;
