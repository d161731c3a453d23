"""The local cloud's scratch space, and the processes that live in it."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import psutil


def temporary(state_dir: Path) -> Path:
    """Return where the cloud unpacks functions; their processes run from there."""
    return state_dir / "tmp"


def clear_temporary(state_dir: Path) -> None:
    """End functions (and a cloud) that outlived a killed cloud, and empty the scratch space."""
    end_processes(state_dir)
    shutil.rmtree(temporary(state_dir), ignore_errors=True)
    temporary(state_dir).mkdir(parents=True, mode=0o700)


def end_processes(state_dir: Path) -> None:
    """Kill every process of this state directory's cloud but the one that asks."""
    scratch = str(temporary(state_dir)) + os.sep
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        is_function = any(word.startswith(scratch) for word in words)
        is_cloud = "stacks.local.cloud_process" in words and str(state_dir) in words
        if (is_function or is_cloud) and process.pid != os.getpid():
            with suppress(psutil.Error):
                process.kill()
                process.wait(3)
