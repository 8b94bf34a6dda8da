"""Reading what a client sends: JSON, or a form of `payload_json` and `files[n]`."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, StreamReader
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict

from tests.fakes.discord import schema
from tests.fakes.discord.errors import FormErrors, form_error, refused
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.people import Channel, Wire
from tests.fakes.server import Call

REQUEST_BYTES = 25 * 1024**2

_FILE = re.compile(r"files\[(\d+)\]")


@dataclass(slots=True)
class Form:
    """A body and the files sent with it, by their number."""

    body: Any
    files: dict[int, Upload] = field(default_factory=dict)


async def read_form(call: Call) -> Form:
    """The body of a request.

    Raises:
        Refusal: it is neither JSON nor a well-made form.
    """
    kind = call.headers.get("Content-Type", "").split(";")[0]
    if kind == "multipart/form-data":
        return await _read_parts(call)
    if kind != "application/json":
        raise form_error(
            ["_content_type"], "CONTENT_TYPE_INVALID", 'Expected "Content-Type" header to be application/json.'
        )
    return Form(_parsed(call.body))


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise refused(400, 50109, violation="the body is no JSON") from None


async def _read_parts(call: Call) -> Form:
    loop = asyncio.get_running_loop()
    stream = StreamReader(BaseProtocol(loop), len(call.body) + 1, loop=loop)
    stream.feed_data(call.body)
    stream.feed_eof()
    form = Form({})
    async for part in MultipartReader(CIMultiDict(call.headers), stream):
        if not isinstance(part, BodyPartReader):
            raise refused(400, 50109, violation="a form inside a form")
        data = bytes(await part.read())
        if part.name == "payload_json":
            form.body = _parsed(data)
        elif match := _FILE.fullmatch(part.name or ""):
            mime = part.headers.get("Content-Type", "application/octet-stream")
            form.files[int(match[1])] = Upload(part.filename or "", data, mime)
        else:
            raise form_error([part.name or ""], "FORM_FIELD_UNKNOWN", "Only payload_json and files[n] are known")
    return form


def check_object(form: Form, name: str) -> FormErrors:
    """The body against a published schema; the caller adds its own findings and refuses.

    Raises:
        Refusal: it breaks the schema, so that looking further makes no sense.
    """
    errors = FormErrors()
    if not isinstance(form.body, dict):
        errors.add([], "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        errors.refuse()
    schema.check(name, form.body, errors)
    errors.refuse()
    return errors


def check_sizes(call: Call, files: dict[int, Upload], channel: Channel) -> None:
    """Files and request within the place's limits.

    Raises:
        Refusal: 413 with 40005.
    """
    limit = channel.file_limit
    if len(call.body) > max(REQUEST_BYTES, limit + 2**20):
        raise refused(413, 40005, violation=f"a request of {len(call.body)} bytes")
    for upload in files.values():
        if upload.size > limit:
            raise refused(413, 40005, violation=f"{upload.filename} has {upload.size} bytes, {limit} are taken here")


def unknown_keys(body: Wire, name: str, extra: frozenset[str] = frozenset()) -> list[str]:
    """Keys of the body that the schema doesn't have; the platform ignores them, a correct client sends none."""
    return sorted(set(body) - schema.known_keys(name) - extra)
