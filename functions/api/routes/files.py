"""Files of other tools: upload, preview, import; mappings; exports of the ledger."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.api.desk import OurCaller, OurCorrelation, OurDesk
from functions.api.routing import new_router
from nightdesk.contracts.api.accounts import AccountShape
from nightdesk.contracts.api.files import (
    AddFileAccount,
    AnnounceFile,
    CommitFile,
    ExportPart,
    FileFormatList,
    FilePage,
    FileShape,
    KeptRowPage,
    MappingList,
    MappingShape,
    PreviewShape,
    PutChunk,
    ReadFile,
    SavedMappingShape,
)

Cursor = Annotated[str | None, Query(min_length=1, max_length=400)]
FilesLimit = Annotated[int, Query(ge=1, le=200)]
RowsLimit = Annotated[int, Query(ge=1, le=1000)]
Position = Annotated[int, Path(ge=0, le=1000)]
Format = Annotated[str, Path(pattern=r"^[a-z.]{1,40}$")]

router = new_router()


@router.post("/accounts/manual", summary="Add an account fed by files", tags=["files"], status_code=HTTPStatus.CREATED)
def add_file_account(
    wanted: AddFileAccount, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation
) -> AccountShape:
    """An account without a key at a venue of any name; only files put entries into its ledger."""
    return desk.files.add_account(caller, wanted, correlation_id)


@router.get("/files/formats", summary="Formats of files", tags=["files"])
def list_formats(desk: OurDesk, caller: OurCaller) -> FileFormatList:
    """Those that are known by their header, and those that the ledger can be written in."""
    return desk.files.formats(caller)


@router.get("/files", summary="Files, newest first", tags=["files"])
def list_files(*, desk: OurDesk, caller: OurCaller, cursor: Cursor = None, limit: FilesLimit = 50) -> FilePage:
    """Each with what became of its rows."""
    return desk.files.file_page(caller, cursor, limit)


@router.post("/files", summary="Announce a file", tags=["files"], status_code=HTTPStatus.CREATED)
def announce_file(wanted: AnnounceFile, desk: OurDesk, caller: OurCaller, correlation_id: OurCorrelation) -> FileShape:
    """Make room for a file that then comes in pieces of `chunk_bytes`."""
    return desk.files.announce(caller, wanted, correlation_id)


@router.put(
    "/files/<file_id>/chunks/<position>",
    summary="Upload a piece of a file",
    tags=["files"],
    status_code=HTTPStatus.NO_CONTENT,
)
def put_chunk(file_id: UUID, position: Position, wanted: PutChunk, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """The same piece may come again."""
    desk.files.put_chunk(caller, file_id, position, wanted.content)
    return Response(HTTPStatus.NO_CONTENT)


@router.post("/files/<file_id>/preview", summary="What importing a file would do", tags=["files"])
def preview_file(file_id: UUID, wanted: ReadFile, desk: OurDesk, caller: OurCaller) -> PreviewShape:
    """Format, columns, zone with its proof or the question, counts, and overlap with what is known."""
    return desk.files.preview(caller, file_id, wanted)


@router.post("/files/<file_id>/commit", summary="Import a file", tags=["files"], status_code=HTTPStatus.ACCEPTED)
def commit_file(file_id: UUID, wanted: CommitFile, desk: OurDesk, caller: OurCaller) -> FileShape:
    """Queue its import; committing again changes nothing."""
    return desk.files.commit(caller, file_id, wanted)


@router.get("/files/<file_id>", summary="How far a file's import is", tags=["files"])
def get_file(file_id: UUID, desk: OurDesk, caller: OurCaller) -> FileShape:
    """The file with what became of its rows so far."""
    return desk.files.file(caller, file_id)


@router.delete("/files/<file_id>", summary="Forget a file", tags=["files"], status_code=HTTPStatus.NO_CONTENT)
def remove_file(file_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Only one that was not committed."""
    desk.files.remove(caller, file_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/files/<file_id>/rows", summary="Rows that became no entry", tags=["files"])
def list_rows(
    file_id: UUID,
    *,
    desk: OurDesk,
    caller: OurCaller,
    rejected: bool | None = None,
    cursor: Cursor = None,
    limit: RowsLimit = 500,
) -> KeptRowPage:
    """Each as it stands in the file, with why it was left out."""
    return desk.files.rows(caller, file_id, cursor, limit, rejected=rejected)


@router.get("/file-mappings", summary="Mappings of columns", tags=["files"])
def list_mappings(desk: OurDesk, caller: OurCaller) -> MappingList:
    """Every mapping, by name."""
    return desk.files.mappings(caller)


@router.post("/file-mappings", summary="Save a mapping", tags=["files"])
def save_mapping(wanted: MappingShape, desk: OurDesk, caller: OurCaller) -> SavedMappingShape:
    """Under its name; one of that name is replaced."""
    return desk.files.save_mapping(caller, wanted)


@router.delete(
    "/file-mappings/<mapping_id>", summary="Forget a mapping", tags=["files"], status_code=HTTPStatus.NO_CONTENT
)
def remove_mapping(mapping_id: UUID, desk: OurDesk, caller: OurCaller) -> Response[None]:
    """Files that were read with it keep what they say."""
    desk.files.remove_mapping(caller, mapping_id)
    return Response(HTTPStatus.NO_CONTENT)


@router.get("/exports/<form>", summary="The ledger as another tool's file", tags=["files"])
def export_ledger(
    form: Format, *, desk: OurDesk, caller: OurCaller, account_id: UUID | None = None, cursor: Cursor = None
) -> ExportPart:
    """A part, newest entries first, with what the format can't say of them."""
    return desk.files.export(caller, form, account_id, cursor)
