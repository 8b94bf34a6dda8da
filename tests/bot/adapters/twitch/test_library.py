"""What is put in the place of parts of twitchio is used by it."""

from twitchio.eventsub import websockets

from bot.adapters.twitch.library import point
from tests.bot.adapters.twitch.stage import Stage


async def test_a_lost_socket_is_sought_within_seconds_by_the_library_itself(stage: Stage) -> None:
    point(stage.services.settings.twitch)
    waits = websockets.Websocket(http=None)._backoff  # type: ignore[arg-type]
    waited_s = [waits.calculate() for _ in range(50)]
    assert max(waited_s[:2]) <= 3
    assert max(waited_s) <= 15
