"""A local cloud for tests, spoken to by clients of localstack-client: MiniStack, or LocalStack at an endpoint."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstack_client import config
from localstack_client.session import Session

from nightdesk.adapters.aws.errors import QUICK
from stacks.local.cloud import LocalCloud
from stacks.local.ports import free_port

REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where it is and what it demands."""

    endpoint: str
    access_key: str
    keys_endpoint: str

    def client(self, service: str) -> Any:
        """A client of a service."""
        session = Session(aws_access_key_id=self.access_key, aws_secret_access_key="test", region_name=REGION)
        session._service_endpoint_mapping = dict.fromkeys(config.get_service_endpoints(), self.endpoint)
        return session.client(service, config=QUICK)


@contextmanager
def cloud(state_dir: Path) -> Iterator[Cloud]:
    """A cloud that lives as long as the block."""
    given = os.environ.get("NIGHTDESK_TEST_LOCALSTACK_URL")
    if given:
        yield Cloud(given, "test", given)
        return
    port, secret = free_port(), secrets.token_hex(12)
    with LocalCloud(state_dir, port=port, secret=secret) as running:
        yield Cloud(running.url, secret, f"http://127.0.0.1:{port}")
