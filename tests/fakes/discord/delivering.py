"""Interactions on their way to the bot: by the gateway, or by HTTP where the application has an endpoint."""

import secrets
import time

import aiohttp

from tests.fakes.discord.callbacks import respond
from tests.fakes.discord.endpoint import Forgery, post
from tests.fakes.discord.forms import Form
from tests.fakes.discord.handles import InteractionHandle
from tests.fakes.discord.messages import Message
from tests.fakes.discord.people import Channel, Member, User, Wire
from tests.fakes.discord.permissions import EVERYTHING
from tests.fakes.discord.platform import Platform
from tests.fakes.server import Refusal


def begin(
    platform: Platform, who: Member | User, channel: Channel, kind: int, data: Wire, *, source: Message | None = None
) -> InteractionHandle:
    """A new interaction, with everything that Discord says about it."""
    user = who.user if isinstance(who, Member) else who
    member = who if isinstance(who, Member) and channel.guild is not None else None
    token = secrets.token_urlsafe(60)
    now, started_s = platform.now(), time.monotonic()
    handle = InteractionHandle(platform.snowflake(), token, kind, user, channel, now, started_s, platform.pulse, member)
    handle.source = source
    about: Wire = {"id": handle.id, "application_id": platform.application_id, "type": kind, "data": data, "version": 1}
    about |= {"token": token, "channel_id": channel.id, "locale": user.locale, "entitlements": []}
    about |= {"attachment_size_limit": channel.file_limit}
    if channel.guild is not None and member is not None:
        guild, rights = channel.guild, str(member.permissions(channel))
        about |= {"guild_id": guild.id, "guild": {"id": guild.id, "locale": "en-US", "features": []}, "context": 0}
        about |= {"guild_locale": "en-US", "app_permissions": str(guild.me.permissions(channel))}
        about |= {
            "member": member.wire() | {"permissions": rights},
            "channel": channel.wire() | {"permissions": rights},
        }
        about["authorizing_integration_owners"] = {"0": guild.id}
    else:
        about |= {"user": user.wire(), "channel": channel.wire(), "context": 1, "app_permissions": str(EVERYTHING)}
        about["authorizing_integration_owners"] = {"0": "0"}
    if source is not None:
        about["message"] = source.wire()
    handle.payload = about
    platform.ledger.interactions[token] = handle
    return handle


async def deliver(platform: Platform, handle: InteractionHandle) -> InteractionHandle:
    """Hand it to the bot. `handle.failed` says when nobody took it."""
    if platform.ledger.endpoint_url is not None:
        await _deliver_by_http(platform, handle, platform.ledger.endpoint_url)
    elif platform.gateway.sessions:
        platform.emit("INTERACTION_CREATE", handle.payload)
    else:
        handle.failed = "no session listens at the gateway"
    platform.pulse.beat()
    return handle


async def _deliver_by_http(platform: Platform, handle: InteractionHandle, url: str) -> None:
    try:
        handle.http_status, body = await post(platform, url, handle.payload)
    except (aiohttp.ClientError, TimeoutError) as error:
        handle.failed = f"the endpoint didn't answer: {type(error).__name__}"
        return
    if not 200 <= handle.http_status < 300:
        handle.failed = f"the endpoint answered {handle.http_status}"
    elif body is not None:
        try:
            respond(platform, handle, Form(body), None)
        except Refusal as refusal:
            handle.failed = f"the endpoint's answer is refused: {refusal}"
            platform.violation(f"answer by HTTP: {refusal}")
    elif handle.http_status != 202 and handle.callback is None:
        handle.failed = f"{handle.http_status} without a body is no answer"
        platform.violation("an interaction by HTTP is answered 202 without a body, or with a callback as body")


async def redeliver(platform: Platform, handle: InteractionHandle, forgery: Forgery | None = None) -> int:
    """Post an interaction once more, as it was or with a signature that must be refused; the endpoint's status.

    Raises:
        LookupError: the application has no endpoint.
    """
    if platform.ledger.endpoint_url is None:
        raise LookupError("no interactions endpoint is set")
    status, _ = await post(platform, platform.ledger.endpoint_url, handle.payload, forgery)
    return status
