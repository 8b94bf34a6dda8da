"""Every interaction's way, by the gateway or by HTTP: acknowledged first, then handed to the router, then answered."""

import asyncio
import time
from typing import Any

import aiohttp
import discord
from discord import app_commands
from loguru import logger

from bot.adapters.discord import forms, reading
from bot.adapters.discord.answering import Answers
from bot.adapters.discord.buttons import Shelf
from bot.adapters.discord.library import ANSWERED_BEFORE
from bot.adapters.discord.looks import cut
from bot.adapters.discord.memory import Memory
from bot.adapters.discord.reading import First, Met, Wire
from bot.answer import Answer
from bot.command import Suggestion
from bot.hooks import legible
from bot.router import Router
from bot.vocabulary import Invocation
from clipnet.clock import Clock
from clipnet.errors import Unavailable
from clipnet.metrics import counter, histogram

MOST_CHOICES = 25
LONGEST_CHOICE = 100
SUGGEST_S = 2.0
"""Seconds in which completion has to be found, as Discord waits 3 and takes no “later” there."""
REPEATED_S = 1.0
"""Seconds after which, at the soonest, the library says again what Discord answered with 5xx."""
FRESH_S = 5.0
MOST_KEPT = 500

ACK_S = histogram("discord_acknowledge_seconds", "From an interaction's making to our first response, by our clock.")
MET = counter("discord_interactions", "Interactions that were met.", ("kind", "outcome"))


class Interactions:
    """Takes interactions. `bot_id`, set once it is known, tells our own messages from others'."""

    def __init__(self, router: Router, answers: Answers, shelf: Shelf, clock: Clock) -> None:
        self.bot_id = ""
        self._router = router
        self._answers = answers
        self._shelf = shelf
        self._clock = clock
        self._suggested: Memory[tuple[Any, ...], list[str]] = Memory(clock, most=MOST_KEPT, life_s=FRESH_S)

    async def take(self, met: Met, *, acknowledged: bool = False) -> Answer | None:
        """Handle one. `acknowledged`: the first response went out with the answer to Discord's own request.

        Raises:
            BadInput: it can't be read.
        """
        data: Wire = met.data or {}
        registry = self._router.registry
        first = reading.first_of(registry, met.type.value, data, has_message=met.message is not None)
        if first.kind == "choices":
            await self._complete(met, data)
            return None
        if first.kind == "form":
            await self._ask(met, data)
            return None
        if not acknowledged and not await self._acknowledge(met, first):
            return None
        invocation = await self._read(met, data)
        if invocation is None:
            await self._answers.too_old(met)
            return None
        answer = await self._router.handle(invocation)
        if acknowledged and answer and answer.problem and answer.problem.status == Unavailable.status:
            raise Unavailable(answer.problem.sentence, retry_after_s=answer.problem.retry_after_s)
        await self._answers.show(met, first, answer, invocation.place, overtaking=acknowledged)
        return answer

    async def _read(self, met: Met, data: Wire) -> Invocation | None:
        if met.type is discord.InteractionType.application_command:
            with legible():
                return reading.of_command(self._router.registry, met, self.bot_id)
        pressed = await self._shelf.read(str(data.get("custom_id")))
        if pressed is None:
            logger.warning("a button of Discord says nothing to us", interaction=met.id)
            return None
        with legible():
            return reading.of_pressed(self._router.registry, met, pressed)

    async def _acknowledge(self, met: Met, first: First) -> bool:
        """Respond at once; False when somebody else has, or it is too late, so that nothing is done."""
        kind, began_s = met.type.name, time.monotonic()
        try:
            await met.response.defer(ephemeral=first.private, thinking=first.kind == "message")
        except (discord.DiscordServerError, aiohttp.ClientError, OSError, TimeoutError) as error:
            # It may have arrived all the same; if it didn't, showing the answer fails and says so.
            logger.warning("no word whether an interaction was acknowledged", error=type(error).__name__)
        except discord.HTTPException as error:
            again = error.code == ANSWERED_BEFORE
            if not again or time.monotonic() - began_s < REPEATED_S:
                MET.labels(kind, "again" if again else "late").inc()
                logger.info("an interaction is not answered", interaction=met.id, code=error.code, status=error.status)
                return False
            # Discord may have taken our first word and denied it. If it was another process, both show one answer.
            logger.warning("an interaction was acknowledged before, maybe by us", interaction=met.id)
        MET.labels(kind, "taken").inc()
        ACK_S.observe(max(0.0, (self._clock.now() - met.created_at).total_seconds()))
        return True

    async def _ask(self, met: Met, data: Wire) -> None:
        """Open the form that a button asks for."""
        pressed = await self._shelf.read(str(data["custom_id"]))
        command = self._router.registry.find(pressed.command, "discord") if pressed else None
        try:
            if pressed is None or command is None:
                await met.response.defer()
                await self._answers.too_old(met)
            else:
                language, custom_id = reading.language_of(met), str(data["custom_id"])
                form = forms.form_of(command, pressed.ask, pressed.args, custom_id, language)
                await met.response.send_modal(form)
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            logger.warning("a form can't be opened", interaction=met.id, error=type(error).__name__)

    async def _complete(self, met: Met, data: Wire) -> None:
        focused = next((one for one in reading.options_of(data) if one.get("focused")), None)
        found = await self._suggest(met, data, focused) if focused else []
        try:
            await met.response.autocomplete(_choices(found, int(focused["type"]) if focused else 3))
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            logger.info("no completion reached Discord", interaction=met.id, error=type(error).__name__)

    async def _suggest(self, met: Met, data: Wire, focused: Wire) -> list[str]:
        """Completions, for a few seconds from memory; none rather than too late."""
        name, param, typed = reading.name_of(data), str(focused["name"]), str(focused.get("value") or "")
        key = (met.user.id, met.channel_id, name, param, typed)
        if (kept := self._suggested.get(key)) is not None:
            return kept
        try:
            async with asyncio.timeout(SUGGEST_S):
                invocation = reading.of_command(self._router.registry, met, self.bot_id)
                found = await self._router.suggest(invocation, name, param, typed)
        except Exception as error:
            logger.info("nothing to complete with", command=name, error=type(error).__name__)
            return []
        self._suggested.put(key, found)
        return found


def _choices(found: list[str], option_type: int) -> list[app_commands.Choice[Any]]:
    """At most 25 of at most 100 characters, each once; whole numbers where the option takes them."""
    words = list(dict.fromkeys(one for one in found if 0 < len(one) <= LONGEST_CHOICE))
    if option_type == 4:
        numbers = [one for one in words if one.lstrip("-").isdigit()]
        return [app_commands.Choice(name=one, value=int(one)) for one in numbers[:MOST_CHOICES]]
    return [app_commands.Choice(name=_label(one), value=one) for one in words[:MOST_CHOICES]]


def _label(one: str) -> str:
    return cut(one.label, LONGEST_CHOICE) if isinstance(one, Suggestion) else one
