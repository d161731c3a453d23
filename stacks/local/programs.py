"""The processes of a desk: what is run, as whom, with which environment, and in which order it ends."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stacks import parameters
from stacks.local.cloud import REGION, LocalCloud
from stacks.local.guard import endpoint_url
from stacks.local.plan import Plan, write_private
from stacks.local.postgres import PostgresServer
from stacks.local.valkey import ValkeyServer
from stacks.project import PROJECT

MARKER = "NIGHTDESK_DESK"  # in the environment of every process of a desk: its state directory
_PYTHON = (sys.executable, "-m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One supervised process; those of a higher rank end first."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_file: Path | None = None
    directory: Path = PROJECT
    user: tuple[int, int] | None = None
    stop_signal: str = "TERM"
    rank: int = 50


@dataclass(frozen=True, slots=True)
class Servers:
    """The three servers that applications need."""

    postgres: PostgresServer
    valkey: ValkeyServer
    cloud: LocalCloud

    @classmethod
    def of(cls, plan: Plan) -> "Servers":
        """Return the servers as the plan says."""
        state, ports, passwords = plan.state_dir, plan.ports, plan.passwords
        return cls(
            PostgresServer(state / "postgres", port=ports["postgres"], password=passwords["superuser"]),
            ValkeyServer(state / "valkey", port=ports["valkey"], password=passwords["valkey"]),
            LocalCloud(
                state / "cloud",
                port=ports["cloud"],
                secret=plan.secret,
                origin=plan.origin,
                functions_log=state / "logs" / "functions.log",
            ),
        )


def database_url(plan: Plan, role: str) -> str:
    """Return the connection string of one of the database's roles."""
    place = f"host=127.0.0.1 port={plan.ports['postgres']} dbname={parameters.DATABASE_NAME}"
    return f"{place} user={parameters.database_user(role)} password={plan.passwords[role]}"


def programs(plan: Plan, servers: Servers) -> Sequence[Program]:
    """Return all programs of a desk."""
    chosen = [_postgres(servers.postgres), _valkey(servers.valkey), _cloud(servers.cloud)]
    if plan.choices.venues == "paper":
        chosen.append(_paper(plan))
    return [*chosen, *_streamers(plan), _feed_gateway(plan), _front(plan), _keeper(plan)]


def _postgres(server: PostgresServer) -> Program:
    return Program(
        name="postgres",
        command=server.command,
        directory=server.home,
        user=(server.runner.uid, server.runner.gid) if server.runner else None,
        stop_signal="INT",
        rank=10,
    )


def _valkey(server: ValkeyServer) -> Program:
    return Program(name="valkey", command=server.command, directory=server.state_dir, rank=10)


def _cloud(cloud: LocalCloud) -> Program:
    return Program(name="cloud", command=cloud.command, environment=cloud.environment, rank=30)


def _paper(plan: Plan) -> Program:
    choices = plan.choices
    command = [*_PYTHON, "fargate.paper_exchange", "--port", str(plan.ports["paper"])]
    command += ["--admin-port", str(plan.ports["paper_admin"]), "--state-dir", str(plan.paper_dir)]
    command += ["--replay", choices.replay] if choices.replay else []
    command += ["--speed", choices.speed] if choices.speed else []
    return Program(name="paper_exchange", command=command, environment=_service(plan), rank=30)


def _streamers(plan: Plan) -> Sequence[Program]:
    # Streamers spend the same budget as the gateway: all leave by this machine's address.
    accounts = {
        "NIGHTDESK_VAULT_DATABASE_URL": database_url(plan, "gateway"),
        "NIGHTDESK_VAULT_KEY": f"file:{plan.vault_key_file}",
        "NIGHTDESK_BALANCER": "direct",
    }
    markets = {
        "NIGHTDESK_STREAMS_VENUES": plan.choices.streamed or ",".join(parameters.STREAMED_VENUES),
        "NIGHTDESK_STREAMS_MEMBER": "desk",  # started again it takes over what it held; nobody else waits for it
        "NIGHTDESK_STREAMS_LEASE_S": "60",
        "NIGHTDESK_STREAMS_SYMBOLS": ",".join(parameters.ALWAYS_STREAMED),
        "NIGHTDESK_BALANCER": "direct",
    }
    return [
        _streamer(plan, "market_streamer", "streams", markets),
        _streamer(plan, "candle_writer", "streams", {}),
        _streamer(plan, "portfolio_tracker", "tracker", {}),
        _streamer(plan, "account_streamer", "app", accounts),
    ]


def _streamer(plan: Plan, name: str, role: str, environment: Mapping[str, str]) -> Program:
    told = _service(plan) | {
        "NIGHTDESK_DATABASE_URL": database_url(plan, role),
        "NIGHTDESK_VALKEY_URL": plan.valkey_url,
        "NIGHTDESK_VENUES_ROUTE": plan.venues_route,
        "NIGHTDESK_HEALTH_PORT": str(plan.ports[name]),
        "POWERTOOLS_SERVICE_NAME": name,
        **environment,
    }
    # The schema is there once the stacks are deployed.
    return Program(
        name=name, command=[*_PYTHON, f"fargate.{name}"], environment=told, environment_file=plan.deployed_file
    )


def _feed_gateway(plan: Plan) -> Program:
    environment = _service(plan) | {
        "NIGHTDESK_DATABASE_URL": database_url(plan, "app"),
        "NIGHTDESK_VALKEY_URL": plan.valkey_url,
        "NIGHTDESK_FEED_PORT": str(plan.ports["feed"]),
        "NIGHTDESK_STREAMS_VENUES": ",".join(parameters.STREAMED_VENUES),
        "NIGHTDESK_ALLOWED_ORIGIN": plan.origin,
        "POWERTOOLS_SERVICE_NAME": "feed_gateway",
    }
    command = [*_PYTHON, "fargate.feed_gateway"]
    return Program(name="feed_gateway", command=command, environment=environment, environment_file=plan.deployed_file)


def _front(plan: Plan) -> Program:
    return Program(name="front", command=[*_PYTHON, "stacks.local.front", str(plan.state_dir / "plan.json")], rank=50)


def _keeper(plan: Plan) -> Program:
    command = [*_PYTHON, "stacks.local.keeper", str(plan.state_dir / "plan.json"), str(os.getpid())]
    return Program(name="keeper", command=command, rank=50)


def _service(plan: Plan) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{PROJECT / 'layers'}{os.pathsep}{PROJECT}",
        "AWS_ENDPOINT_URL": endpoint_url(plan.ports["cloud"], plan.secret),
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "desk",
        "AWS_SECRET_ACCESS_KEY": "desk",
    }


def write_programs(file: Path, chosen: Iterable[Program], state_dir: Path) -> None:
    """Write what `stacks.local.launch` reads."""
    always = {"PATH": os.defpath, "HOME": str(state_dir), "LC_ALL": "C.UTF-8", "TZ": "UTC", MARKER: str(state_dir)}
    write_private(file, json.dumps({each.name: _described(each, always) for each in chosen}, indent=1))


def _described(program: Program, always: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "command": list(program.command),
        "environment": {**always, **program.environment},
        "environment_file": str(program.environment_file) if program.environment_file else None,
        "directory": str(program.directory),
        "user": {"uid": program.user[0], "gid": program.user[1]} if program.user else None,
    }
