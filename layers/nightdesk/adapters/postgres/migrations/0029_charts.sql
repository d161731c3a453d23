-- What users keep on their charts. Contents are JSON of a stated version, checked where they come in.

CREATE FUNCTION current_chart_share() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT decode(nullif(current_setting('app.chart_share', true), ''), 'hex') $$;

CREATE TABLE chart_layouts (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  user_id     uuid NOT NULL REFERENCES users,
  layout_id   uuid NOT NULL,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  version     int NOT NULL CHECK (version > 0),
  content     jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
  made_at     timestamptz NOT NULL,
  changed_at  timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, layout_id),
  UNIQUE (tenant_id, user_id, name)
);

CREATE TABLE chart_point_sets (
  tenant_id  uuid NOT NULL REFERENCES tenants,
  user_id    uuid NOT NULL REFERENCES users,
  set_id     uuid NOT NULL,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  style      text NOT NULL CHECK (style IN ('line', 'marks')),
  colour     int NOT NULL CHECK (colour BETWEEN 1 AND 6),
  made_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_id, set_id),
  UNIQUE (tenant_id, user_id, name)
);

CREATE TABLE chart_points (
  tenant_id  uuid NOT NULL,
  user_id    uuid NOT NULL,
  set_id     uuid NOT NULL,
  at         timestamptz NOT NULL,
  value      numeric(38, 18) NOT NULL,
  label      text NOT NULL CHECK (length(label) <= 200),
  PRIMARY KEY (tenant_id, user_id, set_id, at),
  FOREIGN KEY (tenant_id, user_id, set_id) REFERENCES chart_point_sets ON DELETE CASCADE
);

CREATE TABLE chart_shares (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  user_id     uuid NOT NULL REFERENCES users,
  share_id    uuid NOT NULL,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  is_open     boolean NOT NULL,                   -- to every tenant; such a one holds nothing of a portfolio
  token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),  -- SHA-256
  content     jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
  made_at     timestamptz NOT NULL,
  revoked_at  timestamptz,
  PRIMARY KEY (tenant_id, user_id, share_id)
);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['chart_layouts', 'chart_point_sets', 'chart_points', 'chart_shares'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
CREATE POLICY own_token ON chart_shares FOR SELECT
  USING (token_hash = (SELECT current_chart_share()) AND is_open AND revoked_at IS NULL);

GRANT SELECT, INSERT, UPDATE, DELETE ON chart_layouts, chart_point_sets, chart_points TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON chart_shares TO nightdesk_app;
