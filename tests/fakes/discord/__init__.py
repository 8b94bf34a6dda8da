"""A Discord on loopback: REST, gateway, content network, and people who act; see `FakeDiscord`."""

from tests.fakes.discord.endpoint import Forgery
from tests.fakes.discord.handles import InteractionHandle
from tests.fakes.discord.messages import Message, Upload
from tests.fakes.discord.people import Channel, Guild, Member, Role, User
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.server import FakeDiscord

__all__ = [
    "Channel",
    "FakeDiscord",
    "Forgery",
    "Guild",
    "InteractionHandle",
    "Member",
    "Message",
    "Permission",
    "Role",
    "Upload",
    "User",
]
