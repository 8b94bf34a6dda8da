"""`clipnet doctor`: what is missing on this machine, and how to mend it."""

import argparse
import asyncio
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.installation import PLATFORMS, Installation, findings
from clipnet import carriers
from clipnet.errors import ClipNetError
from clipnet.finding import Finding
from clipnet.settings import load_settings, variables

if TYPE_CHECKING:
    from asyncpg import Pool

LEAST_FREE: Final = 2 * 1024**3
"""Bytes of disk below which a source and its clips may not fit."""
_LANDLOCK_CREATE_RULESET: Final = 444
_TIMEOUT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: the variables of the process and the folder it keeps its state in."""

    environ: Mapping[str, str]
    state_dir: Path


def python(_: Patient) -> Finding:
    """The interpreter."""
    version = platform.python_version()
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding("python", "good", f"Python {version}")
    return Finding("python", "bad", f"Python {version}", "Use 3.11, 3.12 or 3.13: PYTHON=/path/to/python3 ./run …")


def carried(_: Patient) -> Finding:
    """The files that packages carry."""
    missing: dict[str, str] = {}
    for name, locate in carriers.CARRIED.items():
        try:
            locate()
        except ClipNetError as error:
            missing[name] = error.hint
    if missing:
        return Finding("carried files", "bad", f"missing: {', '.join(missing)}", " ".join(set(missing.values())))
    return Finding("carried files", "good", f"all {len(carriers.CARRIED)} are there")


def ffmpeg(patient: Patient) -> Finding:
    """Whether ffmpeg runs, is new enough, and has what clips need."""
    mend = "Install requirements.lock (./run does it), or set FFMPEG to version 7 or newer with libx264 and libass."
    try:
        binary = patient.environ.get("FFMPEG") or str(carriers.ffmpeg())
        first = _output([binary, "-hide_banner", "-version"]).partition("\n")[0]
        encoders, filters = (
            _output([binary, "-hide_banner", "-encoders"]),
            _output([binary, "-hide_banner", "-filters"]),
        )
    except (OSError, subprocess.SubprocessError, ClipNetError) as error:
        return Finding("ffmpeg", "bad", f"doesn't run: {type(error).__name__}", mend)
    lacks = [name for name in ("libx264", "aac") if f" {name} " not in encoders]
    lacks += [name for name in ("subtitles", "loudnorm", "crop") if f" {name} " not in filters]
    if lacks:
        return Finding("ffmpeg", "bad", f"{first} lacks {', '.join(lacks)}", mend)
    return Finding("ffmpeg", "good", first)


def speech(patient: Patient) -> Finding:
    """Whether the Whisper model can be loaded."""
    name = patient.environ.get("WHISPER_MODEL")
    try:
        folder = Path(name) if name else carriers.whisper_model()
    except ClipNetError as error:
        return Finding("speech model", "bad", error.sentence, error.hint)
    if not folder.is_dir():
        return Finding("speech model", "note", f"{folder} is a name: it is fetched at the first use")
    lacks = [file for file in ("model.bin", "config.json", "tokenizer.json") if not (folder / file).is_file()]
    if lacks:
        return Finding(
            "speech model", "bad", f"{folder} lacks {', '.join(lacks)}", "Name a whole model by WHISPER_MODEL."
        )
    return Finding("speech model", "good", str(folder))


def settings(patient: Patient) -> Finding:
    """Whether the settings are accepted, where they are given and not supplied by the embedded run."""
    if not patient.environ.get("DATABASE_URL") and not patient.environ.get("REDIS_URL"):
        return Finding("settings", "good", "the embedded run supplies what is not set")
    try:
        load_settings(patient.environ)
    except ClipNetError as error:
        return Finding("settings", "bad", error.sentence, error.hint)
    return Finding("settings", "good", f"accepted for {patient.environ.get('ENV')}")


def postgres(patient: Patient) -> Finding:
    """The database: the given one answers, or one of our own can be started."""
    url = patient.environ.get("DATABASE_URL")
    if not url:
        return _embedded("postgresql", carriers.postgres_bin, "initdb")
    try:
        version = asyncio.run(_postgres_version(url))
    except Exception as error:
        mend = "See that the server runs and that DATABASE_URL is right."
        return Finding("postgresql", "bad", f"{_place(url)}: {type(error).__name__}", mend)
    if version < 150000:
        return Finding("postgresql", "bad", f"version {version // 10000}", "Use PostgreSQL 15 or newer.")
    return Finding("postgresql", "good", f"version {version // 10000} at {_place(url)}")


def redis(patient: Patient) -> Finding:
    """Redis: the given one answers, or one of our own can be started."""
    url = patient.environ.get("REDIS_URL")
    if not url:
        return _embedded("redis", carriers.valkey_server)
    from redis import Redis

    try:
        with Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S) as client:
            version = str(client.info("server")["redis_version"])
    except Exception as error:
        mend = "See that the server runs and that REDIS_URL is right."
        return Finding("redis", "bad", f"{_place(url)}: {type(error).__name__}", mend)
    if tuple(map(int, version.split(".")[:2])) < (6, 2):
        return Finding("redis", "bad", f"version {version}", "Use Redis 6.2 or newer, or Valkey.")
    return Finding("redis", "good", f"version {version} at {_place(url)}")


def disk(patient: Patient) -> Finding:
    """Room for sources and clips."""
    free = shutil.disk_usage(_existing(patient.state_dir)).free
    saw = f"{free / 1024**3:.1f} GiB free for {patient.state_dir}"
    if free < LEAST_FREE:
        return Finding("disk", "bad", saw, "Make room, or set CLIPNET_STATE_DIR to a larger disk.")
    return Finding("disk", "good", saw)


def state_folder(patient: Patient) -> Finding:
    """Whether the state folder is ours, writable, and closed to others."""
    folder = patient.state_dir
    if not folder.exists():
        parent = _existing(folder)
        if os.access(parent, os.W_OK):
            return Finding("state folder", "good", f"{folder} will be made")
        return Finding(
            "state folder", "bad", f"{parent} can't be written to", "Set CLIPNET_STATE_DIR to a folder of yours."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            "state folder", "bad", f"{folder} can't be written to", f"chown it to yourself, or move it: {folder}"
        )
    kept = folder / "embedded"
    if kept.exists() and kept.stat().st_mode & 0o077:
        return Finding("state folder", "bad", f"others may read {kept}, which holds passwords", f"chmod 700 '{kept}'")
    return Finding("state folder", "good", str(folder))


def sandbox(_: Patient) -> Finding:
    """Landlock, by which the kernel shuts ffmpeg in."""
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if abi > 0:
        return Finding("sandbox", "good", f"Landlock ABI {abi}")
    return Finding("sandbox", "note", "no Landlock here: ffmpeg runs with limits only; a kernel from 5.13 has it")


CHECKS: Final[tuple[Callable[[Patient], Finding], ...]] = (
    python, carried, ffmpeg, speech, settings, postgres, redis, disk, state_folder, sandbox,
)  # fmt: skip


def examine(patient: Patient) -> Iterator[Finding]:
    """Every check's finding, in turn."""
    for check in CHECKS:
        yield check(patient)
    yield from asyncio.run(_platforms(patient))


async def _platforms(patient: Patient) -> list[Finding]:
    """What each platform's own check sees, all asked at once."""
    async with _ledger(patient) as pool:
        try:
            installation = Installation.read(patient.environ, pool)
        except ClipNetError as error:
            return [Finding("platforms", "bad", error.sentence, error.hint)]
        asked = [_in_time(installation, name) for name in PLATFORMS]
        return [each for found in await asyncio.gather(*asked) for each in found]


async def _in_time(installation: Installation, name: str) -> list[Finding]:
    """A check that breaks, or takes too long, keeps none of the others from being told."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await findings(installation, name)
    except Exception as error:
        saw = f"couldn't be asked: {type(error).__name__}"
        return [Finding(name, "bad", saw, "See that the platform can be reached from here, and try again.")]


@asynccontextmanager
async def _ledger(patient: Patient) -> AsyncIterator["Pool | None"]:
    """The given database, where it answers; whether it does is a check of its own."""
    import asyncpg

    url = patient.environ.get("DATABASE_URL")
    try:
        pool = await asyncpg.create_pool(url, min_size=0, max_size=2, timeout=_TIMEOUT_S) if url else None
    except Exception:
        pool = None
    try:
        yield pool
    finally:
        if pool is not None:
            pool.terminate()


def main(argv: list[str]) -> int:
    """Exit status 1 when something is bad."""
    parser = argparse.ArgumentParser(prog="clipnet doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args(argv)
    environ = _environ()
    patient = Patient(environ, Path(environ.get("CLIPNET_STATE_DIR", ".clipnet")).absolute())
    findings = list(examine(patient))
    well = all(finding.state != "bad" for finding in findings)
    if options.json:
        print(json.dumps({"well": well, "findings": [asdict(finding) for finding in findings]}))
        return 0 if well else 1
    signs = {"good": "✓", "note": "·", "bad": "✗"}
    for finding in findings:
        print(f"{signs[finding.state]} {finding.part}: {finding.saw}")
        if finding.mend and finding.state != "good":
            print(f"    → {finding.mend}")
    return 0 if well else 1


def _environ() -> dict[str, str]:
    """What is set, a file .env included where it is read; where it is refused, the check of the settings says so."""
    try:
        return variables(os.environ, Path.cwd())
    except ClipNetError:
        return {name: value for name, value in os.environ.items() if value}


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S).stdout


def _embedded(part: str, locate: Callable[[], Path], program: str = "") -> Finding:
    try:
        saw = _output([str(locate() / program if program else locate()), "--version"]).strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding(part, "bad", f"the carried server doesn't run: {type(error).__name__}", _MEND_SERVER)
    except ClipNetError as error:
        return Finding(part, "bad", error.sentence, error.hint)
    return Finding(part, "good", f"of our own: {saw}")


_MEND_SERVER: Final = (
    "It needs glibc 2.28 or newer; else give DATABASE_URL and REDIS_URL of servers that run elsewhere."
)


async def _postgres_version(url: str) -> int:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=_TIMEOUT_S)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close()


def _place(url: str) -> str:
    """Where a URL leads, without account and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
