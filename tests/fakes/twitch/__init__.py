"""A Twitch to talk to: `FakeTwitch` and what it hands out."""

from tests.fakes.twitch.burst import Delivery
from tests.fakes.twitch.fake import FakeTwitch
from tests.fakes.twitch.tokens import Token
from tests.fakes.twitch.world import Channel, Clip, Marker, Message, User

__all__ = ["Channel", "Clip", "Delivery", "FakeTwitch", "Marker", "Message", "Token", "User"]
