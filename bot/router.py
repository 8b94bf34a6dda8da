"""The one way in: dedupe, actor, parse, authorise, limit, confirm, handle, audit, reply; the same for everyone."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import asyncpg
from loguru import logger

from bot.answer import Answer, Pending, apologise, refuse, restore
from bot.command import COMMUNITY_ROLES, Command, Limit, Plan
from bot.community import read_settings
from bot.context import Context, Services, holds
from bot.grammar import AnswerNow, NotForUs, Outcome, Parsed, parse_named, parse_text
from bot.languages.telling import tell_answer
from bot.limits import Limiter
from bot.plain import plain, storable
from bot.record import args_of, nameless
from bot.registry import Registry
from bot.vocabulary import PUBLIC_SURFACES, Action, Invocation, Place, Reply, Surface
from clipnet.errors import BadInput, ClipNetError, Conflict, NotAllowed, TooOften, Unavailable
from clipnet.texts import text
from db import audit, communities, confirmations, inbox, users
from db.communities import Community
from db.jobs import Changed
from db.outcasts import mark_of
from db.users import User
from pipeline.queue.facade import Transaction

_TELL_BANNED = Limit(1, 24 * 3600)
PREFIXES: dict[Surface, str] = {"twitch": "!", "discord": "!"}
"""What a message has to start with to be for us, where people also talk to each other."""
CONFIRM = "confirm"
HEADS = frozenset({"administrator", "broadcaster"})
"""Roles of the place itself that make somebody its owner here, before anything is set up."""
OPEN_S = 1.9
"""Seconds in which the database has to begin a transaction; the platforms wait three for an answer."""
_WHOLE_S = 30.0
_RETRY_AFTER_S = 5.0
_TRIES = 3
# Two waited for each other; or what one had looked up was erased by another before it could be named in a row.
_TANGLED = (asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError)
_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
)


@dataclass(slots=True)
class _Visit:
    """One invocation on its way through the checks; `meant`: what its words are, before anything is looked up."""

    ctx: Context
    meant: Parsed | AnswerNow
    command: Command | None = None
    args: dict[str, Any] = field(default_factory=dict)
    confirmed: str | None = None


class Router:
    """Takes invocations of any surface. The effect of a command is one transaction; its jobs are announced after it."""

    def __init__(self, services: Services, registry: Registry, *, open_s: float = OPEN_S) -> None:
        self.services = services
        self.registry = registry
        self._open_s = open_s
        self._limiter = Limiter(services.queue.redis, services.settings.redis.prefix)

    async def handle(self, invocation: Invocation) -> Answer | None:
        """Answer an invocation; None when it is not for us. Never raises: a failure is an answer too."""
        if _between_others(invocation):
            return None
        invocation = storable(invocation)
        try:
            meant = self._read(invocation)
            if isinstance(meant, NotForUs):
                return None
            answer, changed = await self._untangled(invocation, meant)
        except _AWAY as error:
            logger.warning("the database is away", trace_id=str(invocation.trace_id), error=type(error).__name__)
            return refuse(
                Unavailable(
                    text("ClipNet can't reach its database now."),
                    hint=text("Try again soon."),
                    retry_after_s=_RETRY_AFTER_S,
                ),
                invocation.trace_id,
            )
        except Exception as error:
            logger.opt(exception=error).error("an invocation failed", trace_id=str(invocation.trace_id))
            return apologise(invocation.trace_id)
        await self.services.queue.tell(changed)
        return answer

    async def suggest(self, invocation: Invocation, command: str, param: str, typed: str) -> list[str]:
        """Values that a parameter could take, for completion; empty when nothing is known."""
        invocation, typed = storable(invocation), plain(typed)
        found = self.registry.find(command, invocation.surface)
        wanted = next((p for p in found.all_params if p.name == param), None) if found else None
        if wanted is None or wanted.complete is None:
            return [c for c in wanted.choices if c.startswith(typed)] if wanted else []
        async with self._transaction(invocation) as tx:
            return await wanted.complete(await self._context(tx, invocation), typed)

    @asynccontextmanager
    async def _transaction(self, invocation: Invocation) -> AsyncIterator[Transaction]:
        """One transaction, or a TimeoutError when the database doesn't even open it in time."""
        whole = self.services.queue.transaction(trace_id=invocation.trace_id)
        async with asyncio.timeout(self._open_s) as opening, whole as tx:
            opening.reschedule(asyncio.get_running_loop().time() + _WHOLE_S)
            yield tx

    def _read(self, said: Invocation) -> Outcome:
        """What the words mean, before anything is looked up: who they come from is held as the command needs it."""
        if said.command is not None:
            return parse_named(self.registry, said.surface, said.command, said.args)
        return parse_text(self.registry, said.surface, said.text or "", prefix=PREFIXES.get(said.surface))

    async def _untangled(self, invocation: Invocation, meant: Parsed | AnswerNow) -> tuple[Answer, list[Changed]]:
        """The visit, from its start again when the database broke it off because of what another did meanwhile."""
        for _ in range(_TRIES - 1):
            try:
                return await self._visit(invocation, meant)
            except _TANGLED as error:
                logger.info(
                    "two stood in each other's way", trace_id=str(invocation.trace_id), error=type(error).__name__
                )
        return await self._visit(invocation, meant)

    async def _visit(self, invocation: Invocation, meant: Parsed | AnswerNow) -> tuple[Answer, list[Changed]]:
        async with self._transaction(invocation) as tx:
            if invocation.event_id is None:
                visit = _Visit(await self._context(tx, invocation, meant), meant)
                return await self._told(visit), visit.ctx.changed
            key = (invocation.actor.platform, invocation.event_id)
            fingerprint = _fingerprint(invocation)
            if not await inbox.claim(tx.conn, *key):
                return await self._again(tx, invocation, await inbox.answered(tx.conn, *key), fingerprint), []
            visit = _Visit(await self._context(tx, invocation, meant), meant)
            answer = await self._told(visit)
            if answer.problem and answer.problem.status == Unavailable.status:
                await inbox.forget(tx.conn, *key)
            else:
                await inbox.answer(tx.conn, *key, {"fingerprint": fingerprint, "answer": answer.stored()})
            return answer, visit.ctx.changed

    async def _context(
        self, tx: Transaction, invocation: Invocation, meant: Parsed | AnswerNow | None = None
    ) -> Context:
        actor, place = invocation.actor, invocation.place
        community = await communities.at_place(tx.conn, place.platform, place.home)
        user = await users.of_identity(
            tx.conn,
            actor.platform,
            actor.platform_user_id,
            actor.name,
            community.id if community else None,
            mark=mark_of(self.services.settings.parity_key or "", actor.platform, actor.platform_user_id),
            hold=meant.command.hold if isinstance(meant, Parsed) else None,
        )
        return Context(self.services, self.registry, tx, invocation, _in_place(user, invocation, community), community)

    async def _told(self, visit: _Visit) -> Answer:
        """The answer in the language of the place."""
        answer = await self._answer(visit)
        return tell_answer(answer, visit.ctx.settings.language, visit.ctx.invocation.surface)

    async def _again(
        self, tx: Transaction, invocation: Invocation, stored: dict[str, Any] | None, fingerprint: str
    ) -> Answer:
        if stored is None or stored["fingerprint"] != fingerprint:
            community = await communities.at_place(tx.conn, invocation.place.platform, invocation.place.home)
            refusal = refuse(
                BadInput(
                    text("This event was used before, for something else."),
                    hint=text("Give each request an id of its own."),
                ),
                invocation.trace_id,
            )
            language = read_settings(community.settings if community else {}).language
            return tell_answer(refusal, language, invocation.surface)
        first = stored["answer"]
        command = self.registry.find(first["command"] or "", invocation.surface)
        return restore(first, command.data if command else None)

    async def _answer(self, visit: _Visit) -> Answer:
        """Run the checks and the handler; whatever fails leaves nothing behind but its answer and its audit row."""
        ctx = visit.ctx
        trace_id = ctx.trace_id
        allowed = False
        try:
            await self._take(visit)
            assert visit.command is not None
            if (banned := _banned(visit.command, ctx.user)) is not None:
                return await self._silence(visit, banned)
            _authorise(visit.command, ctx.user)
            if (wait := await self._limit(visit)) is not None:
                return wait
            allowed = True
            reply = await self._act(visit)
        except ClipNetError as error:
            await self._audit(visit, "failed" if allowed else "refused", error.sentence)
            return refuse(error, trace_id, visit.command.name if visit.command else None)
        except (*_AWAY, *_TANGLED):
            raise
        except Exception as error:
            logger.opt(exception=error).error("a command failed", trace_id=str(trace_id))
            await self._audit(visit, "failed", "internal")
            return apologise(trace_id, visit.command.name if visit.command else None)
        if not isinstance(reply.data, Pending):
            await self._audit(visit, "allowed", "")
        private = reply.private or visit.command.private
        return Answer(replace(reply, private=private), trace_id, visit.command.name)

    async def _silence(self, visit: _Visit, refusal: NotAllowed) -> Answer:
        """Tell a banned person so once a day where only they see it; else, and in public, say nothing."""
        command, ctx = visit.command, visit.ctx
        assert command is not None
        await self._audit(visit, "refused", refusal.sentence)
        bucket = f"{ctx.user.id}:{_digest([ctx.invocation.place.platform, ctx.community_id])[:16]}:banned"
        told = await self._limiter.take(bucket, _TELL_BANNED) is not None
        quiet = told or ctx.invocation.surface in PUBLIC_SURFACES
        return refuse(refusal, ctx.trace_id, command.name, quiet=quiet)

    async def _act(self, visit: _Visit) -> Reply:
        """Ask first or run the handler, within a savepoint: when it raises, no row and no job of it is left."""
        assert visit.command is not None
        try:
            async with visit.ctx.conn.transaction():
                return await self._confirm(visit) or await visit.command.handler(visit.ctx, **visit.args)
        except BaseException:
            visit.ctx.tx.waiting.clear()
            visit.ctx.changed.clear()
            raise

    async def _take(self, visit: _Visit) -> None:
        """Fill in command and arguments."""
        visit.command = visit.meant.command
        if isinstance(visit.meant, AnswerNow):
            raise visit.meant.error
        visit.args = dict(visit.meant.args)
        if visit.meant.command.name == CONFIRM:
            await self._take_up(visit, visit.args["id"])

    async def _take_up(self, visit: _Visit, confirmation_id: UUID | None) -> None:
        """Put the action that waited in place of `confirm`."""
        waiting = await confirmations.take(visit.ctx.conn, visit.ctx.user.id, confirmation_id)
        if waiting is None:
            return
        outcome = parse_named(self.registry, visit.ctx.invocation.surface, waiting.command, waiting.args)
        if not isinstance(outcome, Parsed):
            raise Conflict(text("What you confirm is no longer possible here."))
        visit.command, visit.args, visit.confirmed = outcome.command, outcome.args, waiting.state_hash

    async def _limit(self, visit: _Visit) -> Answer | None:
        assert visit.command is not None
        if visit.confirmed is not None:
            return None
        bucket = bucket_of(visit.ctx.user.id, visit.ctx.invocation.place, visit.command)
        wait = await self._limiter.take(bucket, visit.command.limit)
        if wait is None:
            return None
        error = TooOften(
            text("You used {command} too often.", command=visit.command.name),
            hint=text("Wait {seconds:.0f} s.", seconds=wait.seconds),
            retry_after_s=wait.seconds,
        )
        if not wait.said:
            await self._audit(visit, "refused", error.sentence)
        return refuse(error, visit.ctx.trace_id, visit.command.name, quiet=wait.said)

    async def _confirm(self, visit: _Visit) -> Reply | None:
        """The question to ask before a command with a plan; None when it may go on."""
        command = visit.command
        assert command is not None
        if command.plan is None:
            return None
        noop = visit.args.pop("noop")
        plan: Plan = await command.plan(visit.ctx, **visit.args)
        if noop:
            return Reply(text("{plan} Nothing was done.", plan=plan.text), private=True)
        state_hash = _digest(plan.state)
        if visit.confirmed is not None:
            if visit.confirmed != state_hash:
                raise Conflict(
                    text("It changed since you were asked."),
                    hint=text("Look again and repeat {command}.", command=command.name),
                )
            return None
        return await self._ask(visit, command, plan, state_hash)

    async def _ask(self, visit: _Visit, command: Command, plan: Plan, state_hash: str) -> Reply:
        args = {name: value for name, value in visit.args.items() if value is not None}
        waiting = await confirmations.propose(visit.ctx.conn, visit.ctx.user.id, command.name, args, state_hash)
        question = text("{plan} Confirm within {seconds} s.", plan=plan.text, seconds=confirmations.VALID_S)
        return Reply(
            question,
            actions=(Action(text("Confirm"), CONFIRM, {"id": str(waiting)}),),
            private=True,
            data=Pending(
                confirmation=waiting, command=command.name, plan=plan.text, expires_in_s=confirmations.VALID_S
            ),
        )

    async def _audit(self, visit: _Visit, outcome: audit.Outcome, detail: str) -> None:
        """Write down who did what: every privileged command that was given, and every refusal of one.

        A look that a page takes again and again (it has no event, and changes nothing) is written down when it is
        refused or fails; a limit, once while it lasts.
        """
        command, said, user = visit.command, visit.ctx.invocation, visit.ctx.user
        if command is None or not (command.privileged or visit.ctx.acted_as):
            return
        if outcome == "allowed" and said.event_id is None and not command.changes:
            return
        await audit.append(
            visit.ctx.conn,
            audit.Entry(
                actor=f"user:{user.id}",
                roles=tuple(sorted(user.roles)),
                platform=said.place.platform,
                place=said.place.id if visit.ctx.community else "",
                command=command.name,
                args=args_of(command, visit.args, visit.ctx.named),
                outcome=outcome,
                detail=nameless(detail, visit.ctx.named),
                trace_id=said.trace_id,
            ),
        )


def bucket_of(user_id: int, place: Place, command: Command) -> str:
    """The name of the bucket that a use of a command takes a token from."""
    return f"{user_id}:{_digest([place.platform, place.id])[:16]}:{command.path}"


def _between_others(invocation: Invocation) -> bool:
    prefix = PREFIXES.get(invocation.surface)
    return invocation.command is None and prefix is not None and not (invocation.text or "").lstrip().startswith(prefix)


def _banned(command: Command, user: User) -> NotAllowed | None:
    """Why a person may use nothing here; a ban in a community doesn't hold for those who moderate it."""
    if command.for_banned or command.name == CONFIRM:
        return None
    if user.banned:
        return NotAllowed(text("You may not use ClipNet any more."))
    if user.silenced and not holds(user.roles, "moderator"):
        return NotAllowed(text("You are banned here."), hint=text("A moderator can end that."))
    return None


def _authorise(command: Command, user: User) -> None:
    if command.role is not None and not holds(user.roles, command.role):
        raise NotAllowed(
            text("{command} is for the role {role}.", command=command.name, role=command.role),
            hint=text("Whoever runs this community can give it.")
            if command.role in COMMUNITY_ROLES
            else text("An operator can grant it."),
        )


def _in_place(user: User, invocation: Invocation, community: Community | None) -> User:
    """The person with the roles that the platform's own roles give them in this community."""
    runs = {"owner"} if invocation.place_roles & HEADS else set()
    if community is None:
        return replace(user, roles=user.roles | runs) if runs else user
    mapped = read_settings(community.settings).roles
    platform = invocation.actor.platform
    given = runs | {ours for theirs in invocation.place_roles if (ours := mapped.get(f"{platform}:{theirs}"))}
    return replace(user, roles=user.roles | given)


def _fingerprint(invocation: Invocation) -> str:
    actor = invocation.actor
    return _digest([actor.platform_user_id, invocation.text, invocation.command, invocation.args])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
