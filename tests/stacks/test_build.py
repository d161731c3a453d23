"""What is trimmed from the exchange layer, and what must not be."""

from pathlib import Path

from stacks.build import _trim_ccxt, stage


def test_only_other_venues_are_trimmed(tmp_path: Path) -> None:
    ccxt = tmp_path / "ccxt"
    for folder in ("", "abstract", "async_support", "base"):
        (ccxt / folder).mkdir(exist_ok=True)
        for name in ("__init__", "binance", "binanceus", "zaif"):
            (ccxt / folder / f"{name}.py").touch()
    _trim_ccxt(ccxt)
    for folder in ("", "abstract", "async_support"):
        assert {path.stem for path in (ccxt / folder).glob("*.py")} == {"__init__", "binance", "binanceus"}
    assert (ccxt / "base" / "zaif.py").exists()


def test_staging_keeps_the_functions_path_and_no_caches(tmp_path: Path) -> None:
    stage(tmp_path)
    assert (tmp_path / "functions" / "api" / "functions" / "api" / "handler.py").is_file()
    assert (tmp_path / "layers" / "nightdesk" / "python" / "nightdesk" / "kernel" / "money.py").is_file()
    assert (tmp_path / "layers" / "core" / "python" / "not-built.txt").is_file()
    assert (tmp_path / "services" / "feed_gateway" / "Dockerfile").is_file()
    assert not list(tmp_path.rglob("__pycache__"))
