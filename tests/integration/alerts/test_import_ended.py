"""An import that has ended writes one e-mail, to those who want to hear of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from functions.accounts_import.wiring import PostgresImportUnits
from nightdesk.accounts.importing import ImportService
from nightdesk.accounts.model import AccountState, ImportJob, ImportProgress, ImportState
from nightdesk.alerts.model import ChannelState, Severity
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId
from tests.builders.alerts import EMAIL, AlertRig
from tests.fakes.accounts import FakeVenueGateway
from tests.fakes.queues import SeenProgress, WaitingImports
from tests.servers import Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def job(rig: AlertRig, postgres: Postgres) -> ImportJob:
    """An import of an account, which waits for a worker."""
    account_id, import_id, correlation = AccountId(uuid4()), ImportId(uuid4()), CorrelationId("correlation-mail")
    with psycopg.connect(postgres.url("superuser")) as connection:
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'Main', 'active', now())",
            (rig.tenant_id, account_id),
        )
    with PostgresImportUnits(rig.database)(rig.tenant_id) as unit:
        unit.imports.add(
            ImportProgress(
                tenant_id=rig.tenant_id,
                import_id=import_id,
                account_id=account_id,
                state=ImportState.QUEUED,
                correlation_id=correlation,
                queued_at=rig.clock.now(),
            )
        )
    return ImportJob(tenant_id=rig.tenant_id, account_id=account_id, import_id=import_id, correlation_id=correlation)


class Empty(FakeVenueGateway):
    """A venue where nothing ever happened."""

    def streams(self, *_: object) -> tuple[()]:
        if self.refusal:
            raise self.refusal
        return ()


def run(rig: AlertRig, job: ImportJob, gateway: FakeVenueGateway) -> None:
    service = ImportService(
        units=PostgresImportUnits(rig.database, alerts=rig.queue),
        gateway=gateway,
        queue=WaitingImports(),
        channel=SeenProgress(),
        clock=rig.clock,
    )
    service.run(job, lambda: 100)
    rig.clock.at = datetime.now(UTC) + timedelta(seconds=1)  # raised by wall time, as in the function
    rig.work()


def test_one_import_is_one_email(rig: AlertRig, job: ImportJob) -> None:
    rig.add(EMAIL)
    run(rig, job, Empty())
    run(rig, job, Empty())  # the message came twice
    ((to, mail),) = rig.ses.sent
    assert (to, mail["Subject"]) == ("anna@mail.example", "Import of Main is complete")


def test_who_wants_to_hear_of_trouble_only_hears_of_failures(rig: AlertRig, job: ImportJob) -> None:
    channel = rig.add(EMAIL, takes_from=Severity.WARNING)
    run(rig, job, Empty())
    assert rig.ses.sent == []
    with PostgresImportUnits(rig.database)(rig.tenant_id) as unit:
        first = unit.imports.latest(rig.tenant_id, job.account_id)
        assert first is not None
        again = replace(first, import_id=ImportId(uuid4()), state=ImportState.QUEUED, finished_at=None)
        unit.imports.add(again)
    run(rig, replace(job, import_id=again.import_id), Empty(refusal=InvalidInput("accounts.key_wrong", "No.")))
    ((_, mail),) = rig.ses.sent
    assert mail["Subject"] == "Import of Main has failed"
    with PostgresImportUnits(rig.database)(rig.tenant_id) as unit:
        account = unit.accounts.get(rig.tenant_id, job.account_id)
    assert account is not None
    assert account.state is AccountState.FAILING
    assert rig.state(channel) is ChannelState.VERIFIED
