"""X on loopback: posts, mentions, media, sign-in and webhooks, checked as strictly as the platform does."""

from tests.fakes.x.server import FakeX
from tests.fakes.x.world import Media, Post, User

__all__ = ["FakeX", "Media", "Post", "User"]
