-- Files of other tools: as they were uploaded, what became of each row, and what their columns mean.
-- An account that is fed by files only is `manual`: it has no key, and nobody refreshes it.

ALTER TABLE accounts DROP CONSTRAINT accounts_state_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_state_check
  CHECK (state IN ('checking', 'active', 'failing', 'disconnected', 'manual'));

CREATE TABLE file_mappings (
  tenant_id   uuid NOT NULL REFERENCES tenants,
  mapping_id  uuid NOT NULL,
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  fingerprint text NOT NULL CHECK (length(fingerprint) = 64),  -- of the header it is for
  document    jsonb NOT NULL,                     -- header, columns, zone, date_pattern, types
  saved_at    timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, mapping_id)
);
CREATE UNIQUE INDEX file_mappings_by_name ON file_mappings (tenant_id, name);
CREATE INDEX file_mappings_by_fingerprint ON file_mappings (tenant_id, fingerprint, saved_at DESC);

CREATE TABLE files (
  tenant_id       uuid NOT NULL,
  file_id         uuid NOT NULL,
  account_id      uuid NOT NULL,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  size_bytes      int NOT NULL CHECK (size_bytes > 0),
  sha256          text NOT NULL CHECK (length(sha256) = 64),
  state           text NOT NULL CHECK (state IN ('uploading', 'queued', 'running', 'done', 'failed', 'removed')),
  format          text,
  mapping         jsonb,                          -- the mapping it was committed with, as it was then
  zone            text,                           -- IANA name; how it became known stands in zone_proof
  zone_proof      text CHECK (zone_proof IN ('contract', 'proven', 'given')),
  precedence      text CHECK (precedence IN ('count', 'venue')),
  rows_total      int NOT NULL DEFAULT 0,
  rows_imported   int NOT NULL DEFAULT 0,
  rows_duplicate  int NOT NULL DEFAULT 0,         -- of events that are known from elsewhere
  rows_skipped    int NOT NULL DEFAULT 0,
  rows_rejected   int NOT NULL DEFAULT 0,
  entries         int NOT NULL DEFAULT 0,         -- events booked: some take several rows
  position        int NOT NULL DEFAULT 0,         -- events done; moves in the transaction that books them
  events_total    int NOT NULL DEFAULT 0,
  error_code      text,
  error_message   text,
  attempts        int NOT NULL DEFAULT 0,
  correlation_id  text NOT NULL,
  uploaded_at     timestamptz NOT NULL,
  queued_at       timestamptz,
  started_at      timestamptz,
  heartbeat_at    timestamptz,
  finished_at     timestamptz,
  PRIMARY KEY (tenant_id, file_id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES accounts
);
CREATE INDEX files_by_time ON files (tenant_id, uploaded_at DESC, file_id DESC);
CREATE INDEX files_open ON files (state, heartbeat_at) WHERE state IN ('queued', 'running');

CREATE TABLE file_chunks (
  tenant_id  uuid NOT NULL,
  file_id    uuid NOT NULL,
  position   int NOT NULL CHECK (position >= 0),
  content    bytea NOT NULL,
  PRIMARY KEY (tenant_id, file_id, position)
);

CREATE TABLE file_rows (                          -- rows that became no entry, with why
  tenant_id  uuid NOT NULL,
  file_id    uuid NOT NULL,
  line       int NOT NULL,
  reason     text NOT NULL,                       -- stable, dotted
  rejected   boolean NOT NULL,                    -- else rightly skipped
  detail     text NOT NULL,
  cells      text[] NOT NULL,
  PRIMARY KEY (tenant_id, file_id, line)
);

CREATE TABLE file_entry_details (                 -- what a file says of an entry beside its amounts
  tenant_id  uuid NOT NULL,
  account_id uuid NOT NULL,
  identity   text NOT NULL,
  tx_hash    text,
  sent_from  text,
  sent_to    text,
  told_id    text,
  note       text,
  PRIMARY KEY (tenant_id, account_id, identity)
);

CREATE TABLE file_claims (                        -- an entry of a file that a venue told of later, under its own identity
  tenant_id      uuid NOT NULL,
  account_id     uuid NOT NULL,
  identity       text NOT NULL,                   -- the venue's; nothing is booked under it
  file_identity  text NOT NULL,                   -- the entry's
  claimed_at     timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id, identity)
);
CREATE UNIQUE INDEX file_claims_once ON file_claims (tenant_id, account_id, file_identity);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['file_mappings', 'files', 'file_chunks', 'file_rows', 'file_entry_details', 'file_claims']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = (SELECT current_tenant()))', name);
  END LOOP;
END $$;
CREATE POLICY all_tenants ON files FOR SELECT TO nightdesk_outbox USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON file_mappings TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE ON files TO nightdesk_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON file_chunks TO nightdesk_app;
GRANT SELECT, INSERT ON file_rows, file_entry_details, file_claims TO nightdesk_app;
GRANT SELECT ON files TO nightdesk_outbox;
