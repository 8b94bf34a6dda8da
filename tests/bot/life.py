"""Communities to live in, and streams to watch."""

import json
from typing import Any

from bot.answer import Answer
from bot.views import Accepted
from db import communities
from tests.bot.rig import Ledger, Person

TALK = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


async def community(ledger: Ledger, *places: tuple[str, str], **settings: Any) -> int:
    """A community with these places (platform, id) and settings."""
    found = await communities.create(ledger.conn, "Arena", list(places))
    await configure(ledger, found, **settings)
    return found


async def configure(ledger: Ledger, community_id: int, **settings: Any) -> None:
    """Set what it has decided."""
    await ledger.conn.execute(
        "update communities set settings = settings || $1::jsonb where id = $2", json.dumps(settings), community_id
    )


async def go_live(ledger: Ledger, community_id: int, channel: str = "arena", **columns: Any) -> int:
    """A stream on Twitch; returns its row id."""
    found: int = await ledger.value(
        """
        insert into streams (platform, channel_id, community_id, remote_id, url, delay_s, title)
        values ('twitch', $1, $2, gen_random_uuid()::text, 'https://twitch.test', $3, 'Finals') returning id
        """,
        channel,
        community_id,
        columns.get("delay_s", 5.0),
    )
    return found


async def moderator(ledger: Ledger, person: Person, community_id: int, role: str = "moderator") -> Person:
    """The person with a role in that community."""
    await ledger.conn.execute(
        "insert into user_roles (user_id, role, community_id) values ($1, $2, $3) on conflict do nothing",
        await person.user_id(),
        role,
        community_id,
    )
    return person


def accepted(answer: Answer) -> Accepted:
    """What an answer says was accepted."""
    assert isinstance(answer.reply.data, Accepted), answer.reply.text
    return answer.reply.data


async def refused(person: Person, text: str, status: int, **parts: Any) -> str:
    """Say something that has to be refused with that status; returns the words."""
    answer = await person.say(text, **parts)
    assert answer.problem, answer.reply.text
    assert answer.problem.status == status, answer.reply.text
    return answer.reply.text
