"""Application commands, global and of a guild, with the day's budget of new ones."""

from collections import Counter

from aiohttp import web

from tests.fakes.discord import schema
from tests.fakes.discord.command_rules import CHAT_INPUT, DAILY_CREATES, EXTRA_KEYS, MOST, check_command
from tests.fakes.discord.errors import FormErrors, refused
from tests.fakes.discord.forms import check_object, read_form, unknown_keys
from tests.fakes.discord.people import Wire
from tests.fakes.discord.platform import Platform
from tests.fakes.discord.rest import answer, nothing
from tests.fakes.server import Call

DAY_S = 86_400.0
GLOBAL = "/applications/{application}/commands"
OF_GUILD = "/applications/{application}/guilds/{guild}/commands"
SCHEMA = "ApplicationCommandUpdateRequest"


class CommandRoutes:
    """Everything below …/commands."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        for base in (GLOBAL, OF_GUILD):
            platform.api("GET", base, self.listed)
            platform.api("PUT", base, self.replace)
            platform.api("POST", base, self.create)
            platform.api("GET", base + "/{command}", self.read)
            platform.api("PATCH", base + "/{command}", self.change)
            platform.api("DELETE", base + "/{command}", self.delete)

    def _scope(self, call: Call) -> str | None:
        if call.args["application"] != self._platform.application_id:
            raise refused(403, 20012, violation="commands of another application")
        guild = call.args.get("guild")
        if guild is not None and guild not in self._platform.guilds:
            raise refused(403, 50001)
        return guild

    def _held(self, scope: str | None) -> dict[str, Wire]:
        return self._platform.ledger.commands.setdefault(scope, {})

    async def listed(self, call: Call) -> web.Response:
        """All of a scope."""
        return answer(list(self._held(self._scope(call)).values()))

    async def replace(self, call: Call) -> web.Response:
        """Exactly these; those with a new name count as created."""
        scope = self._scope(call)
        form = await read_form(call)
        errors = FormErrors()
        if not isinstance(form.body, list):
            errors.add([], "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            errors.refuse()
        for number, command in enumerate(form.body):
            schema.check(SCHEMA, command, errors, [number])
        errors.refuse()
        named: set[tuple[int, str]] = set()
        for number, command in enumerate(form.body):
            check_command(command, errors, [number])
            self._note_unknown(call, command)
            key = _key(command)
            if key in named:
                message = "Application command names must be unique"
                errors.add([number], "APPLICATION_COMMANDS_DUPLICATE_NAME", message)
            named.add(key)
        errors.refuse()
        _check_counts(form.body)
        before = {_key(one): one for one in self._held(scope).values()}
        self._count_creates(scope, len(named - set(before)))
        after = [self._registered(scope, command, before.get(_key(command))) for command in form.body]
        self._platform.ledger.commands[scope] = {one["id"]: one for one in after}
        return answer(after)

    async def create(self, call: Call) -> web.Response:
        """One more, or a new version of the one that has the name already."""
        scope = self._scope(call)
        command = await self._one(call)
        held = self._held(scope)
        before = next((one for one in held.values() if _key(one) == _key(command)), None)
        if before is None:
            _check_counts([*held.values(), command])
            self._count_creates(scope, 1)
        done = self._registered(scope, command, before)
        held[done["id"]] = done
        return answer(done, 200 if before else 201)

    async def _one(self, call: Call) -> Wire:
        form = await read_form(call)
        errors = check_object(form, SCHEMA)
        check_command(form.body, errors)
        errors.refuse()
        self._note_unknown(call, form.body)
        command: Wire = form.body
        return command

    def _note_unknown(self, call: Call, command: Wire) -> None:
        if unknown := unknown_keys(command, SCHEMA, EXTRA_KEYS):
            self._platform.violation(f"{call.method} {call.path}: unknown fields {unknown}")

    def _find(self, call: Call) -> tuple[dict[str, Wire], Wire]:
        held = self._held(self._scope(call))
        if call.args["command"] not in held:
            raise refused(404, 10063)
        return held, held[call.args["command"]]

    async def read(self, call: Call) -> web.Response:
        """One."""
        return answer(self._find(call)[1])

    async def change(self, call: Call) -> web.Response:
        """Some fields of one."""
        held, before = self._find(call)
        form = await read_form(call)
        changed: Wire = before | (form.body if isinstance(form.body, dict) else {})
        errors = FormErrors()
        schema.check(SCHEMA, changed, errors)
        errors.refuse()
        check_command(changed, errors)
        errors.refuse()
        done = self._registered(self._scope(call), changed, before)
        held[done["id"]] = done
        return answer(done)

    async def delete(self, call: Call) -> web.Response:
        """Take one away."""
        held, command = self._find(call)
        del held[command["id"]]
        return nothing()

    def _count_creates(self, scope: str | None, new: int) -> None:
        now_s = self._platform.clock.monotonic_s()
        recent = [at for at in self._platform.ledger.creates.get(scope, []) if at > now_s - DAY_S]
        if len(recent) + new > DAILY_CREATES:
            raise refused(400, 30034)
        self._platform.ledger.creates[scope] = recent + [now_s] * new

    def _registered(self, scope: str | None, command: Wire, before: Wire | None) -> Wire:
        done: Wire = {"id": before["id"] if before else self._platform.snowflake()}
        done |= {"application_id": self._platform.application_id, "version": self._platform.snowflake()}
        done |= {"type": CHAT_INPUT, "description": "", "nsfw": False, "default_member_permissions": None}
        done |= {
            key: value for key, value in command.items() if (value is not None and key not in done) or key in EDITABLE
        }
        if done["default_member_permissions"] is not None:
            done["default_member_permissions"] = str(done["default_member_permissions"])
        done["type"] = done["type"] or CHAT_INPUT
        done["description"] = done["description"] or ""
        return done | ({"guild_id": scope} if scope else {"contexts": done.get("contexts"), "dm_permission": True})


EDITABLE = frozenset({"type", "description", "nsfw", "default_member_permissions", "name", "options"})


def _key(command: Wire) -> tuple[int, str]:
    return command.get("type") or CHAT_INPUT, command["name"]


def _check_counts(commands: "list[Wire]") -> None:
    counted = Counter(_key(one)[0] for one in commands)
    if any(counted[kind] > most for kind, most in MOST.items()):
        raise refused(400, 30032, violation="more commands than a scope may have")
