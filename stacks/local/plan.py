"""What one desk on this machine is made of: its ports, passwords and choices, written for its processes to read."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from stacks import parameters
from stacks.build import STREAMERS
from stacks.local.ports import PortBook

DEMO_EMAIL = "demo@nightdesk.local"
DEMO_PASSWORD = "nightdesk-demo"  # noqa: S105 - the published sign-in of the demo
_PORTS = ("postgres", "valkey", "cloud", "paper", "paper_admin", "feed", *STREAMERS)
_CHANNELS = ("api.telegram.org", "discord.com", "push.nightdesk.test", "hooks.nightdesk.test")
MAIL_SENDER = "alerts@nightdesk.local"
_PASSWORDS = ("superuser", "valkey", parameters.MASTER, *parameters.DATABASE_ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the one who starts a desk may choose.

    Attributes:
        port: Of the page and the API; 0 for any free one.
        venues: `paper` for the paper exchange, `live` for the real exchanges.
        replay: A file of recorded trades that the paper exchange replays; its own model when empty.
        speed: How fast the paper exchange's clock runs; empty for its own default.
        demo: Whether the demo user gets three paper accounts.
        streamed: The venues whose public data is streamed, `binance,kraken`; empty for all.
    """

    port: int = 8080
    venues: str = "paper"
    replay: str = ""
    speed: str = ""
    demo: bool = True
    streamed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One start of a desk; `secret` is made anew at each."""

    state_dir: Path
    choices: Choices
    port: int
    ports: Mapping[str, int]
    passwords: Mapping[str, str] = field(repr=False)
    demo_password: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def make(cls, state_dir: Path, choices: Choices) -> Self:
        """Plan a start: ports and passwords as last time, or new ones."""
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        book = PortBook(state_dir / "ports.json")
        known = _passwords(state_dir / "passwords.json")
        return cls(
            state_dir=state_dir,
            choices=choices,
            port=choices.port or book.port("front"),
            ports={name: book.port(name) for name in _PORTS},
            passwords=known,
            demo_password=known["live"] if choices.venues == "live" else DEMO_PASSWORD,
            secret=secrets.token_urlsafe(24),
        )

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a plan that `write` wrote."""
        said = json.loads(file.read_text())
        return cls(**said | {"state_dir": Path(said["state_dir"]), "choices": Choices(**said["choices"])})

    def write(self) -> Path:
        """Write the plan where only this user may read it, and return the file."""
        file = self.state_dir / "plan.json"
        write_private(file, json.dumps(asdict(self) | {"state_dir": str(self.state_dir)}, indent=1))
        return file

    @property
    def origin(self) -> str:
        """The one origin that pages and API have."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def deployed_file(self) -> Path:
        """Where the keeper writes what it deployed in this start."""
        return self.state_dir / "deployed.json"

    @property
    def failure_file(self) -> Path:
        """Where the keeper writes why it failed the last time it did."""
        return self.state_dir / "failure.txt"

    @property
    def assembly(self) -> Path:
        """Where the synthesised templates are."""
        return self.state_dir / "cdk.out"

    @property
    def paper_dir(self) -> Path:
        """The paper exchange's state."""
        return self.state_dir / "paper"

    @property
    def vault_key_file(self) -> Path:
        """The key that venue credentials are sealed with on this machine."""
        return self.state_dir / "vault.key"

    @property
    def alerts_key_file(self) -> Path:
        """The key that channels' addresses are sealed with on this machine; the gateway's opens none of them."""
        return self.state_dir / "alerts.key"

    @property
    def notify_route(self) -> str:
        """How the sender of alerts reaches channels; stand-ins answer for these names and no others."""
        if self.choices.venues == "live":
            return "direct"
        return f"local:127.0.0.1:{self.ports['paper']}:{','.join(_CHANNELS)}:{self.paper_dir / 'ca.pem'}"

    @property
    def valkey_url(self) -> str:
        """Valkey's address with its password."""
        return f"redis://:{self.passwords['valkey']}@127.0.0.1:{self.ports['valkey']}/0"

    @property
    def venues_route(self) -> str:
        """How the gateway reaches the venues."""
        if self.choices.venues == "live":
            return "direct"
        return f"local:127.0.0.1:{self.ports['paper']}:{self.paper_dir / 'ca.pem'}"


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user may read, whole or not at all."""
    scratch = file.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.replace(file)


def _passwords(file: Path) -> Mapping[str, str]:
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    wanted = {name: known.get(name) or secrets.token_hex(16) for name in (*_PASSWORDS, "live")}
    if wanted != known:
        write_private(file, json.dumps(wanted, indent=1))
    return wanted
