"""Connecting an account: a person types a code on the platform's own page, so no address of ours is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

State = Literal["waiting", "connected", "refused", "expired"]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an account is connected for; `scopes` are the rights asked for, each with its reason."""

    help: str
    scopes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What to tell a person: open `url`, type `code`, within `expires_s` seconds."""

    url: str
    code: str
    expires_s: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection is. `note` says what to do where something is; `until` is the end of the present token."""

    purpose: str
    state: State
    account: str = ""
    note: str = ""
    until: datetime | None = None


class Consent(Protocol):
    """One platform's way to connect accounts. It works beside the command that began it, also after a restart."""

    platform: str
    purposes: Mapping[str, Purpose]

    async def start(self, user_id: int, purpose: str, community_id: int | None) -> Asked:
        """Begin; an earlier beginning of the same person for the same purpose is dropped. Raises `Unavailable`.

        When the person consents, the account's token is kept, and with the purpose `broadcaster` the channel joins
        the community.
        """
        ...

    async def standing(self, user_id: int) -> Sequence[Standing]:
        """What this person connected, or is about to."""
        ...

    async def end(self, user_id: int, purpose: str | None) -> int:
        """Take consents back, at the platform too; returns how many there were.

        With the purpose `broadcaster` the channel leaves its community.
        """
        ...
