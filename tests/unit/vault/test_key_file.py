from pathlib import Path

import pytest

from nightdesk.adapters.vault.key_file import FileKeyWrapper, make_key_file
from nightdesk.kernel.errors import Broken


def test_key_file_is_only_its_owners(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_key_is_never_overwritten(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    with pytest.raises(FileExistsError):
        make_key_file(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    make_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(Broken) as error:
        FileKeyWrapper(tmp_path / "key")
    assert error.value.code == "vault.key_file_open"


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_file_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_bytes(b"k" * size)
    with pytest.raises(Broken) as error:
        FileKeyWrapper(tmp_path / "key")
    assert error.value.code == "vault.key_file_malformed"


def test_source_names_the_key_without_showing_it(tmp_path: Path) -> None:
    make_key_file(tmp_path / "key")
    key = (tmp_path / "key").read_bytes()
    source = FileKeyWrapper(tmp_path / "key").source
    assert source == FileKeyWrapper(tmp_path / "key").source
    assert key.hex()[:8] not in source
