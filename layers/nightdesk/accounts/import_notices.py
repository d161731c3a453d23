"""What a user is told when an import has ended; leaves by e-mail and whatever else takes it."""

from __future__ import annotations

from nightdesk.accounts.model import Account, ImportProgress, ImportState
from nightdesk.alerts.model import Alert, Category, Severity


def ended(account: Account, progress: ImportProgress) -> Alert:
    """One alert an import: the same import ended twice is the same alert."""
    done = progress.state is ImportState.DONE
    facts = {
        "account": account.label,
        "venue": str(account.venue),
        "entries": str(progress.rows_recorded),
        "skipped": str(progress.rows_skipped),
    }
    return Alert(
        tenant_id=progress.tenant_id,
        key=f"import:{progress.import_id}",
        category=Category.SYSTEM,
        severity=Severity.INFO if done else Severity.WARNING,
        title=f"Import of {account.label} {'is complete' if done else 'has failed'}",
        text=_done_text(progress) if done else _failed_text(progress),
        facts=facts if progress.error_code is None else {**facts, "code": progress.error_code},
        link=f"/accounts/{progress.account_id}/import",
        correlation_id=progress.correlation_id,
    )


def _done_text(progress: ImportProgress) -> str:
    streams = _counted(progress.streams_total, "stream", "streams")
    text = f"{_counted(progress.rows_recorded, 'entry', 'entries')} recorded from {streams}."
    if progress.rows_duplicate:
        text += f" {progress.rows_duplicate:,} were there already."
    if progress.rows_skipped:
        text += f" {_counted(progress.rows_skipped, 'row was', 'rows were')} kept aside, each with its reason."
    return text


def _failed_text(progress: ImportProgress) -> str:
    so_far = _counted(progress.rows_recorded, "entry", "entries")
    return f"{progress.error_message} Recorded so far: {so_far}; another import goes on from there."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
