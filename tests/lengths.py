"""How long randomized tests go on: short in every run, whole with `NIGHTDESK_TEST_LENGTH=whole make test`."""

import os

WHOLE = os.environ.get("NIGHTDESK_TEST_LENGTH") == "whole"


def length(short: int, whole: int) -> int:
    """How many examples, rounds or kills this run tries."""
    return whole if WHOLE else short
