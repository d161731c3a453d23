"""Traces to X-Ray, where its daemon listens."""

from __future__ import annotations

from aws_lambda_powertools import Tracer

from nightdesk.runtime.settings import Settings


def tracer(service: str, settings: Settings) -> Tracer:
    """The tracer of a function: off unless the platform says where its daemon is; AWS calls become subsegments."""
    enabled = settings.xray_address is not None
    return Tracer(service=service, disabled=not enabled, auto_patch=enabled, patch_modules=("botocore",))
