"""A worker process that imports until it is done or killed: `python -m … <json>`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from uuid import UUID

from nightdesk.accounts.model import ImportJob
from nightdesk.adapters.exchange.venues import binance
from nightdesk.kernel.ids import AccountId, CorrelationId, ImportId, TenantId
from tests.builders.desk_accounts import DeskAccounts
from tests.servers import Paper, Postgres


def main(told: dict[str, object]) -> None:
    """Take the import that is named, once; a page holds `page_rows`, where that is said."""
    binance.PAGE_ROWS = told.get("page_rows", binance.PAGE_ROWS)  # type: ignore[misc, assignment]
    tenant, account, import_ = (UUID(str(told[name])) for name in ("tenant", "account", "import"))
    desk = DeskAccounts(
        postgres=Postgres(**told["postgres"]),  # type: ignore[arg-type]
        paper=Paper(**told["paper"]),  # type: ignore[arg-type]
        key_file=Path(str(told["key_file"])),
        tenant_id=TenantId(tenant),
    )
    job = ImportJob(
        tenant_id=TenantId(tenant),
        account_id=AccountId(account),
        import_id=ImportId(import_),
        correlation_id=CorrelationId("correlation-worker"),
    )
    desk.importer().run(job, lambda: 600.0)
    desk.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
