"""What whoever uploads, previews and exports files is wired with."""

from __future__ import annotations

from uuid import uuid4

import boto3

from nightdesk.accounts.files.service import FilesService
from nightdesk.adapters.aws.errors import QUICK
from nightdesk.adapters.aws.files_queue import SqsFileQueue
from nightdesk.adapters.postgres.file_events import PostgresFilesUnits
from nightdesk.adapters.postgres.ledger import PostgresLedgerReads
from nightdesk.contracts.api.file_answers import FileAnswers
from nightdesk.ledger.service import LedgerService
from nightdesk.runtime.clock import SystemClock
from nightdesk.runtime.settings import Settings
from nightdesk.wiring import Stores, accounts_service


def file_answers(settings: Settings, stores: Stores) -> FileAnswers:
    """What answers callers about files."""
    return FileAnswers(
        files=FilesService(
            units=PostgresFilesUnits(stores.database),
            queue=file_queue(settings),
            clock=SystemClock(),
            new_id=uuid4,
        ),
        accounts=accounts_service(settings, stores),
        ledger=LedgerService(PostgresLedgerReads(stores.database)),
    )


def file_queue(settings: Settings) -> SqsFileQueue:
    """Where files wait to be imported."""
    return SqsFileQueue(boto3.client("sqs", config=QUICK), settings.require("queue_files_import"))
