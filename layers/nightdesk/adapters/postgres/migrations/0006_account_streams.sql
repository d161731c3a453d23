-- Which credentials there are and since when, without what they hold: the account streamer follows every connected
-- account of every tenant, and must notice within seconds when a key is connected, changed or removed.

CREATE TABLE credential_versions (
  tenant_id   uuid NOT NULL,
  account_id  uuid NOT NULL,
  sealed_at   timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, account_id)
);

-- What was sealed before this migration. The owner too sees nothing through the forced policy, so it rests meanwhile.
ALTER TABLE credentials NO FORCE ROW LEVEL SECURITY;
INSERT INTO credential_versions (tenant_id, account_id, sealed_at) SELECT tenant_id, account_id, sealed_at FROM credentials;
ALTER TABLE credentials FORCE ROW LEVEL SECURITY;

ALTER TABLE credential_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON credential_versions USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY every_tenant ON credential_versions FOR SELECT TO nightdesk_gateway USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON credential_versions TO nightdesk_gateway;

-- Runs with the rights of whoever changes the credential, within the same transaction.
CREATE FUNCTION keep_credential_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM credential_versions WHERE tenant_id = OLD.tenant_id AND account_id = OLD.account_id;
  ELSE
    INSERT INTO credential_versions (tenant_id, account_id, sealed_at)
    VALUES (NEW.tenant_id, NEW.account_id, NEW.sealed_at)
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET sealed_at = excluded.sealed_at;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER credentials_versioned AFTER INSERT OR UPDATE OR DELETE ON credentials
  FOR EACH ROW EXECUTE FUNCTION keep_credential_version();
