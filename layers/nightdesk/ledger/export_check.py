"""Checks an exported ledger with nothing but the file: the first record that was altered is named.

The form is described in `nightdesk.ledger.export`. Nothing is decoded: an entry's canonical bytes begin with its
tenant, account and sequence, so they are compared as they stand, and the hash covers the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import Final

from nightdesk.ledger.signatures import PublicKey, public_key

FORM: Final = "nightdesk.ledger.v1"
_HASH_AT: Final = len("entry ")
_ENTRY_AT: Final = _HASH_AT + 65
_WORDS_OF_OPENING, _WORDS_OF_ANCHOR, _WORDS_OF_END = 3, 6, 4
_IDENTITY: Final = 4  # where it stands between the quotes of an entry's canonical form


class Altered(Exception):
    """The file is not what was exported; the text names the first record that shows it."""


@dataclass(slots=True)
class Checked:
    """What was found whole.

    Attributes:
        keys: Keys that signed anchors, by fingerprint.
        anchored: For each account the sequence up to which an anchor vouches.
    """

    tenant: str
    known_on: str
    entries: int = 0
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    keys: dict[str, PublicKey] = field(default_factory=dict)
    anchored: dict[str, int] = field(default_factory=dict)


def check(lines: Iterable[bytes], pinned: str | None = None) -> Checked:
    """Read an export to its end.

    Args:
        lines: The file's, with or without their line ends.
        pinned: Fingerprint of the only key whose signatures count; None to take those in the file.

    Raises:
        Altered: A record was altered, is missing, stands twice or in another place; or the file is cut off.
    """
    rest = iter(lines)
    checked = _opened(_words(next(rest, b"")))
    for line in rest:
        words = _words(line)
        if words[:1] == ["account"] and len(words) == 2:  # noqa: PLR2004
            _Account(checked, words[1], pinned).read(rest)
        elif words == ["done", str(len(checked.heads))]:
            if extra := next(rest, b"").strip():
                raise Altered(f"there is something after the last line: {extra[:60]!r}")
            return checked
        else:
            raise Altered(f"a line that does not belong here: {line[:60]!r}")
    raise Altered("the file is cut off")


def _opened(words: list[str]) -> Checked:
    if len(words) != _WORDS_OF_OPENING or words[0] != FORM:
        raise Altered(f"the file is no export of the form {FORM}")
    return Checked(tenant=words[1], known_on=words[2])


def _words(line: bytes) -> list[str]:
    return line.decode("ascii", "replace").split()


class _Account:
    """One account's part of the file."""

    def __init__(self, checked: Checked, account: str, pinned: str | None) -> None:
        if account in checked.heads:
            raise Altered(f"account {account} stands twice")
        self._checked, self._account, self._pinned = checked, account, pinned
        self._anchors: dict[int, str] = {}

    def read(self, lines: Iterable[bytes]) -> None:
        """Up to its end line."""
        rest = iter(lines)
        for line in rest:
            if line.startswith(b"anchor "):
                self._take_anchor(_words(line))
            else:
                return self._entries(chain((line,), rest))
        raise Altered(f"account {self._account} is cut off")

    def _entries(self, lines: Iterable[bytes]) -> None:
        """The hot loop: about two microseconds an entry, nearly all of it SHA-256 and reading."""
        starts = _starts(self._checked.tenant, self._account)
        length, previous, sequence, anchors = len(starts[0]), bytes(32), 0, self._anchors
        for line in lines:
            if not line.startswith(b"entry "):
                return self._end(_words(line), sequence, previous)
            sequence += 1
            content = line[_ENTRY_AT:].rstrip(b"\r\n")
            if not (content.startswith(b'%d,"' % sequence, length) and content.startswith(starts)):
                raise Altered(f"account {self._account}: {_named(content)} stands where entry {sequence} should")
            previous = sha256(previous + content).digest()
            if line[_HASH_AT : _ENTRY_AT - 1] != previous.hex().encode():
                raise Altered(f"account {self._account}: entry {sequence} was altered ({_named(content)})")
            if sequence in anchors and anchors[sequence] != previous.hex():
                raise Altered(f"account {self._account}: {self._rewritten(sequence)}")
        raise Altered(f"account {self._account} is cut off after entry {sequence}")

    def _rewritten(self, sequence: int) -> str:
        whole = max((each for each in self._anchors if each < sequence), default=0)
        return f"rewritten since it was signed: an entry from {whole + 1} to {sequence} is not what it was"

    def _end(self, words: list[str], sequence: int, previous: bytes) -> None:
        if words != ["end", self._account, str(sequence), previous.hex()]:
            raise Altered(f"account {self._account}: entries are missing after entry {sequence}, or were added")
        if missing := [each for each in self._anchors if each > sequence]:
            raise Altered(f"account {self._account}: entries up to {max(missing)} were signed, {sequence} are here")
        self._checked.entries += sequence
        self._checked.heads[self._account] = (sequence, previous.hex())
        self._checked.anchored[self._account] = max(self._anchors, default=0)

    def _take_anchor(self, words: list[str]) -> None:
        try:
            sequence, key, signature = int(words[1]), public_key(words[5]), bytes.fromhex(words[4])
        except (ValueError, IndexError):
            raise Altered(f"account {self._account}: an anchor that is none") from None
        place = f'"{self._checked.tenant}","{self._account}",{sequence}'
        document = f'["nightdesk.anchor.v1",{place},"{words[2]}","{words[3]}"]'
        trusted = self._pinned in {None, key.fingerprint}
        if not (trusted and key.signed(document.encode(), signature)):
            raise Altered(f"account {self._account}: the anchor of entry {sequence} is not signed by the desk's key")
        self._anchors[sequence] = words[2]
        self._checked.keys[key.fingerprint] = key


def _starts(tenant: str, account: str) -> tuple[bytes, bytes]:
    """How the canonical bytes of the account's entries begin, up to their sequence; equally long in both versions."""
    first, second = (f'["nightdesk.entry.v{version}","{tenant}","{account}",'.encode() for version in (1, 2))
    return first, second


def _named(content: bytes) -> str:
    """The identity in an entry's bytes, as far as they still have one."""
    parts = content.split(b'","')
    return parts[_IDENTITY].decode("ascii", "replace")[:200] if len(parts) > _IDENTITY else "what nobody can read"


def summary(checked: Checked) -> Mapping[str, object]:
    """What is told of a file that is whole."""
    return {
        "tenant": checked.tenant,
        "known_on": checked.known_on,
        "accounts": len(checked.heads),
        "entries": checked.entries,
        "anchored": dict(checked.anchored),
        "keys": sorted(checked.keys),
    }
