"""What the desk answers about files, whoever asks; permissions are checked here."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from nightdesk.accounts.files import errors
from nightdesk.accounts.files.export_ghostfolio import GHOSTFOLIO
from nightdesk.accounts.files.export_tables import TABLES
from nightdesk.accounts.files.exporting import ENTRIES_A_PAGE, ExportFormat, exported
from nightdesk.accounts.files.registry import FORMATS
from nightdesk.accounts.files.service import FilesService, Reading
from nightdesk.accounts.files.stored import FileId, MappingId, Precedence
from nightdesk.accounts.service import AccountsService
from nightdesk.contracts.api import present_files as present
from nightdesk.contracts.api.accounts import AccountShape
from nightdesk.contracts.api.files import (
    AddFileAccount,
    AnnounceFile,
    CommitFile,
    ExportFormatShape,
    ExportPart,
    FileFormatList,
    FilePage,
    FileShape,
    KeptRowPage,
    LossShape,
    MappingList,
    MappingShape,
    PreviewShape,
    ReadFile,
    SavedMappingShape,
)
from nightdesk.contracts.api.present import account_shape
from nightdesk.identity.model import Caller
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.ledger.model import EntryFilter
from nightdesk.ledger.service import LedgerService

EXPORTS: Final[Mapping[str, ExportFormat]] = {each.name: each for each in (*TABLES, GHOSTFOLIO)}
_LINE_DIGITS_MAX = 9


@dataclass(frozen=True, slots=True)
class FileAnswers:
    """Asks the services and puts what they know in shape."""

    files: FilesService
    accounts: AccountsService
    ledger: LedgerService

    def formats(self, caller: Caller) -> FileFormatList:
        """What can be read and written."""
        caller.require("read", "Import")
        exports = [
            ExportFormatShape(format=each.name, title=each.title, file_name=each.file_name) for each in EXPORTS.values()
        ]
        return FileFormatList(imports=[each.title for each in FORMATS], exports=exports)

    def add_account(self, caller: Caller, wanted: AddFileAccount, correlation_id: CorrelationId) -> AccountShape:
        """An account that is fed by files only."""
        caller.require("create", "Account")
        account = self.files.add_account(
            caller.tenant_id, venue=wanted.venue, label=wanted.label, correlation_id=correlation_id
        )
        return account_shape(account, None, account.created_at)

    def announce(self, caller: Caller, wanted: AnnounceFile, correlation_id: CorrelationId) -> FileShape:
        """Room for a file."""
        caller.require("create", "Import")
        file = self.files.announce(
            caller.tenant_id,
            AccountId(wanted.account_id),
            name=wanted.name,
            size_bytes=wanted.size_bytes,
            sha256=wanted.sha256,
            correlation_id=correlation_id,
        )
        return present.file_shape(file)

    def put_chunk(self, caller: Caller, file_id: UUID, position: int, content: str) -> None:
        """Keep a piece."""
        caller.require("create", "Import")
        try:
            piece = b64decode(content, validate=True)
        except binascii.Error:
            raise errors.chunk_malformed() from None
        self.files.put_chunk(caller.tenant_id, FileId(file_id), position, piece)

    def preview(self, caller: Caller, file_id: UUID, wanted: ReadFile) -> PreviewShape:
        """What importing the file would do."""
        caller.require("create", "Import")
        return present.preview_shape(self.files.preview(caller.tenant_id, FileId(file_id), _reading(caller, wanted)))

    def commit(self, caller: Caller, file_id: UUID, wanted: CommitFile) -> FileShape:
        """Have it imported."""
        caller.require("create", "Import")
        reading, precedence = _reading(caller, wanted), Precedence(wanted.precedence)
        return present.file_shape(self.files.commit(caller.tenant_id, FileId(file_id), reading, precedence))

    def file(self, caller: Caller, file_id: UUID) -> FileShape:
        """The file and how far its import is."""
        caller.require("read", "Import")
        return present.file_shape(self.files.get(caller.tenant_id, FileId(file_id)))

    def file_page(self, caller: Caller, cursor: str | None, limit: int) -> FilePage:
        """Files, newest first."""
        caller.require("read", "Import")
        before = present.decode_place(cursor)
        return present.file_page(self.files.newest(caller.tenant_id, before, limit + 1), limit)

    def rows(
        self, caller: Caller, file_id: UUID, cursor: str | None, limit: int, *, rejected: bool | None
    ) -> KeptRowPage:
        """Rows that became no entry."""
        caller.require("read", "Import")
        found = self.files.rows(caller.tenant_id, FileId(file_id), _line(cursor), limit + 1, rejected=rejected)
        return present.row_page(found, limit)

    def remove(self, caller: Caller, file_id: UUID) -> None:
        """Forget a file that was not committed."""
        caller.require("create", "Import")
        self.files.remove(caller.tenant_id, FileId(file_id))

    def mappings(self, caller: Caller) -> MappingList:
        """Every mapping."""
        caller.require("read", "Import")
        return MappingList(items=[present.saved_shape(each) for each in self.files.mappings(caller.tenant_id)])

    def save_mapping(self, caller: Caller, wanted: MappingShape) -> SavedMappingShape:
        """Keep a mapping under its name."""
        caller.require("create", "Import")
        return present.saved_shape(self.files.save_mapping(caller.tenant_id, present.mapping_of(wanted)))

    def remove_mapping(self, caller: Caller, mapping_id: UUID) -> None:
        """Forget a mapping."""
        caller.require("create", "Import")
        self.files.remove_mapping(caller.tenant_id, MappingId(mapping_id))

    def export(self, caller: Caller, name: str, account_id: UUID | None, cursor: str | None) -> ExportPart:
        """A part of the ledger in another tool's format, newest first."""
        caller.require("read", "Ledger")
        form = EXPORTS.get(name)
        if form is None:
            raise errors.export_unknown(name)
        wanted = EntryFilter(account_id=AccountId(account_id) if account_id else None)
        page = self.ledger.page(caller.tenant_id, wanted, cursor=cursor, limit=ENTRIES_A_PAGE)
        accounts = self.accounts.list(caller.tenant_id, with_disconnected=True)
        places = {each.account_id: f"{each.venue} {each.label}" for each in accounts}
        part = exported(form, page.entries, lambda entry: places.get(entry.account_id, "nightdesk"))
        return ExportPart(
            format=form.name,
            file_name=form.file_name,
            media_type=form.media_type,
            head=form.head,
            body=part.body,
            separator=form.separator,
            tail=form.tail,
            entries=part.entries,
            losses=[
                LossShape(account_id=UUID(each.account_id), sequence=each.sequence, reason=each.reason.value)
                for each in part.losses
            ],
            next_cursor=page.next_cursor,
        )


def _reading(caller: Caller, wanted: ReadFile) -> Reading:
    mapping = present.mapping_of(wanted.mapping) if wanted.mapping else None
    return Reading(mapping=mapping, zone=wanted.zone, likely=(caller.user.time_zone,))


def _line(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or len(cursor) > _LINE_DIGITS_MAX:
        raise InvalidInput("files.cursor_malformed", "The cursor is not one of ours.")
    return int(cursor)
