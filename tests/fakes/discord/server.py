"""The fake Discord that tests and the playground use."""

from clipnet.clock import Clock
from tests.fakes.discord.acting import Acting
from tests.fakes.discord.routes_account import AccountRoutes
from tests.fakes.discord.routes_commands import CommandRoutes
from tests.fakes.discord.routes_files import FileRoutes
from tests.fakes.discord.routes_interactions import InteractionRoutes
from tests.fakes.discord.routes_messages import MessageRoutes


class FakeDiscord(Acting):
    """Discord as far as a bot sees it: `async with FakeDiscord(clock).serving() as discord:`.

    Routes are named as in `POST /api/v10/channels/{channel}/messages` for `faults.plan` and `calls`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        application_id: str = "1100000000000000001",
        bot_token: str | None = None,
        bot_name: str = "ClipNet",
    ) -> None:
        super().__init__(clock, application_id=application_id, bot_token=bot_token, bot_name=bot_name)
        AccountRoutes(self)
        MessageRoutes(self)
        CommandRoutes(self)
        InteractionRoutes(self)
        FileRoutes(self)
