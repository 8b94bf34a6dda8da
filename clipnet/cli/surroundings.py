"""The variables that a process runs under: as given, or completed by embedded services of our own."""

import asyncio
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clipnet.embedded import EmbeddedStack
from clipnet.embedded.roles import load_secrets
from clipnet.settings import GUARDED, Role, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Variables by role; `embedded` tells whether the services are our own."""

    api: Mapping[str, str]
    worker: Mapping[str, str]
    embedded: bool

    def settings(self, role: Role = "api") -> Settings:
        """Checked settings of one role. Raises `Misconfigured`."""
        return load_settings(self.api if role == "api" else self.worker)


@contextmanager
def surroundings(environ: Mapping[str, str] | None = None) -> Iterator[Surroundings]:
    """Where DATABASE_URL or REDIS_URL is missing, run embedded services, migrated and marked, for this block.

    In staging and production nothing is filled in unless SELF_HOSTED is set. ENV is dev when it is not set.
    """
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    given.setdefault("ENV", "dev")
    whole = "DATABASE_URL" in given and "REDIS_URL" in given
    if whole or (given["ENV"] in GUARDED and given.get("SELF_HOSTED", "0") in {"0", "false", "no"}):
        yield Surroundings(_for_role(given, "api"), _for_role(given, "worker"), embedded=False)
        return
    state = Path(given.setdefault("CLIPNET_STATE_DIR", ".clipnet")).absolute()
    given["CLIPNET_STATE_DIR"] = str(state)
    with EmbeddedStack(state) as stack:
        urls = stack.urls
        kept = load_secrets(stack.files.secrets)
        given.setdefault("REDIS_URL", urls.redis)
        given.setdefault("CLIPNET_PARITY_KEY", kept["parity"])
        given.setdefault("API_WRITE_TOKEN", secrets.token_urlsafe(32))
        given.setdefault("API_BASE_URL", f"http://127.0.0.1:{given.get('WEB_PORT') or given.get('PORT') or 8080}")
        if "DATABASE_URL" in given:
            yield Surroundings(_for_role(given, "api"), _for_role(given, "worker"), embedded=True)
            return
        given["DATABASE_OWNER_URL"] = urls.owner
        # Settings are checked, and foreign values refused, before the first migration.
        env = load_settings({**given, "DATABASE_URL": urls.api}).env
        _migrate(urls.owner, env)
        yield Surroundings(
            _for_role({**given, "DATABASE_URL": urls.api}, "api"),
            _for_role({**given, "DATABASE_URL": urls.worker}, "worker"),
            embedded=True,
        )


def _migrate(owner_url: str, env: str) -> None:
    from db.migrate import migrate

    asyncio.run(migrate(owner_url, env))


def _for_role(values: Mapping[str, str], role: Role) -> dict[str, str]:
    """Each role gets what it needs and no more: the worker has no key of the API, neither has the owner's URL."""
    withheld = {"DATABASE_OWNER_URL"} | ({"API_WRITE_TOKEN"} if role == "worker" else set())
    return {**{name: value for name, value in values.items() if name not in withheld}, "CLIPNET_ROLE": role}
