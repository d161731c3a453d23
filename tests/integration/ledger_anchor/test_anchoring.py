"""The function with a key and a bucket as the stack makes them, in the local cloud, on a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

import functions.ledger_anchor.handler as ledger_anchor
import functions.ledger_anchor.wiring as anchor_wiring
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads, PostgresLedgerStore
from nightdesk.ledger.model import ChainReport
from nightdesk.ledger.service import LedgerService, append
from nightdesk.runtime.settings import settings
from tests.builders.cloud import REGION, Cloud, cloud
from tests.builders.ledger import CORRELATION, RECORDED, movement, new_account, new_tenant
from tests.fakes.desk import FakeInvocation
from tests.servers import Postgres

pytestmark = pytest.mark.integration

_KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": {
        "KeySpec": "RSA_3072",
        "KeyUsage": "SIGN_VERIFY",
        "KeyPolicy": {"Version": "2012-10-17", "Statement": []},
    },
}
_BUCKET = {
    "Type": "AWS::S3::Bucket",
    "Properties": {
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3653}},
        },
        "VersioningConfiguration": {"Status": "Enabled"},
    },
}
# Rewrites an entry and every hash after it, and moves the head: what only who owns the database could do.
_REWRITE = """
    SET session_replication_role = replica;
    UPDATE ledger_entries SET hash = sha256(hash) WHERE tenant_id = %(tenant)s;
    DELETE FROM ledger_anchors WHERE tenant_id = %(tenant)s;
    UPDATE ledger_heads SET hash = sha256(hash) WHERE tenant_id = %(tenant)s
"""


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def made(aws: Cloud) -> dict[str, str]:
    """The key and the bucket."""
    client = aws.client("cloudformation")
    template = {"Resources": {"Key": _KEY, "Bucket": _BUCKET}}
    client.create_stack(StackName="anchors", TemplateBody=json.dumps(template))
    client.get_waiter("stack_create_complete").wait(StackName="anchors", WaiterConfig={"Delay": 1})
    resources = client.describe_stack_resources(StackName="anchors")["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}


@pytest.fixture
def _environment(
    aws: Cloud, made: dict[str, str], postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    told = {
        "NIGHTDESK_DATABASE_URL": postgres.url("app"),
        "NIGHTDESK_OUTBOX_DATABASE_URL": postgres.url("outbox"),
        "NIGHTDESK_ANCHORS_KEY": made["Key"],
        "NIGHTDESK_ANCHORS_BUCKET": made["Bucket"],
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": aws.access_key,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    for cached in (settings, anchor_wiring.wire):
        cached.cache_clear()
    yield
    for cached in (settings, anchor_wiring.wire):
        cached.cache_clear()


@pytest.mark.usefixtures("_environment")
def test_a_rewritten_ledger_is_found_though_its_database_tells_nothing(
    aws: Cloud, made: dict[str, str], postgres: Postgres
) -> None:
    tenant, account, app = new_tenant(), new_account(), Database(postgres.url("app"))

    def book(*numbers: int) -> None:
        facts = [movement(number, "BTC", "1") for number in numbers]
        with app.transaction(tenant_id=tenant) as connection:
            store = PostgresLedgerStore(connection)
            append(store, tenant, account, facts, recorded_at=RECORDED, correlation_id=CORRELATION)

    def verified() -> ChainReport:
        return LedgerService(PostgresLedgerReads(app)).verify(tenant)[0]

    def swept() -> dict[str, Any]:
        done: dict[str, Any] = ledger_anchor.handler({}, FakeInvocation())
        return done

    book(1, 2, 3)
    assert swept()["anchored"] >= 1
    assert (verified().ok, verified().anchored) == (True, 3)
    kept = aws.client("s3").list_objects_v2(Bucket=made["Bucket"], Prefix=f"anchors/{tenant}/")["Contents"]
    assert len(kept) == 1
    with psycopg.connect(postgres.url("superuser")) as superuser:
        for statement in _REWRITE.split(";"):
            superuser.execute(statement.encode(), {"tenant": tenant})
    assert swept()["tampered"] >= 1
    with psycopg.connect(postgres.url("superuser")) as superuser:
        found = superuser.execute(
            "SELECT identity, details ->> 'reason' FROM inbox_findings WHERE tenant_id = %s", (tenant,)
        ).fetchall()
    assert found == [(f"tampered:{account}", "ledger.tampered")]
    app.close()
