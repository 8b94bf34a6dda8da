"""Every setting of ClipNet: one typed class per section, read from the environment, the same for all environments."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, Self

from dotenv import dotenv_values
from pydantic import ValidationError

from clipnet import __version__, carriers
from clipnet.errors import Misconfigured
from clipnet.isolation import refuse_foreign
from clipnet.platform_settings import (
    AdapterSettings,
    DiscordSettings,
    LiveSettings,
    TwitchSettings,
    XSettings,
)
from clipnet.relations import Relation, endpoint, secret, settings_of, shared, tunable, value_of
from clipnet.section import Folder, Section, Words

Role = Literal["api", "worker"]

GUARDED: Final = frozenset({"staging", "production"})
"""Environments where a wrong setting can hurt someone: everything is strict there."""

FOLDERS: Final[dict[str, str]] = {
    "dev": "dev_clips",
    "test": "test_clips",
    "staging": "staging_clips",
    "production": "prod_clips",
}


class DatabaseSettings(Section):
    """The ledger."""

    url: str = endpoint(
        "DATABASE_URL",
        about="PostgreSQL (15 or newer) as this role's account: `postgresql://account:password@host:port/database`.",
    )
    owner_url: str | None = endpoint(
        "DATABASE_OWNER_URL",
        default=None,
        about="The same database as its owner, for `clipnet migrate` only; not set where the API and the worker run.",
    )
    pool_size: int = tunable(
        "DATABASE_POOL_SIZE", default=10, ge=2, about="Connections that one process holds at most."
    )


class RedisSettings(Section):
    """The waiting room."""

    url: str = endpoint("REDIS_URL", about="Redis 6.2 or newer, or Valkey: `redis://account:password@host:port/0`.")

    @property
    def prefix(self) -> str:
        """What every key of this environment begins with."""
        return f"clipnet:{self.env}:"


class StorageSettings(Section):
    """Where finished media lies."""

    mode: Literal["local", "cloudinary", "s3"] = shared(
        "STORAGE_MODE",
        default="local",
        about="The kind of store. Staging and production need cloudinary or s3 unless SELF_HOSTED is set.",
    )
    root: Folder = tunable(
        "STORAGE_ROOT",
        default=Path(".clipnet/store"),
        about="Folder of the local store; by default in CLIPNET_STATE_DIR.",
    )

    @property
    def folder(self) -> str:
        """The one folder of this environment in any store; it comes from ENV and nowhere else."""
        return FOLDERS[self.env]


class MediaSettings(Section):
    """Limits on what comes in, and the encoder."""

    ffmpeg: Path = tunable(
        "FFMPEG",
        relation=Relation.SAME_SHAPE,
        default_factory=carriers.ffmpeg,
        about="The ffmpeg binary, version 7 or newer.",
    )
    max_bytes: int = shared("MEDIA_MAX_BYTES", default=4 * 1024**3, gt=0, about="Largest source, in bytes.")
    max_duration_s: float = shared(
        "MEDIA_MAX_DURATION_S", default=6 * 3600.0, gt=0, about="Longest source, in seconds."
    )
    max_pixels: int = shared(
        "MEDIA_MAX_PIXELS",
        default=33_177_600,
        gt=0,
        about="Largest picture that is decoded, in pixels (8K by default).",
    )
    threads: int = tunable("MEDIA_THREADS", default=0, ge=0, about="Threads of one encode; 0 leaves it to the encoder.")
    net_allow: Words = tunable(
        "NET_ALLOW",
        default=(),
        about="Private `address:port` pairs that the downloader may reach. Refused outside dev and test.",
    )


class SpeechSettings(Section):
    """Speech to text."""

    model: str = shared(
        "WHISPER_MODEL",
        default_factory=lambda: str(carriers.whisper_model()),
        about="Whisper model: a folder in CTranslate2's format, or a name that faster-whisper knows.",
    )
    language: str | None = shared(
        "WHISPER_LANGUAGE", default=None, about="Two-letter code of the spoken language; empty: the model finds out."
    )
    compute_type: str = shared("WHISPER_COMPUTE_TYPE", default="int8", about="Number format of the model's arithmetic.")
    threads: int = tunable(
        "WHISPER_THREADS", default=0, ge=0, about="Threads of one transcription; 0 leaves it to the model."
    )


class WorkerSettings(Section):
    """The one worker."""

    media_slots: int = tunable(
        "WORKER_MEDIA_SLOTS", relation=Relation.SAME_SHAPE, default=1, ge=1, about="Jobs of the media lane at a time."
    )
    io_slots: int = tunable(
        "WORKER_IO_SLOTS",
        relation=Relation.SAME_SHAPE,
        default=4,
        ge=0,
        about="Jobs of the io lane at a time; 0 makes them wait their turn in the media lane.",
    )
    heartbeat_s: float = tunable(
        "WORKER_HEARTBEAT_S",
        relation=Relation.SAME_SHAPE,
        default=2.0,
        gt=0,
        about="Seconds between two signs of life.",
    )
    lease_timeout_s: float = tunable(
        "WORKER_LEASE_TIMEOUT_S",
        relation=Relation.SAME_SHAPE,
        default=15.0,
        gt=0,
        about="Seconds without a sign of life after which a standby takes over.",
    )
    standby_max_s: float = tunable(
        "WORKER_STANDBY_MAX_S",
        relation=Relation.SAME_SHAPE,
        default=120.0,
        gt=0,
        about="Seconds that a second worker waits for its turn before it ends with status 75.",
    )
    drain_s: float = tunable(
        "WORKER_DRAIN_S",
        relation=Relation.SAME_SHAPE,
        default=20.0,
        ge=0,
        about="Seconds that running steps get to finish after SIGTERM.",
    )
    max_crashes: int = tunable(
        "WORKER_MAX_CRASHES",
        relation=Relation.SAME_SHAPE,
        default=3,
        ge=1,
        about="Deaths of the worker during one job after which the job is taken for poison.",
    )
    health_port: int = tunable(
        "WORKER_HEALTH_PORT",
        "PORT",
        default=0,
        ge=0,
        le=65535,
        about="Port of the worker's health listener (else PORT); 0 takes a free one.",
    )


class WebSettings(Section):
    """The API."""

    host: str = tunable("WEB_HOST", default="127.0.0.1", about="Address that the API listens on.")
    port: int = tunable(
        "WEB_PORT",
        "PORT",
        default=8080,
        ge=0,
        le=65535,
        about="Port that the API listens on (else PORT); 0 takes a free one.",
    )
    base_url: str | None = endpoint(
        "API_BASE_URL", default=None, required_for=("api",), about="The API's address as others see it."
    )
    token: str | None = secret(
        "API_WRITE_TOKEN",
        default=None,
        required_for=("api",),
        min_length=32,
        about="Bearer token of machines that write through the API, 32 characters or more. The embedded run makes one.",
    )


class Settings(Section):
    """All of them. `load_settings` is the only way to make one."""

    role: Role = tunable("CLIPNET_ROLE", default="api", about="What this process is.")
    state_dir: Folder = tunable(
        "CLIPNET_STATE_DIR", default=Path(".clipnet"), about="Folder of everything that this machine keeps."
    )
    version: str = tunable(
        "CLIPNET_VERSION", default=__version__, about="The version that logs, metrics and heartbeats name."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = tunable(
        "LOG_LEVEL", default="INFO", about="Least severe log lines that are written."
    )
    self_hosted: bool = tunable(
        "SELF_HOSTED",
        default=False,
        about="Production on one's own machine: the local store and a single operator are accepted.",
    )
    parity_key: str | None = secret(
        "CLIPNET_PARITY_KEY",
        relation=Relation.MUST_EQUAL,
        default=None,
        required_for=("api", "worker"),
        min_length=32,
        about="Key of the fingerprints by which environments compare settings without showing them; the same in all.",
    )
    foreign_fingerprints: str | None = tunable(
        "FOREIGN_FINGERPRINTS",
        default=None,
        repr=False,
        about="What `clipnet config export` printed in the other environments, as JSON: values that are refused here.",
    )
    database: DatabaseSettings
    redis: RedisSettings
    storage: StorageSettings
    media: MediaSettings
    speech: SpeechSettings
    worker: WorkerSettings
    web: WebSettings
    adapters: AdapterSettings
    discord: DiscordSettings
    twitch: TwitchSettings
    x: XSettings
    live: LiveSettings

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Self:
        """Typed settings from variables; each section takes its own. Raises pydantic's ValidationError."""
        sections = {
            name: values
            for name, field in cls.model_fields.items()
            if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        }
        return cls.model_validate({**values, **sections})


def load_settings(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """Read, check and guard the settings; nothing is connected to before this has passed.

    `environ` defaults to the process environment; in dev and test a file `.env` in `folder` (default: the working
    folder) fills what it lacks. Raises `Misconfigured`, whose sentence names settings and never their values.
    """
    values = variables(os.environ if environ is None else environ, folder or Path.cwd())
    try:
        settings = Settings.read(values)
    except ValidationError as error:
        raise Misconfigured(_sentence(error), hint="docs/settings.md says what each one means.") from None
    _refuse_unsafe(settings, values)
    refuse_foreign(settings)
    return settings


def variables(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables that are set to something, `.env` of the folder below the environment. Raises `Misconfigured`."""
    file = folder / ".env"
    kept = dotenv_values(file) if file.exists() else {}
    merged = {**kept, **environ}
    if file.exists() and merged.get("ENV") in GUARDED:
        raise Misconfigured(
            f"A file .env is here, which {merged['ENV']} never reads.",
            hint="Remove it; give the settings by the platform's variables.",
        )
    values = {name: value for name, value in merged.items() if value}
    if "CLIPNET_STATE_DIR" in values:
        values.setdefault("STORAGE_ROOT", str(Path(values["CLIPNET_STATE_DIR"], "store")))
    return values


def _sentence(error: ValidationError) -> str:
    faults: dict[str, str] = {}
    for fault in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(fault["loc"][-1]) if fault["loc"] else "settings"
        faults[name] = "is not set" if fault["type"] == "missing" else f"is refused: {fault['msg'].lower()}"
    return "; ".join(f"{name} {what}" for name, what in faults.items()) + "."


def _refuse_unsafe(settings: Settings, values: Mapping[str, str]) -> None:
    """What only dev and test may have, and what staging and production can't do without."""
    if settings.env not in GUARDED:
        return
    for variable in ("NET_ALLOW", "CLIPNET_CRASH_AT"):
        if values.get(variable):
            raise Misconfigured(
                f"{variable} is set, which {settings.env} refuses.", hint="It is for dev and test only."
            )
    if settings.storage.mode == "local" and not settings.self_hosted:
        raise Misconfigured(
            f"STORAGE_MODE local is refused in {settings.env}.",
            hint="Use cloudinary or s3, or set SELF_HOSTED=1 on a machine of your own.",
        )
    missing = [
        each.variable
        for each in settings_of(Settings)
        if settings.role in each.meaning.required_for and value_of(settings, each.path) is None
    ]
    if missing:
        raise Misconfigured(
            f"{', '.join(missing)} must be set in {settings.env}.", hint="docs/settings.md says what each one means."
        )
