"""Free ports of 127.0.0.1, remembered so that a second start finds the same."""

import json
import socket
from pathlib import Path

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as candidate:
        candidate.bind((HOST, 0))
        return int(candidate.getsockname()[1])


def is_free(port: int) -> bool:
    """Tell whether `port` can be listened on."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except OSError:
            return False
        return True


class PortBook:
    """Names to ports, kept in a JSON file; a port that was taken meanwhile is replaced."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}

    def port(self, name: str) -> int:
        """Return the port remembered for `name`, or a new one."""
        known = self._ports.get(name)
        if known is None or not is_free(known):
            self._ports[name] = known = free_port()
            self._file.write_text(json.dumps(self._ports, indent=1, sort_keys=True))
        return known
