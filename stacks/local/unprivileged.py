"""Which user a database server runs as, and where that user's files may lie."""

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

_CANDIDATES = ("postgres", "nobody", "daemon")
_ROOMS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - a private directory is made inside
_POINTER = "home"


@dataclass(frozen=True, slots=True)
class Runner:
    """The operating system user of a server."""

    name: str
    uid: int
    gid: int


def runner() -> Runner | None:
    """Return the user to become, or None when the present one will do (it isn't root)."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Runner(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"Root may not run PostgreSQL and none of the users {', '.join(_CANDIDATES)} exists.")


def home_of(state_dir: Path) -> Path:
    """Return the directory for a server's files, creating it when there is none yet.

    As an ordinary user it is `state_dir` itself. As root it lies outside of the clone, which may be closed to the
    server's user, and `state_dir/home` remembers where.
    """
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    user = runner()
    if user is None:
        return state_dir
    pointer = state_dir / _POINTER
    if pointer.exists() and (remembered := Path(pointer.read_text().strip())).is_dir():
        return remembered
    home = Path(tempfile.mkdtemp(prefix="nightdesk-", dir=_room()))
    os.chown(home, user.uid, user.gid)
    pointer.write_text(f"{home}\n")
    return home


def forget(state_dir: Path) -> None:
    """Remove a server's files, wherever they lie."""
    pointer = state_dir / _POINTER
    if pointer.exists():
        home = Path(pointer.read_text().strip())
        if home.parent in _ROOMS and home.name.startswith("nightdesk-"):
            shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(state_dir, ignore_errors=True)


def _room() -> Path:
    for room in _ROOMS:
        if room.is_dir() and os.access(room, os.W_OK):
            return room
    return Path(tempfile.gettempdir())
