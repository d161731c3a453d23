-- Formulas that users named, every version kept: a strategy's past must stay explainable.

CREATE TABLE formula_versions (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  name        text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{1,39}$'),
  version     int NOT NULL CHECK (version > 0),
  text        text CHECK (length(text) BETWEEN 1 AND 4000),  -- null: removed
  parameters  jsonb NOT NULL,                                -- [[name, default as decimal text], ...]
  made_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, name, version)
);

ALTER TABLE formula_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE formula_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON formula_versions USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT, INSERT ON formula_versions TO nightdesk_app;
