"""What Discord's refusals mean to us."""

from dataclasses import dataclass, field

import discord
import pytest

from bot.adapters.discord.library import point, translate
from clipnet.errors import ClipNetError, Conflict, Misconfigured, NotAllowed, NotFound, Unavailable
from clipnet.settings import Settings


@dataclass
class Answer:
    """The part of an HTTP answer that the library's errors keep."""

    status: int
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def refusal(status: int, code: int, **headers: str) -> discord.HTTPException:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return discord.HTTPException(Answer(status, headers=named), {"code": code, "message": ""})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal(429, 0, Retry_After="12"), Unavailable),
        (refusal(500, 0), Unavailable),
        (refusal(503, 0), Unavailable),
        (refusal(404, 10008), NotFound),
        (refusal(401, 50027), NotFound),
        (refusal(403, 50013), NotAllowed),
        (refusal(403, 50001), NotAllowed),
        (refusal(403, 50007), NotAllowed),
        (refusal(400, 50035), Conflict),
        (discord.LoginFailure("no"), Misconfigured),
        (discord.PrivilegedIntentsRequired(None), Misconfigured),
        (discord.RateLimited(40), Unavailable),
        (TimeoutError(), Unavailable),
    ],
)
def test_each_refusal_has_its_meaning(error: Exception, kind: type[ClipNetError]) -> None:
    assert type(translate(error)) is kind


def test_discord_says_how_long_to_wait_and_which_right_lacks() -> None:
    later = translate(refusal(429, 0, Retry_After="12"))
    assert isinstance(later, Unavailable)
    assert later.retry_after_s == 12
    assert "View Channel" in translate(refusal(403, 50001)).hint
    assert "Send Messages" in translate(refusal(403, 50013)).hint


def test_a_lost_connection_is_sought_within_seconds_by_the_library_itself(settings: Settings) -> None:
    point(settings.discord)
    assert "ExponentialBackoff" in discord.Client.connect.__code__.co_names
    waits = discord.client.ExponentialBackoff()  # type: ignore[attr-defined]
    waited_s = [waits.delay() for _ in range(50)]
    assert max(waited_s[:2]) <= 3
    assert max(waited_s) <= 15
