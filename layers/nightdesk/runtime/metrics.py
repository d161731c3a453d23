"""Metrics in CloudWatch's embedded format: a line of the log is a measurement."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

NAMESPACE = "Nightdesk"
FLUSH_EVERY_S = 60.0


class Meter:
    """Collects measurements and writes them out together."""

    def __init__(self, service: str) -> None:
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE, service=service)

    def count(self, name: str, value: int = 1) -> None:
        """So many more of it."""
        self._provider.add_metric(name=name, unit=MetricUnit.Count, value=value)

    def duration_ms(self, name: str, value: float) -> None:
        """It took so many milliseconds."""
        self._provider.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)

    def percent(self, name: str, value: float) -> None:
        """So much of the whole."""
        self._provider.add_metric(name=name, unit=MetricUnit.Percent, value=value)

    async def keep_flushing(self, stopping: asyncio.Event) -> None:
        """Write once a minute what was collected; a part of a long-lived service."""
        while not stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), FLUSH_EVERY_S)
            self.flush()

    def flush(self) -> None:
        """Write what was collected, if anything was."""
        if self._provider.metric_set:
            self._provider.flush_metrics()
