"""What the function is made of."""

from __future__ import annotations
