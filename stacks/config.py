"""What may differ between two deployments; read from the CDK context (`cdk.json`, `-c key=value`)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from constructs import Node

from stacks.project import PREFIX, PROJECT


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """One deployment's choices.

    Attributes:
        prefix: Begins every stack's and every named resource's name.
        architecture: Of functions and services: `x86_64` or `arm64`.
        origin: The address pages come from, `https://desk.example.com`; empty until the distribution's is known.
        certificate_arn: ACM certificate (us-east-1) of the origin's host name, when it is not the distribution's own.
        alarm_email: Who is told when an alarm fires; nobody when empty.
        mail_sender: Address that alerts are mailed from, `alerts@desk.example.com`; e-mail is off when empty.
        log_retention_days: How long logs are kept.
        database_instance: RDS instance class and size.
        database_multi_az: Whether the database has a standby.
        database_storage_gib: What the database starts with.
        valkey_node: ElastiCache node type.
        nat_gateways: How many ways out; functions need one to reach the venues.
        imports_at_once: Import functions running at the same time, at most (2 to 1000).
        paper_exchange: Whether the paper exchange runs in the cloud too.
        web_acl: Whether the API is put behind AWS WAF.
        backfill_whole_venues: Whether every streamed market gets its history, not only held and always streamed ones.
        keep_minutes_months: One-minute bars of so many whole months are kept, longer bars for ever; 0 for all.
        drop_old_minutes: Whether older ones are dropped; otherwise it is only told which would be.
        keep_valuations_months: What valuations rest on is kept whole for so many months, then by the day; 0 for all.
        keep_refusals_days: Counts of refused prices are kept for so many days, at least 30; 0 for all.
        drop_old_records: Whether what is older goes; otherwise it is only told how much would.
        forwarders: Addresses that venues are called from, each with a forwarder, a NAT gateway and an elastic address
            (of which an AWS account has five at first); 0 for the functions' own way out.
    """

    prefix: str = PREFIX
    architecture: str = "x86_64"
    origin: str = ""
    certificate_arn: str = ""
    alarm_email: str = ""
    mail_sender: str = ""
    log_retention_days: int = 30
    database_instance: str = "t4g.medium"
    database_multi_az: bool = True
    database_storage_gib: int = 50
    valkey_node: str = "cache.t4g.small"
    nat_gateways: int = 1
    imports_at_once: int = 10
    paper_exchange: bool = False
    web_acl: bool = False
    backfill_whole_venues: bool = False
    keep_minutes_months: int = 0
    drop_old_minutes: bool = False
    keep_valuations_months: int = 24
    keep_refusals_days: int = 90
    drop_old_records: bool = False
    forwarders: int = 0

    @classmethod
    def from_context(cls, node: Node) -> Self:
        """Read the choices from the context of an app; what is not said keeps its default."""
        said = {field.name: node.try_get_context(field.name) for field in fields(cls)}
        return cls(
            **{name: _as(type(getattr(cls(), name)), value) for name, value in said.items() if value is not None}
        )

    @property
    def egresses(self) -> Sequence[str]:
        """Return the names of the forwarders' addresses, as the shared budget knows them."""
        return [f"egress-{number}" for number in range(1, self.forwarders + 1)]

    @property
    def version(self) -> str:
        """The version of the project that is deployed."""
        return str(tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"])


def _as(kind: type, value: Any) -> Any:
    # `-c key=value` gives strings for everything.
    if kind is bool:
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "yes"}
    return kind(value)
