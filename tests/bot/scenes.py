"""What each command that changes something acts on, in a state that permits it and in one that doesn't."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from bot.consent import Asked, Purpose, Standing
from bot.rooms import Room
from clipnet.errors import Unavailable
from tests.bot.life import go_live
from tests.bot.rig import LINK, Ledger, Person
from tests.bot.scenes_of_links import claimed, linked
from tests.bot.senders.making import open_poll


@dataclass
class Scene:
    """Something that a command could change, and somebody else's."""

    ledger: Ledger
    owner: Person
    door: "Door"

    async def request(self, state: str | None = None) -> str:
        answer = await self.owner.say(f"clip {LINK}")
        found = str(answer.reply.data.request)  # type: ignore[union-attr]
        if state:
            await self.ledger.end(found, state)
        return found


Prepare = Callable[[Scene, bool], Awaitable[str]]


async def _clip(_: Scene, permits: bool) -> str:
    return LINK if permits else "/no/such/file.mp4"


async def _cancel(scene: Scene, permits: bool) -> str:
    return await scene.request(None if permits else "done")


async def _retry(scene: Scene, permits: bool) -> str:
    return await scene.request("failed" if permits else "done")


async def _delete(scene: Scene, permits: bool) -> str:
    return await scene.ledger.clip(await scene.request(), "ready" if permits else "deleted")


async def _dead(scene: Scene, permits: bool) -> str:
    return str(await scene.ledger.job("ops:synthetic_fail", "dead" if permits else "done"))


async def _open(scene: Scene, permits: bool) -> str:
    return str(await scene.ledger.job("ops:synthetic_fail", "ready" if permits else "done"))


async def _in_community(scene: Scene, state: str = "ready") -> str:
    await scene.ledger.community("here")
    return await scene.ledger.clip(await scene.request(), state)


async def _held(scene: Scene, permits: bool) -> str:
    clip = await _in_community(scene)
    await scene.ledger.conn.execute("update clips set held_at = now() where public_id = $1 and $2", clip, permits)
    return clip


async def _free(scene: Scene, permits: bool) -> str:
    return await _held(scene, not permits)


async def _living(scene: Scene, permits: bool) -> str:
    return await _in_community(scene, "ready" if permits else "deleted")


async def _blocked(scene: Scene, permits: bool) -> str:
    clip = await _in_community(scene, "deleted")
    if permits:
        await scene.ledger.conn.execute(
            """
            insert into blocked_moments (moment_key, community_id, clip_id, start_s, end_s)
            select 'url:x', r.community_id, c.id, 1, 2 from clips c join requests r on r.id = c.request_id
            where c.public_id = $1
            """,
            clip,
        )
    return clip


async def _victim(scene: Scene, permits: bool) -> str:
    await scene.ledger.community("here")
    name = f"victim-{await scene.ledger.value('select count(*) from users')}"
    if permits:
        await Person(scene.owner.router, name).user_id()
    return name


async def _outcast(scene: Scene, permits: bool) -> str:
    name = await _victim(scene, True)
    if permits:
        await scene.ledger.conn.execute(
            "insert into bans (community_id, user_id) select $1, user_id from identities where platform_user_id = $2",
            await scene.ledger.community("here"),
            name,
        )
    return name


async def _role(scene: Scene, permits: bool, *, granted: bool = False) -> str:
    name = await _victim(scene, True)
    if granted == permits:
        await scene.ledger.conn.execute(
            """
            insert into user_roles (user_id, role)
            select user_id, 'viewer' from identities where platform_user_id = $1
            """,
            name,
        )
    return f"{name} viewer"


async def _granted(scene: Scene, permits: bool) -> str:
    return await _role(scene, permits, granted=True)


async def _new_word(scene: Scene, permits: bool) -> str:
    return await _old_word(scene, not permits)


async def _old_word(scene: Scene, permits: bool) -> str:
    community = await scene.ledger.community("here")
    await scene.ledger.conn.execute("delete from banned_words")
    await scene.ledger.conn.execute("insert into banned_words select $1, 'darn' where $2", community, permits)
    return "darn"


async def _new_source(scene: Scene, permits: bool) -> str:
    return await _old_source(scene, not permits)


async def _old_source(scene: Scene, permits: bool) -> str:
    community = await scene.ledger.community("here")
    await scene.ledger.conn.execute("delete from community_sources")
    await scene.ledger.conn.execute(
        "insert into community_sources select $1, 'twitch', '123' where $2", community, permits
    )
    return "twitch 123"


async def _reported(scene: Scene, permits: bool) -> str:
    return f"{await _living(scene, permits)} rude"


def _edit(arguments: str) -> Prepare:
    async def prepare(scene: Scene, permits: bool) -> str:
        clip = await scene.ledger.clip(await scene.request(), "ready" if permits else "posted")
        return f"{clip} {arguments}"

    return prepare


async def _edited(scene: Scene, permits: bool) -> str:
    clip = await scene.ledger.clip(await scene.request(), "ready")
    await scene.ledger.conn.execute(
        """
        insert into clip_edits (clip_id, revision, kind, before)
        select id, 1, 'title', '{"title": "Before"}' from clips where public_id = $1 and $2
        """,
        clip,
        permits,
    )
    return clip


async def _themselves(scene: Scene, _: bool) -> str:
    await scene.request()
    return ""


async def _given_up(scene: Scene, permits: bool) -> str:
    found = await scene.ledger.value(
        """
        insert into deliveries (platform, event_id, kind, body, given_up_at, done_at, error)
        values ('twitch', gen_random_uuid()::text, 'message', '{}', case when $1 then now() end,
                case when not $1 then now() end, 'It broke.')
        returning id
        """,
        permits,
    )
    return str(found)


@dataclass
class Door:
    """A platform that accounts are connected to; remembers who wanted in and who still is."""

    open: bool = True
    platform: str = "twitch"
    purposes: Mapping[str, Purpose] = field(default_factory=lambda: {"broadcaster": Purpose("the broadcaster", {})})
    begun: list[int] = field(default_factory=list)
    connected: int = 0

    async def start(self, user_id: int, purpose: str, community_id: int | None) -> Asked:  # noqa: ARG002
        if not self.open:
            raise Unavailable("The platform is away.")
        self.begun.append(user_id)
        return Asked("https://door.test", "CODE", 600)

    async def standing(self, user_id: int) -> Sequence[Standing]:  # noqa: ARG002
        return [Standing("broadcaster", "connected")] * self.connected

    async def end(self, user_id: int, purpose: str | None) -> int:  # noqa: ARG002
        ended, self.connected = self.connected, 0
        return ended


async def _connect(scene: Scene, permits: bool) -> str:
    scene.door.open, scene.door.connected = permits, 0
    return "twitch"


async def _disconnect(scene: Scene, permits: bool) -> str:
    scene.door.open, scene.door.connected = permits, int(permits)
    return "twitch"


async def _words(scene: Scene, permits: bool) -> str:
    return await _old_word(scene, not permits)


async def _settled(scene: Scene, permits: bool, settings: str = "{}") -> int:
    """The community of this place with these settings alone; where nothing is permitted, the place has none."""
    found = await scene.ledger.community("here")
    await scene.ledger.conn.execute("update communities set settings = $1", settings)
    if not permits:
        await scene.ledger.conn.execute("delete from community_places")
    return found


async def _recap_off(scene: Scene, permits: bool) -> str:
    await _settled(scene, permits)
    return ""


async def _recap_on(scene: Scene, permits: bool) -> str:
    await _settled(scene, permits, '{"recap": true}')
    return ""


async def _quorum(scene: Scene, permits: bool) -> str:
    await _settled(scene, permits, '{"quorum": 5}')
    return "quorum"


async def _another_quorum(scene: Scene, permits: bool) -> str:
    return f"{await _quorum(scene, permits)} 7"


async def _to_post(scene: Scene, permits: bool) -> str:
    await _settled(scene, True, '{"clip_channel": {"platform": "discord", "id": "clips"}}')
    return await _in_community(scene, "ready" if permits else "failed")


def _moment(arguments: str = "") -> Prepare:
    async def prepare(scene: Scene, permits: bool) -> str:
        stream = await go_live(scene.ledger, await scene.ledger.community("here"), f"c{uuid4()}")
        found = await scene.ledger.value(
            """
            insert into recap_moments (stream_id, rank, start_at, end_at, score, reason, state)
            values ($1, 1, now(), now() + interval '30 s', 5, 'loud', $2) returning id
            """,
            stream,
            "offered" if permits else "dropped",
        )
        return f"{found} {arguments}".strip()

    return prepare


async def _unapproved(scene: Scene, permits: bool) -> str:
    return await _in_community(scene, "ready" if permits else "approved")


async def _approved(scene: Scene, permits: bool) -> str:
    return await _unapproved(scene, not permits)


async def _polled(scene: Scene, permits: bool) -> str:
    clip = await _in_community(scene)
    await open_poll(scene.ledger, clip, quorum=9, window_s=3600 if permits else -1)
    return clip


@dataclass
class Halls:
    """Channels and roles of a server."""

    async def homes(self) -> Sequence[Room]:
        return []

    async def channels(self, home: str) -> Sequence[Room]:  # noqa: ARG002
        return [Room("1", "#clips")]

    async def roles(self, home: str) -> Sequence[Room]:  # noqa: ARG002
        return [Room("2", "@Mods")]

    async def lacking(self, home: str, channel: str) -> Sequence[str]:  # noqa: ARG002
        return []


def _setup(permitted: str, refused: str = "", *, ready: bool = False) -> Prepare:
    """A place that is nobody's yet; `ready`: a community's, with a clip channel."""

    async def prepare(scene: Scene, permits: bool) -> str:
        scene.owner.router.services.rooms["console"] = Halls()
        scene.door.open = permits
        await scene.ledger.conn.execute("delete from setups")
        await scene.ledger.conn.execute("delete from community_places")
        if ready and permits:
            await _settled(scene, True, '{"clip_channel": {"platform": "console", "id": "here"}}')
        return permitted if permits else refused

    return prepare


CASES: dict[str, Prepare] = {
    "setup show": _setup(""),
    "setup channel": _setup("#clips", "#nowhere"),
    "setup roles": _setup("moderator @Mods", "moderator @Nobody"),
    "setup twitch": _setup(""),
    "setup language": _setup("de"),
    "setup test": _setup("", ready=True),
    "setup done": _setup(""),
    "approve": _unapproved,
    "unapprove": _approved,
    "vote": _polled,
    "post": _to_post,
    "link": claimed,
    "unlink": linked,
    "feedback": _words,
    "connect": _connect,
    "disconnect": _disconnect,
    "recap on": _recap_off,
    "recap off": _recap_on,
    "recap approve": _moment(),
    "recap trim": _moment("0:10 0:30"),
    "recap drop": _moment(),
    "settings set": _another_quorum,
    "settings reset": _quorum,
    "deliveries retry": _given_up,
    "ban": _victim,
    "unban": _outcast,
    "captions": _edit("off"),
    "forget-me": _themselves,
    "hold": _free,
    "reframe": _edit("1:1"),
    "release": _held,
    "report": _reported,
    "sources add": _new_source,
    "sources remove": _old_source,
    "takedown": _living,
    "template": _edit("clean"),
    "title": _edit("Something else"),
    "trim": _edit("+1 -1"),
    "unblock": _blocked,
    "undo": _edited,
    "words add": _new_word,
    "words remove": _old_word,
    "clip": _clip,
    "cancel": _cancel,
    "retry": _retry,
    "delete": _delete,
    "jobs retry": _dead,
    "jobs cancel": _open,
    "roles grant": _role,
    "roles revoke": _granted,
    "dead-letter replay": _dead,
    "dead-letter discard": _dead,
}
