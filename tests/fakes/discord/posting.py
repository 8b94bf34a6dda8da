"""Messages coming into being, changing and going, with the events that follow."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tests.fakes.discord.messages import EPHEMERAL, LOADING, Attachment, Message, Pings, Upload, Version, pings_of
from tests.fakes.discord.people import Channel, User, Wire
from tests.fakes.discord.platform import Platform

FILE_LIFE = timedelta(hours=24)
NONCE_LIFE = timedelta(minutes=5)
KEPT_FLAGS = EPHEMERAL | LOADING | (1 << 2) | (1 << 12) | (1 << 15)


def attach(platform: Platform, channel: Channel, upload: Upload, *, ephemeral: bool = False) -> Attachment:
    """Keep a file and give it an address that expires."""
    file_id = platform.snowflake()
    path = f"/attachments/{channel.id}/{file_id}/{quote(upload.filename)}"
    url = signed_url(platform, platform.cdn_base + path, file_id)
    found = Attachment(file_id, upload, url, ephemeral)
    platform.ledger.files[file_id] = found
    return found


def signed_url(platform: Platform, url: str, file_id: str) -> str:
    """The address of a file, good for a day."""
    now = platform.now()
    expires = int((now + FILE_LIFE).timestamp())
    return f"{url}?ex={expires:x}&is={int(now.timestamp()):x}&hm={file_id:0>16}"


def send(
    platform: Platform,
    channel: Channel,
    author: User,
    body: Wire,
    files: dict[int, Upload] | None = None,
    *,
    kind: int = 0,
    answers: Message | None = None,
    seen_by: str | None = None,
    interaction: Wire | None = None,
) -> Message:
    """A new message; everyone who may see it is told."""
    member = channel.guild.members.get(author.id) if channel.guild else None
    flags = int(body.get("flags") or 0) & KEPT_FLAGS
    pings = pings_of(member, channel, body.get("content") or "", body.get("allowed_mentions"), answers)
    message = Message(platform.snowflake(), channel, author, platform.now(), kind, flags, body.get("nonce"), answers)
    message.pings = Pings() if flags & (EPHEMERAL | LOADING) else pings
    message.seen_by = seen_by if flags & EPHEMERAL else None
    message.interaction = interaction
    message.application_id = platform.application_id if author is platform.bot else None
    message.history.append(_version(platform, message, body, files or {}))
    platform.ledger.messages[message.id] = message
    if message.nonce is not None:
        platform.ledger.nonces[author.id, message.nonce] = message
    if not message.ephemeral:
        platform.emit("MESSAGE_CREATE", message.wire(for_gateway=True))
    platform.pulse.beat()
    return message


def edit(platform: Platform, message: Message, body: Wire, files: dict[int, Upload] | None = None) -> None:
    """A new version of a message; fields that the body lacks stay."""
    message.flags &= ~LOADING
    message.history.append(_version(platform, message, body, files or {}))
    if not message.ephemeral:
        platform.emit("MESSAGE_UPDATE", message.wire(for_gateway=True))
    platform.pulse.beat()


def delete(platform: Platform, message: Message) -> None:
    """Take a message away; the ledger keeps it."""
    message.deleted_at = platform.now()
    if not message.ephemeral:
        gone: Wire = {"id": message.id, "channel_id": message.channel.id}
        if message.channel.guild:
            gone["guild_id"] = message.channel.guild.id
        platform.emit("MESSAGE_DELETE", gone)
    platform.pulse.beat()


def repeated(platform: Platform, author: User, nonce: Any) -> Message | None:
    """The message of that author with that nonce, sent within the last minutes."""
    found = platform.ledger.nonces.get((author.id, nonce))
    return found if found and platform.now() - found.sent_at <= NONCE_LIFE else None


def _version(platform: Platform, message: Message, body: Wire, files: dict[int, Upload]) -> Version:
    before = message.history[-1] if message.history else Version(platform.now(), "", [], [], [])
    shown = replace(before, at=platform.now())
    if "content" in body:
        shown.content = (body["content"] or "").strip()
    if "embeds" in body:
        shown.embeds = [{"type": "rich"} | embed for embed in body["embeds"] or []]
    if "components" in body:
        shown.components = _numbered(body["components"] or [])
    named = body.get("attachments")
    if named is None and not files:
        return shown
    shown.attachments = list(_attached(platform, message, named, files, before))
    return shown


def _attached(
    platform: Platform, message: Message, named: list[Wire] | None, files: dict[int, Upload], before: Version
) -> Iterable[Wire]:
    kept = before.attachments if named is None else []
    yield from kept
    by_id = {one["id"]: one for one in before.attachments}
    meant: list[Wire] = [{"id": number} for number in files] if named is None else named
    for one in meant:
        if str(one["id"]) in by_id:
            yield by_id[str(one["id"])]
            continue
        upload = files[int(one["id"])]
        if one.get("filename"):
            upload = replace(upload, filename=one["filename"])
        new = attach(platform, message.channel, upload, ephemeral=message.ephemeral)
        new.description = one.get("description")
        message.files[new.id] = new
        yield new.wire()


def _numbered(components: list[Wire]) -> list[Wire]:
    counted = 0

    def number(part: Wire) -> Wire:
        nonlocal counted
        counted += 1
        done: Wire = {"id": counted} | part
        if part.get("components"):
            done["components"] = [number(one) for one in part["components"]]
        return done

    return [number(one) for one in components]
