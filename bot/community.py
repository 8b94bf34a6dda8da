"""What a community has decided for itself; kept as JSON in its row, changed by `settings` and `setup`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.vocabulary import Place
from db import communities

Language = Literal["en", "de", "es"]
WhoClips = Literal["everyone", "subscribers", "moderators"]


class Spot(BaseModel):
    """A place of a platform, by the platform's ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: str
    id: str
    name: str = ""

    def place(self) -> Place:
        """As adapters and speakers know it."""
        return Place(self.platform, self.id)


class CommunitySettings(BaseModel):
    """Every field is a setting that moderators or owners can read and change by its name.

    Attributes:
        language: of all replies here.
        clip_channel: where finished clips are announced; none: only where they were asked for.
        ops_channel: where operators' messages go.
        roles: the platform's role id (`discord:123`, `twitch:moderator`) to ours (`moderator`, `owner`).
        who_clips: who may ask for clips.
        quorum: votes for a clip, less those against it, that make it approved; 0 switches voting off.
        vote_window_s: seconds that a vote stays open.
        voter_age_days: days that an account must have existed to vote.
        voter_role: the platform's role id that a voter needs.
        approval: who has to say yes besides the vote: nobody, or a moderator.
        template, aspect: defaults of clips asked for here.
        recap: whether a message with the best moments nobody asked for follows each stream; the broadcaster opts in.
        record: whether streams are recorded for “clip that”.
        chat_delay_s: seconds from what happens to what viewers of the stream see.
        quiet_hours: `22-7` (UTC hours): nothing is announced then but waits until they end.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: Language = "en"
    clip_channel: Spot | None = None
    ops_channel: Spot | None = None
    roles: dict[str, Literal["moderator", "owner"]] = Field(default_factory=dict)
    who_clips: WhoClips = "everyone"
    quorum: int = Field(default=3, ge=0, le=1000)
    vote_window_s: int = Field(default=24 * 3600, ge=60, le=30 * 24 * 3600)
    voter_age_days: int = Field(default=0, ge=0, le=3650)
    voter_role: str | None = None
    approval: Literal["vote", "moderator"] = "vote"
    template: Literal["bold", "clean", "karaoke"] | None = None
    aspect: Literal["9:16", "1:1", "16:9"] | None = None
    recap: bool = False
    record: bool = True
    chat_delay_s: float = Field(default=5.0, ge=0, le=300)
    quiet_hours: str | None = Field(default=None, pattern=r"^([01]?\d|2[0-3])-([01]?\d|2[0-3])$")


async def language_of(conn: communities.Reader, community_id: int | None) -> Language:
    """The language that a community is spoken to in; English where there is none."""
    return (await settings_of(conn, community_id)).language


async def settings_of(conn: communities.Reader, community_id: int | None) -> CommunitySettings:
    """What a community has decided; the defaults where there is none."""
    community = await communities.get(conn, community_id) if community_id is not None else None
    return read_settings(community.settings if community else {})


def read_settings(stored: dict[str, Any]) -> CommunitySettings:
    """The settings of a community's row; what a row lacks has its default."""
    return CommunitySettings.model_validate(stored)
