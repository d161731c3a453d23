"""Long-lived services: what each is told, that it is looked after, and the ways out that may be added."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks.build import SERVICES, STREAMERS
from tests.stacks.assembly import ROOT, Assembly, synthesise

ROLES = {
    "feed_gateway": "app",
    "market_streamer": "streams",
    "candle_writer": "streams",
    "portfolio_tracker": "tracker",
    "account_streamer": "app",
}


@pytest.fixture(scope="module")
def with_forwarders(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    directory: Path = tmp_path_factory.mktemp("forwarders")
    done = synthesise(directory, choices={"forwarders": "2"})
    assert done.returncode == 0, done.stderr[-3000:]
    return Assembly(directory / "cdk.out")


def containers(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    return {
        props["Family"].removeprefix("nightdesk-").replace("-", "_"): props["ContainerDefinitions"][0]
        for _, _, props in assembly.resources("AWS::ECS::TaskDefinition")
    }


def environment(container: Mapping[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in container["Environment"]}


def services(assembly: Assembly) -> dict[str, Mapping[str, Any]]:
    return {props["ServiceName"]: props for _, _, props in assembly.resources("AWS::ECS::Service")}


def test_every_service_runs_with_the_database_role_that_it_needs(assembly: Assembly) -> None:
    told = {name: environment(each)["NIGHTDESK_DATABASE_SECRET"] for name, each in containers(assembly).items()}
    assert told == {name: f"nightdesk/database/{role}" for name, role in ROLES.items()}


def test_only_settings_that_exist_are_told(with_forwarders: Assembly) -> None:
    from nightdesk.runtime.settings import Settings  # noqa: PLC0415 - stacks and runtime meet in tests only

    known = {f"NIGHTDESK_{name.upper()}" for name in Settings.model_fields}
    told = {
        name
        for each in containers(with_forwarders).values()
        for name in [*environment(each), *(secret["Name"] for secret in each.get("Secrets", []))]
    }
    functions = [props for _, _, props in with_forwarders.resources("AWS::Lambda::Function") if "FunctionName" in props]
    told |= {name for props in functions for name in props["Environment"]["Variables"]}
    assert {name for name in told if name.startswith("NIGHTDESK_")} <= known


def test_who_asks_venues_without_a_load_balancer_is_asked_for_its_health(assembly: Assembly) -> None:
    for name in STREAMERS:
        container = containers(assembly)[name]
        port = environment(container)["NIGHTDESK_HEALTH_PORT"]
        assert f"127.0.0.1:{port}/health" in json.dumps(container["HealthCheck"])


def test_a_service_of_one_copy_never_runs_twice(assembly: Assembly) -> None:
    for name, properties in services(assembly).items():
        deployment = properties["DeploymentConfiguration"]
        limits = (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"])
        assert limits == ((0, 100) if properties["DesiredCount"] == 1 else (100, 200)), name
    assert services(assembly)["nightdesk-candle-writer"]["DesiredCount"] == 2


def test_every_service_has_an_alarm_for_missing_tasks(with_forwarders: Assembly) -> None:
    watched = {
        props["AlarmName"].removesuffix("-tasks")
        for _, _, props in with_forwarders.resources("AWS::CloudWatch::Alarm")
        if props["AlarmName"].endswith("-tasks")
    }
    assert watched == set(services(with_forwarders))


def test_nothing_runs_with_a_root_file_system_that_can_be_written(with_forwarders: Assembly) -> None:
    assert all(each["ReadonlyRootFilesystem"] for each in containers(with_forwarders).values())


def test_every_service_can_be_built_and_names_itself() -> None:
    for name in SERVICES:
        dockerfile = (ROOT / "fargate" / name / "Dockerfile").read_text()
        assert f'CMD ["python", "-m", "fargate.{name}"]' in dockerfile
        assert "USER desk" in dockerfile


def test_markets_are_shared_by_streamers_that_take_over_from_each_other(assembly: Assembly) -> None:
    streamer = environment(containers(assembly)["market_streamer"])
    assert len(streamer["NIGHTDESK_STREAMS_VENUES"].split(",")) == 5
    assert (
        streamer["NIGHTDESK_STREAMS_VENUES"]
        == environment(containers(assembly)["feed_gateway"])["NIGHTDESK_STREAMS_VENUES"]
    )
    assert int(streamer["NIGHTDESK_STREAMS_SHARES"]) > 1
    assert "NIGHTDESK_STREAMS_MEMBER" not in streamer  # copies must have names of their own: their machines'
    service = services(assembly)["nightdesk-market-streamer"]
    assert service["DesiredCount"] > 1
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100


def test_each_forwarder_leaves_by_an_address_of_its_own(with_forwarders: Assembly) -> None:
    count = {
        kind: len(list(with_forwarders.resources(f"AWS::EC2::{kind}")))
        for kind in ("EIP", "NatGateway", "SubnetRouteTableAssociation")
    }
    assert (count["EIP"], count["NatGateway"]) == (3, 3)  # the functions' and two forwarders'
    streamer = environment(containers(with_forwarders)["market_streamer"])
    assert "publicSubnet1EIP" in json.dumps(streamer["NIGHTDESK_FORWARDER_ADDRESS"])  # websockets leave by the first
    told = [environment(each) for name, each in containers(with_forwarders).items() if name.startswith("egress")]
    assert [each["NIGHTDESK_FORWARDER_NAME"] for each in told] == ["egress-1", "egress-2"]
    assert len({json.dumps(each["NIGHTDESK_FORWARDER_ADDRESS"]) for each in told}) == 2
    ranges = [props["CidrBlock"] for _, _, props in with_forwarders.resources("AWS::EC2::Subnet")]
    assert len(ranges) == len(set(ranges)) == 8


def test_forwarders_are_used_by_all_who_ask_venues(with_forwarders: Assembly) -> None:
    streamers = [containers(with_forwarders)[name] for name in ("account_streamer", "market_streamer")]
    (gateway,) = [
        props["Environment"]["Variables"]
        for _, _, props in with_forwarders.resources("AWS::Lambda::Function")
        if props.get("FunctionName") == "nightdesk-exchange-gateway"
    ]
    asked = [environment(each)["NIGHTDESK_BALANCER"] for each in streamers] + [gateway["NIGHTDESK_BALANCER"]]
    assert asked == ["forwarders"] * 3
    assert all("NIGHTDESK_FORWARDER_SECRET" in {one["Name"] for one in each["Secrets"]} for each in streamers)
    assert re.fullmatch("nightdesk/forwarder/desk", gateway["NIGHTDESK_FORWARDER_SECRET_ID"])


def test_cfn_lint_finds_nothing_with_forwarders(with_forwarders: Assembly) -> None:
    templates = [str(path) for path in sorted(with_forwarders.directory.glob("*.template.json"))]
    lint = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([str(lint), *templates], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
