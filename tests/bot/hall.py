"""A community with people in it: who asks, who watches, a moderator, an owner; and a stranger elsewhere."""

from dataclasses import dataclass
from typing import Any

import pytest

from bot.answer import Answer
from bot.router import Router
from bot.views import Accepted
from tests.bot.rig import LINK, Ledger, Person


@dataclass(frozen=True)
class Hall:
    """The people of one community; `stranger` speaks outside of it."""

    id: int
    ledger: Ledger
    router: Router
    ann: Person
    bob: Person
    mod: Person
    owner: Person
    stranger: Person

    async def clip(self, state: str = "ready", *, by: Person | None = None) -> str:
        """A clip that somebody (Ann) asked for; returns its public id."""
        return await self.ledger.clip(await self.request(by), state)

    async def request(self, by: Person | None = None) -> str:
        """A request of somebody (Ann)."""
        data = (await (by or self.ann).say(f"clip {LINK}")).reply.data
        assert isinstance(data, Accepted)
        return data.request

    async def of_clip(self, clip: str, column: str) -> Any:
        """One column of a clip."""
        return await self.ledger.value(f"select {column} from clips where public_id = $1", clip)

    async def copy(self, clip: str, platform: str = "chat", url: str | None = "https://chat.example/1") -> int:
        """A message that shows a clip."""
        found: int = await self.ledger.value(
            """
            insert into copies (clip_id, kind, platform, place, remote_id, url)
            select id, 'announcement', $2, jsonb_build_object('platform', $2::text, 'id', 'room'),
                   'message-' || (select count(*) from copies), $3
            from clips where public_id = $1 returning id
            """,
            clip,
            platform,
            url,
        )
        return found

    async def asks_too(self, request: str, person: Person) -> None:
        """Somebody joins a request."""
        await self.ledger.conn.execute(
            """
            insert into request_askers (request_id, user_id, place) select id, $2, place from requests
            where public_id = $1
            """,
            request,
            await person.user_id(),
        )


@pytest.fixture
async def hall(router: Router, ledger: Ledger) -> Hall:
    """A community on the console."""
    community = await ledger.community("arena")
    people = [Person(router, name, place="arena") for name in ("ann", "bob", "mo", "oz")]
    for person in people[:2]:
        await person.user_id()
    for person, role in zip(people[2:], ("moderator", "owner"), strict=True):
        await ledger.conn.execute(
            "insert into user_roles (user_id, role, community_id) values ($1, $2, $3)",
            await person.user_id(),
            role,
            community,
        )
    ann, bob, mod, owner = people
    stranger = Person(router, "eve", place="elsewhere")
    return Hall(community, ledger, router, ann, bob, mod, owner, stranger)


async def refused(person: Person, text: str, status: int) -> str:
    """What somebody is told who may not do that."""
    answer = await person.say(text)
    assert answer.problem, answer.reply.text
    assert answer.problem.status == status, answer.reply.text
    return answer.reply.text


async def done(person: Person, text: str) -> Answer:
    """Say something that works, and confirm it when asked."""
    answer = await person.say(text)
    if answer.pending:
        answer = await person.say("confirm")
    assert answer.problem is None, answer.reply.text
    return answer
