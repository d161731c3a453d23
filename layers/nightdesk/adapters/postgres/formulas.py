"""Formulas in PostgreSQL: one row a version, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from nightdesk.adapters.postgres.database import Connection, Database
from nightdesk.indicators.canonical import plain
from nightdesk.indicators.formula import Formula, FormulaParameter
from nightdesk.indicators.ports import FormulaVersion
from nightdesk.kernel.errors import Conflict
from nightdesk.kernel.ids import TenantId

_CURRENT = """
    SELECT DISTINCT ON (name) name, version, text, parameters, made_at FROM formula_versions
    WHERE tenant_id = %s ORDER BY name, version DESC
"""
_VERSIONS = """
    SELECT name, version, text, parameters, made_at FROM formula_versions
    WHERE tenant_id = %s AND name = %s ORDER BY version
"""
_ADD = """
    INSERT INTO formula_versions (tenant_id, name, version, text, parameters, made_at) VALUES (%s, %s, %s, %s, %s, %s)
"""
_Row = tuple[str, int, str | None, list[tuple[str, str]], datetime]


class PostgresFormulaStore:
    """`FormulaStore` in the transaction of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def current(self, tenant_id: TenantId) -> Sequence[FormulaVersion]:
        """The newest version of every formula, by name; removed ones too."""
        return [_version(row) for row in self._connection.execute(_CURRENT, (tenant_id,))]

    def versions(self, tenant_id: TenantId, name: str) -> Sequence[FormulaVersion]:
        """Every version of one formula, oldest first."""
        return [_version(row) for row in self._connection.execute(_VERSIONS, (tenant_id, name))]

    def add(self, tenant_id: TenantId, version: FormulaVersion) -> None:
        """Keep a new version; somebody may have been first."""
        formula = version.formula
        parameters = [[each.name, plain(each.default)] for each in formula.parameters] if formula else []
        text = None if formula is None else formula.text
        row = (tenant_id, version.name, version.version, text, Jsonb(parameters), version.made_at)
        try:
            self._connection.execute(_ADD, row)
        except UniqueViolation:
            message = f"The formula {version.name} was changed meanwhile; look at it again."
            raise Conflict("indicators.formula_changed", message) from None


class PostgresFormulaUnits:
    """Opens transactions of a tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def __call__(self, tenant_id: TenantId) -> Iterator[PostgresFormulaStore]:
        """A transaction."""
        with self._database.transaction(tenant_id=tenant_id) as connection:
            yield PostgresFormulaStore(connection)


def _version(row: _Row) -> FormulaVersion:
    name, version, text, parameters, made_at = row
    if text is None:
        return FormulaVersion(name, version, None, made_at)
    named = tuple(FormulaParameter(parameter, Decimal(default)) for parameter, default in parameters)
    return FormulaVersion(name, version, Formula(name, text, named), made_at)
