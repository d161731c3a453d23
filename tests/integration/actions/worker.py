"""A process that runs a firing and kills itself at a moment: `python -m … <json>`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from nightdesk.adapters.postgres.database import Database
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.rules.action_ports import FiringId
from tests.builders.desk_accounts import DeskAccounts
from tests.builders.desk_actions import DeskActions
from tests.builders.desk_orders import DeskOrders
from tests.servers import Paper, Postgres


def main(told: dict[str, object]) -> None:
    """Run the firing until the moment."""
    tenant_id = TenantId(UUID(str(told["tenant"])))
    accounts = DeskAccounts(
        postgres=Postgres(**told["postgres"]),  # type: ignore[arg-type]
        paper=Paper(**told["paper"]),  # type: ignore[arg-type]
        key_file=Path(str(told["key_file"])),
        tenant_id=tenant_id,
    )
    account = accounts.service().get(tenant_id, AccountId(UUID(str(told["account"]))))
    outbox = Database(accounts.postgres.url("outbox"))
    orders = DeskOrders(accounts=accounts, account=account, key="", outbox=outbox)
    orders.learn_prices()
    seen: list[str] = []

    def moment(name: str) -> None:
        seen.append(name)
        if seen.count(name) == told["count"] and name == told["moment"]:
            os.kill(os.getpid(), signal.SIGKILL)

    DeskActions(orders=orders).runner(moment).run(tenant_id, FiringId(UUID(str(told["firing"]))))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
