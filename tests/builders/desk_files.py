"""An account with a history of its venue's and files of other tools, over PostgreSQL."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from functions.accounts_import.wiring import Recorder
from nightdesk.accounts.model import AccountRef
from nightdesk.accounts.ports import Booked
from nightdesk.adapters.redis.ledger_news import NotedNews
from nightdesk.kernel.assets import VenueId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.ledger.model import Fact
from tests.builders.stored_desk import StoredDesk
from tests.fakes.desk import Caller


@dataclass(slots=True)
class DeskFiles:
    """What a user does with files, as requests; and what the venue tells, as an import books it."""

    desk: StoredDesk
    caller: Caller
    account_id: str

    @classmethod
    def of(cls, desk: StoredDesk) -> DeskFiles:
        """A new user with one account that a venue and files feed."""
        caller = desk.somebody()
        answer = caller.call("POST", "/api/v1/accounts/manual", {"venue": "binance", "label": "Main"})
        return cls(desk, caller, answer.json["account_id"])

    def upload(self, content: bytes) -> str:
        """The path of a file that has arrived whole."""
        digest = hashlib.sha256(content).hexdigest()
        body = {"account_id": self.account_id, "name": "export.csv", "size_bytes": len(content), "sha256": digest}
        file = self.caller.call("POST", "/api/v1/files", body).json
        path = f"/api/v1/files/{file['file_id']}"
        for place, start in enumerate(range(0, len(content), file["chunk_bytes"])):
            piece = base64.b64encode(content[start : start + file["chunk_bytes"]]).decode()
            assert self.caller.call("PUT", f"{path}/chunks/{place}", {"content": piece}).status == 204
        return path

    def preview(self, path: str, **wanted: object) -> dict[str, Any]:
        """What importing it would do."""
        answer: dict[str, Any] = self.caller.call("POST", f"{path}/preview", wanted).json
        return answer

    def load(self, content: bytes, precedence: str = "count", **wanted: object) -> dict[str, Any]:
        """Upload, commit, import; the file as it ends."""
        path = self.upload(content)
        committed = self.caller.call("POST", f"{path}/commit", {"precedence": precedence, **wanted})
        assert committed.status == 202, committed.text
        self.desk.import_files()
        done: dict[str, Any] = self.caller.call("GET", path).json
        assert done["state"] == "done", done
        parts = ("rows_imported", "rows_duplicate", "rows_skipped", "rows_rejected")
        assert done["rows_total"] == sum(done[part] for part in parts)
        return done

    def tell(self, facts: Sequence[Fact]) -> Booked:
        """Book what the venue's own history tells, as its import does."""
        tenant = TenantId(self.tenant)
        ref = AccountRef(
            tenant_id=tenant,
            account_id=AccountId(UUID(self.account_id)),
            venue=VenueId("binance"),
            correlation_id=CorrelationId("correlation-venue"),
        )
        with self.desk.stores.database.transaction(tenant_id=tenant) as connection:
            return Recorder(connection, NotedNews(None)).record(ref, facts, self.desk.clock.now())

    def entries(self) -> list[dict[str, Any]]:
        """The account's ledger, newest first."""
        page = self.caller.call("GET", f"/api/v1/ledger?account={self.account_id}&limit=1000")
        items: list[dict[str, Any]] = page.json["items"]
        return items

    @property
    def tenant(self) -> UUID:
        """Whose account it is."""
        return self.caller.desk.identity.authenticate(str(self.caller.token)).tenant_id
