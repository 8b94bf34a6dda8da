"""Twenty people at once, in any order: nobody hears of a deadlock, and what the ledger holds fits together."""

import asyncio
import random

import pytest

from bot.answer import Answer
from bot.context import Services
from bot.router import Router
from tests.bot.hall import Hall, done
from tests.bot.rig import LINK, Person

ROUNDS = 12
BROKEN = {
    "an open request without an open job": """
        select count(*) from requests r where r.state in ('queued', 'working') and not exists (
          select from jobs j where j.request_id = r.id and j.state in ('ready', 'running'))""",
    "an open request that nobody asks for": """
        select count(*) from requests r where r.state in ('queued', 'working') and not exists (
          select from request_askers a where a.request_id = r.id and a.withdrawn_at is null)""",
    "an owner who asks no more": """
        select count(*) from requests r where r.state in ('queued', 'working') and not exists (
          select from request_askers a
          where a.request_id = r.id and a.user_id = r.user_id and a.withdrawn_at is null)""",
    "an open vote on what has enough": """
        select count(*) from polls p where state = 'open' and quorum <= (
          select coalesce(sum(value), 0) from votes v where v.clip_id = p.clip_id)""",
    "work on what is deleted": """
        select count(*) from clips c join jobs j on j.clip_id = c.id and j.kind = 'ffmpeg:polish'
        where c.state = 'deleted' and j.state = 'ready'""",
}


def _says(chance: random.Random, clips: list[str], requests: list[str]) -> str:
    clip = chance.choice(clips)
    return chance.choice(
        (
            f"clip {LINK} --at {chance.choice((1, 10, 90, 99))}",
            f"clip {LINK} --at {chance.choice((1, 10, 90, 99))}",
            f"cancel {chance.choice(requests)}",
            f"cancel {clip}",
            f"retry {chance.choice(requests)}",
            f"vote {clip} {chance.choice(('up', 'down', 'undo'))}",
            f"report {clip} bad",
            f"hold {clip}",
            f"release {clip}",
            f"approve {clip}",
            f"unapprove {clip}",
            f"takedown {clip}",
            "confirm",
            "forget-me",
            f"ban p{chance.randrange(20)}",
            f"unban p{chance.randrange(20)}",
        )
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_crowd_breaks_nothing(hall: Hall, services: Services, seed: int) -> None:
    chance = random.Random(seed)
    routers = (hall.router, Router(services, hall.router.registry, open_s=30))
    people = [Person(chance.choice(routers), f"p{number}", place="arena") for number in range(20)]
    for person in people[:4]:
        await hall.ledger.conn.execute(
            "insert into user_roles (user_id, role, community_id) values ($1, 'moderator', $2)",
            await person.user_id(),
            hall.id,
        )
    clips = [await hall.clip(state) for state in ("ready", "rendering", "queued", "ready")]
    await hall.ledger.conn.execute(
        """
        update requests set state = 'working' where exists (select from clips c where c.request_id = requests.id)
        """
    )
    await hall.ledger.conn.execute(
        "insert into polls (clip_id, community_id, quorum, needs_moderator, closes_at) "
        "select id, $1, 3, false, now() + interval '1 hour' from clips",
        hall.id,
    )
    answers: list[Answer] = []

    async def live(person: Person) -> None:
        for _ in range(ROUNDS):
            requests = [row["public_id"] for row in await services.queue.pool.fetch("select public_id from requests")]
            answers.append(await person.say(_says(chance, clips, requests)))

    await asyncio.gather(*map(live, people))
    assert [a.reply.text for a in answers if a.problem and a.problem.status >= 500] == []
    # What is on hold waits with its vote, whoever's vote was taken out meanwhile.
    held_back = "select public_id from clips where held_at is not null and state <> 'deleted'"
    for held in await hall.ledger.conn.fetch(held_back):
        await done(hall.mod, f"release {held['public_id']}")
    assert {what: await hall.ledger.value(sql) for what, sql in BROKEN.items()} == dict.fromkeys(BROKEN, 0)
