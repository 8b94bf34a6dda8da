"""What runs in a folder, for tests that want nothing left there."""

import os
import time
from pathlib import Path

import psutil

GONE_S = 60.0
"""Seconds in which what was told to end has ended, on a machine that does much else."""


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every other process that works in the folder or names it on its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(folder)) or str(folder) in " ".join(process.cmdline()):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
    return [process for process in found if process.pid != os.getpid()]


def left_in(folder: Path) -> list[psutil.Process]:
    """What still runs in the folder some time after all was told to end; none, as soon as there is none."""
    until = time.monotonic() + GONE_S
    while (left := processes_of(folder)) and time.monotonic() < until:
        psutil.wait_procs(left, timeout=0.1)
    return left
