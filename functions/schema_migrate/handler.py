"""Entry: invoked with `{}` at deploy; makes the roles and applies the migrations that are missing."""

from __future__ import annotations

import logging
from typing import Any

from functions.schema_migrate.wiring import wire

_log = logging.getLogger(__name__)


def handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Migrate; a second call applies nothing.

    Returns:
        `{"applied": [<names applied now, in order>], "version": <the schema's version>}`.
    """
    migrated = wire()()
    _log.info("schema migrated", extra={"applied": migrated.applied, "version": migrated.version})
    return {"applied": list(migrated.applied), "version": migrated.version}
