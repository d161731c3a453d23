"""Stage what goes to Lambda: the functions' folders, the shared package, and third-party layers (no Docker).

`python -m stacks.build` stages our own code, which is quick and needs nothing. `python -m stacks.build layers` also
installs the third-party layers for Lambda's platform from their lock files, which needs the package index.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stacks.project import PROJECT

BUILD = PROJECT / "build"
REQUIREMENTS = PROJECT / "layers" / "requirements"
THIRD_PARTY = ("core", "exchange", "venues", "graphql", "analytics", "webhooks", "notify")
EVERY_VENUE = "venues"  # the exchange layer's packages, with every venue but without its websockets
PLACEHOLDERS = "placeholders"  # stand for third-party layers where packages come from elsewhere
PYTHON_VERSION = "3.13"
UNZIPPED_MB_MAX = 250
FUNCTION_LAYERS: Mapping[str, Sequence[str]] = {
    "api": ("core",),
    "graphql": ("core", "graphql"),
    "analytics": ("core", "analytics"),
    "webhooks": ("core", "webhooks"),
    "exchange_gateway": ("core", "exchange"),
    "market_proxy": ("core", "venues"),
    "accounts_import": ("core",),
    "accounts_refresh": ("core",),
    "files_import": ("core",),
    "ledger_record": ("core",),
    "ledger_anchor": ("core",),
    "outbox_publish": ("core",),
    "orders_reconcile": ("core",),
    "actions_run": ("core",),
    "rules_evaluate": ("core", "analytics"),
    "schema_migrate": ("core",),
    "fx_refresh": ("core",),
    "candles_backfill": ("core", "exchange"),
    "marketcaps_refresh": ("core",),
    "alerts_send": ("core", "notify"),
    "alerts_watch": ("core",),
}
STREAMERS = ("market_streamer", "candle_writer", "portfolio_tracker", "account_streamer")
_ALONE = ("webhooks", "notify")  # their dependencies are in `core`, or not needed
SERVICES = ("feed_gateway", *STREAMERS, "forwarder", "paper_exchange")
_PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}  # Lambda has glibc 2.34
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
_BUILT = ".lock-digest"
# Of 104 venues those that the desk trades at are kept; a venue imports only its own module and its description.
_CCXT_VENUES = ("binance", "kraken", "coinbase", "coinbaseexchange", "bitfinex", "htx", "huobi")


def stage(build: Path = BUILD) -> None:
    """Stage the functions and the shared package; placeholders for third-party layers that aren't built."""
    for name in FUNCTION_LAYERS:
        _replace(PROJECT / "functions" / name, build / "functions" / name / "functions" / name)
    _replace(PROJECT / "layers" / "nightdesk", build / "layers" / "nightdesk" / "python" / "nightdesk")
    for name in SERVICES:
        _stage_service(name, build / "services" / name)
    _stage_web(build / "web")
    for name in THIRD_PARTY:
        for folder in (PLACEHOLDERS, "layers"):
            if not (build / folder / name).is_dir():
                _place_hold(build / folder / name)


def lock_digest(name: str) -> str:
    """Return what identifies a third-party layer: the digest of its lock file and of how it is built.

    It is the layer's asset hash, so that templates are the same whether it is built yet or not.
    """
    digest = hashlib.sha256(_lock(name).read_bytes())
    venues = "every venue" if name == EVERY_VENUE else ",".join(_CCXT_VENUES)
    digest.update(f"{PYTHON_VERSION} {venues}".encode())
    return digest.hexdigest()


def is_built(name: str, build: Path = BUILD) -> bool:
    """Tell whether a third-party layer is installed as its lock file says."""
    mark = build / "layers" / name / _BUILT
    return mark.exists() and mark.read_text() == lock_digest(name)


def build_layer(name: str, architecture: str, build: Path = BUILD) -> None:
    """Install a third-party layer's locked packages for Lambda's platform, binary wheels only."""
    target = build / "layers" / name
    shutil.rmtree(target, ignore_errors=True)
    packages = target / "python"
    _install(_lock(name), packages, _PLATFORMS[architecture], with_dependencies=name not in _ALONE)
    _trim(packages)
    (_trim_ccxt_to_reading if name == EVERY_VENUE else _trim_ccxt)(packages / "ccxt")
    (target / _BUILT).write_text(lock_digest(name))


def _install(lock: Path, target: Path, platform: str, *, with_dependencies: bool) -> None:
    options = ["--python-version", PYTHON_VERSION, "--python-platform", platform, "--only-binary", ":all:"]
    quiet = ["--quiet", "--no-progress", "--require-hashes"] + ([] if with_dependencies else ["--no-deps"])
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([str(uv), "pip", "install", *quiet, *options, "--target", str(target), "-r", str(lock)], check=True)  # noqa: S603 - ours


def _trim(packages: Path) -> None:
    for pattern in ("__pycache__", "*.dist-info/licenses", "bin", "tests"):
        for path in packages.glob(pattern if "/" in pattern else f"**/{pattern}"):
            shutil.rmtree(path, ignore_errors=True)


def _lock(name: str) -> Path:
    return REQUIREMENTS / f"{'exchange' if name == EVERY_VENUE else name}.txt"


def _trim_ccxt_to_reading(ccxt: Path) -> None:
    """Keep every venue's REST client as coroutines, and nothing of its twins without them or over websockets."""
    for path in ccxt.glob("*.py"):
        if (ccxt / "async_support" / path.name).exists() and not path.stem.startswith("__"):
            path.unlink()
    for folder in ("pro", "test"):
        shutil.rmtree(ccxt / folder, ignore_errors=True)


def _trim_ccxt(ccxt: Path) -> None:
    for folder in (ccxt, ccxt / "abstract", ccxt / "async_support", ccxt / "pro"):
        for path in folder.glob("*.py"):
            if _is_other_venue(path.stem, ccxt):
                path.unlink()
    shutil.rmtree(ccxt / "test", ignore_errors=True)


def _is_other_venue(stem: str, ccxt: Path) -> bool:
    is_venue = (ccxt / "abstract" / f"{stem}.py").exists() or (ccxt / "async_support" / f"{stem}.py").exists()
    return is_venue and not stem.startswith(("__", *_CCXT_VENUES))


def sizes_mb(build: Path = BUILD) -> Mapping[str, float]:
    """Return each function's unzipped size with its layers, in MB."""
    shared = _size(build / "layers" / "nightdesk")
    return {
        name: (_size(build / "functions" / name) + shared + sum(_size(build / "layers" / layer) for layer in layers))
        / 1e6
        for name, layers in FUNCTION_LAYERS.items()
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=_IGNORED)
    else:
        target.mkdir(parents=True)


def _stage_service(name: str, target: Path) -> None:
    # What the service's Dockerfile copies, and nothing else: its image changes only when this does.
    _replace(PROJECT / "fargate" / name, target / "fargate" / name)
    _replace(PROJECT / "layers" / "nightdesk", target / "nightdesk")
    shutil.copyfile(PROJECT / "requirements" / "services.txt", target / "requirements.txt")
    (target / "fargate" / name / "Dockerfile").replace(target / "Dockerfile")


def _stage_web(target: Path) -> None:
    _replace(PROJECT / "web" / "dist", target)
    if not (target / "index.html").exists():
        (target / "index.html").write_text("<!doctype html><title>Nightdesk</title>The web app is not built.\n")


def _place_hold(layer: Path) -> None:
    (layer / "python").mkdir(parents=True)
    (layer / "python" / "not-built.txt").write_text("Run `make layers` to install this layer's packages.\n")


def _report(names: Iterable[str]) -> int:
    sizes = sizes_mb()
    for name, size_mb in sizes.items():
        print(f"{name:<18} {size_mb:7.1f} MB unzipped with its layers")  # noqa: T201 - the command's output
    too_large = [name for name, size_mb in sizes.items() if size_mb >= UNZIPPED_MB_MAX]
    print(f"Built layers: {', '.join(names)}.")  # noqa: T201 - the command's output
    if too_large:
        print(f"Lambda takes {UNZIPPED_MB_MAX} MB at most: {', '.join(too_large)}.", file=sys.stderr)  # noqa: T201
    return len(too_large)


def main() -> int:
    """Stage, and build the layers when asked to."""
    parser = argparse.ArgumentParser(prog="python -m stacks.build", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["stage", "layers"], default="stage")
    parser.add_argument("--architecture", choices=sorted(_PLATFORMS), default="x86_64")
    arguments = parser.parse_args()
    if arguments.what == "layers":
        for name in THIRD_PARTY:
            if not is_built(name):
                build_layer(name, arguments.architecture)
    stage()
    return _report(THIRD_PARTY) if arguments.what == "layers" else 0


if __name__ == "__main__":
    raise SystemExit(main())
