"""Formulas in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from nightdesk.indicators.ports import FormulaStore, FormulaVersion
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId


@dataclass(slots=True)
class FakeFormulas:
    """Versions by tenant; it is its own transaction."""

    kept: dict[TenantId, list[FormulaVersion]] = field(default_factory=dict)

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[FormulaStore]:  # noqa: ARG002 as the port has it
        yield self

    def current(self, tenant_id: TenantId) -> Sequence[FormulaVersion]:
        newest = {version.name: version for version in self.kept.get(tenant_id, [])}
        return [newest[name] for name in sorted(newest)]

    def versions(self, tenant_id: TenantId, name: str) -> Sequence[FormulaVersion]:
        return [version for version in self.kept.get(tenant_id, []) if version.name == name]

    def add(self, tenant_id: TenantId, version: FormulaVersion) -> None:
        if any(each.version == version.version for each in self.versions(tenant_id, version.name)):
            raise Conflict("indicators.formula_changed", "The formula was changed meanwhile.")
        self.kept.setdefault(tenant_id, []).append(version)
