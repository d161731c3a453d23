"""The function `fx_refresh` as the cloud runs it: its package, its layer, its secret, both sources."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nightdesk.adapters.marketdata.openexchangerates import HOST
from tests.builders.cloud import Cloud, cloud
from tests.builders.desk_history import own_database
from tests.servers import ROOT, Paper, Postgres, Servers, paper_exchange

pytestmark = pytest.mark.integration
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Deployed:
    """The function and the world that it looks at."""

    functions: Any
    database: Postgres
    paper: Paper

    def run(self) -> dict[str, Any]:
        """What the function answers when the schedule calls it."""
        answer = self.functions.invoke(FunctionName="fx-refresh", Payload=b"{}")
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, told
        return told

    def rate(self, currency: str) -> tuple[str, str, str | None]:
        """State, rate and what the first source says."""
        with psycopg.connect(self.database.url("app")) as connection:
            asked = "SELECT state, rate::text, first_rate::text FROM fx_checked WHERE currency = %s"
            row = connection.execute(asked, (currency,)).fetchone()
        assert row is not None
        return row


@pytest.fixture(scope="module")
def deployed(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    state_dir = tmp_path_factory.mktemp("fx")
    with (
        cloud(state_dir / "cloud") as aws,
        paper_exchange(state_dir / "paper") as paper,
        own_database(servers.postgres()) as database,
    ):
        aws.client("secretsmanager").create_secret(Name="fx", SecretString="an-id")
        yield Deployed(_created(aws, database, paper), database, paper)


def _created(aws: Cloud, database: Postgres, paper: Paper) -> Any:
    functions = aws.client("lambda")
    layer = functions.publish_layer_version(LayerName="nightdesk", Content={"ZipFile": _zipped("layers", "python/")})
    functions.create_function(
        FunctionName="fx-refresh",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/fx",
        Handler="functions.fx_refresh.handler.handler",
        Timeout=60,
        Layers=[layer["LayerVersionArn"]],
        Code={"ZipFile": _zipped("functions/fx_refresh", "functions/fx_refresh/")},
        Environment={
            "Variables": {
                "NIGHTDESK_DATABASE_URL": database.url("app"),
                "NIGHTDESK_FX_SECRET": "fx",
                "NIGHTDESK_VENUES_ROUTE": paper.route,
            }
        },
    )
    return functions


def _zipped(folder: str, within: str) -> bytes:
    archive, root = io.BytesIO(), Path(ROOT, folder)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as content:
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content.write(path, within + str(path.relative_to(root)))
    return archive.getvalue()


def test_a_source_that_lies_is_seen_and_not_believed(deployed: Deployed) -> None:
    first = deployed.run()
    assert first["sources"] == {"openexchangerates": None, "ecb": None}
    agreed = deployed.rate("JPY")
    assert agreed[0] == "agreed"

    deployed.paper.admin("POST", "/reference/moods", {"host": HOST, "mood": "wrong"})
    deployed.paper.admin("POST", "/clock", {"advance_ms": HOUR_MS})
    lied = deployed.run()
    assert lied["rates"]["differs"] > 20
    state, used, told = deployed.rate("JPY")
    assert (state, used) == ("differs", agreed[1])
    assert told is not None
    assert float(told) == pytest.approx(1.25 * float(used))

    deployed.paper.admin("DELETE", "/reference/moods")
    deployed.paper.admin("POST", "/clock", {"advance_ms": HOUR_MS})
    assert deployed.run()["rates"]["differs"] == 0
    assert deployed.rate("JPY")[0] == "agreed"


def test_a_source_that_changes_its_word_within_the_hour_is_heard(deployed: Deployed) -> None:
    deployed.run()
    agreed = deployed.rate("JPY")
    deployed.paper.admin("POST", "/reference/moods", {"host": HOST, "mood": "wrong"})
    try:
        assert [deployed.run()["rates"]["differs"] > 20 for _ in range(2)] == [True, True]
        assert deployed.rate("JPY")[:2] == ("differs", agreed[1])
    finally:
        deployed.paper.admin("DELETE", "/reference/moods")
    assert deployed.run()["rates"]["differs"] == 0
    assert deployed.rate("JPY")[:2] == agreed[:2]
