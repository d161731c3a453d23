"""How a test run's coverage tool follows into processes whose environment is written anew."""

import os
from collections.abc import Mapping

VARIABLE = "COVERAGE_PROCESS_CONFIG"


def measured() -> Mapping[str, str]:
    """What such a process must be handed down; nothing where no tests are measured."""
    said = os.environ  # noqa: TID251 - no setting of the desk
    return {VARIABLE: said[VARIABLE]} if VARIABLE in said else {}
