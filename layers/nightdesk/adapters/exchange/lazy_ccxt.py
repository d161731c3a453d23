"""Import one venue of ccxt without the hundred others.

`import ccxt` imports every venue (0.5 s, 100 MB). Package objects put in `sys.modules` first, which import a venue when
it is asked for, halve that; no file of ccxt is changed.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

_VERSION: Final = re.compile(r"__version__ = '([^']+)'")
_SUBPACKAGES: Final = ("async_support", "pro")


def client_class(venue: str) -> Callable[[dict[str, Any]], Any]:
    """The class of ccxt's async REST client of the venue."""
    _install()
    module = importlib.import_module(f"ccxt.async_support.{venue}")
    found: Callable[[dict[str, Any]], Any] = getattr(module, venue)
    return found


def base_error() -> type[Exception]:
    """The class of everything that ccxt raises on purpose."""
    _install()
    found: type[Exception] = importlib.import_module("ccxt.base.errors").BaseError
    return found


class _LazyPackage(ModuleType):
    """A package whose names are imported when they are read."""

    def __setattr__(self, name: str, value: object) -> None:
        # The import system binds a child module to its parent; ccxt's own code expects the class of that name there.
        if isinstance(value, ModuleType) and isinstance(getattr(value, name, None), type):
            value = getattr(value, name)
        super().__setattr__(name, value)


def _install() -> None:
    """Put the packages in place, unless somebody has imported ccxt already."""
    if "ccxt" in sys.modules:
        return
    spec = importlib.util.find_spec("ccxt")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("ccxt is not installed: this function needs the exchange layer")
    folder = Path(spec.origin).parent
    root = _package("ccxt", folder, _root_name)
    version = _VERSION.search((folder / "__init__.py").read_text(encoding="utf-8")[:20_000])
    root.__dict__["__version__"] = version[1] if version else "unknown"
    for name in _SUBPACKAGES:
        root.__dict__[name] = _package(f"ccxt.{name}", folder / name, _subpackage_name(f"ccxt.{name}", folder / name))


def _package(name: str, folder: Path, find: Callable[[str], Any]) -> ModuleType:
    package = _LazyPackage(name)
    start = str(folder / "__init__.py")
    package.__dict__.update(
        __path__=[str(folder)],
        __package__=name,
        __file__=start,
        __spec__=importlib.util.spec_from_file_location(name, start, submodule_search_locations=[str(folder)]),
        __getattr__=find,
    )
    sys.modules[name] = package
    return package


def _root_name(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    errors = importlib.import_module("ccxt.base.errors")
    if hasattr(errors, name):
        return getattr(errors, name)
    if name == "Exchange":
        return importlib.import_module("ccxt.base.exchange").Exchange
    if name == "Precise":
        return importlib.import_module("ccxt.base.precise").Precise
    return _child("ccxt", Path(sys.modules["ccxt"].__path__[0]), name)


def _subpackage_name(package: str, folder: Path) -> Callable[[str], Any]:
    def find(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "Exchange":
            return importlib.import_module("ccxt.async_support.base.exchange").Exchange
        errors = importlib.import_module("ccxt.base.errors")
        return getattr(errors, name) if hasattr(errors, name) else _child(package, folder, name)

    return find


def _child(package: str, folder: Path, name: str) -> Any:
    if not (folder / f"{name}.py").exists():
        raise AttributeError(name)
    return getattr(importlib.import_module(f"{package}.{name}"), name)
