"""What indicators need from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.indicators.formula import Formula
from nightdesk.kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class FormulaVersion:
    """A formula as it was made or changed.

    Attributes:
        version: From 1, rising with each change and over removals.
        formula: None where it was removed.
    """

    name: str
    version: int
    formula: Formula | None
    made_at: datetime


class FormulaStore(Protocol):
    """A tenant's formulas, within one transaction."""

    def current(self, tenant_id: TenantId) -> Sequence[FormulaVersion]:
        """The newest version of every formula, by name; removed ones too."""
        ...

    def versions(self, tenant_id: TenantId, name: str) -> Sequence[FormulaVersion]:
        """Every version of one formula, oldest first."""
        ...

    def add(self, tenant_id: TenantId, version: FormulaVersion) -> None:
        """Keep a new version.

        Raises:
            Conflict: `indicators.formula_changed`: there is one of this number.
        """
        ...


FormulaUnits = Callable[[TenantId], AbstractContextManager[FormulaStore]]
"""Opens a transaction of a tenant."""
