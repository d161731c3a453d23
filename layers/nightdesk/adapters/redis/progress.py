"""Progress of imports over Valkey: published on `import.<account_id>`."""

from __future__ import annotations

from redis import Redis

from nightdesk.accounts.model import ImportProgress
from nightdesk.adapters.redis.errors import unavailable
from nightdesk.contracts.events import ImportProgressed
from nightdesk.kernel.ids import AccountId


class ValkeyProgressChannel:
    """Tells whoever watches now."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    def publish(self, progress: ImportProgress, eta_s: float | None) -> None:
        """Send the progress to those who watch.

        Raises:
            Unavailable: `cache.unavailable`.
        """
        message = ImportProgressed(
            tenant_id=progress.tenant_id,
            import_id=progress.import_id,
            account_id=progress.account_id,
            state=progress.state.value,
            stage=progress.stage,
            rows_recorded=progress.rows_recorded,
            rows_duplicate=progress.rows_duplicate,
            rows_skipped=progress.rows_skipped,
            streams_done=progress.streams_done,
            streams_total=progress.streams_total,
            progress_ratio=progress.progress_ratio,
            eta_s=eta_s,
            queued_at=progress.queued_at,
            started_at=progress.started_at,
            finished_at=progress.finished_at,
            error_code=progress.error_code,
            error_message=progress.error_message,
        )
        with unavailable():
            self._client.publish(channel(progress.account_id), message.model_dump_json())


def channel(account_id: AccountId) -> str:
    """Where an account's imports are published."""
    return f"import.{account_id}"
