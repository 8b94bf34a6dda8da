"""Uploading media in segments, and the processing after it, by the fake's clock."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import av
from aiohttp import web

from tests.fakes.server import Call
from tests.fakes.x.problems import invalid, not_found
from tests.fakes.x.query import path_id
from tests.fakes.x.schemas import NewUpload, read_body
from tests.fakes.x.wire import answer, read_parts
from tests.fakes.x.world import Media, User, World

MIB = 1024 * 1024
SEGMENT_LIMIT = 5 * MIB
LIFE_S = 86_400
SHORTEST_S, LONGEST_S, FASTEST_FPS = 0.5, 140.0, 60.0
KINDS = {
    "tweet_video": ("video", "video/", 512 * MIB),
    "amplify_video": ("video", "video/", 512 * MIB),
    "tweet_gif": ("animated_gif", "image/gif", 15 * MIB),
    "tweet_image": ("photo", "image/", 5 * MIB),
}
PATIENCE = 3


@dataclass(slots=True, eq=False)
class Upload:
    """One upload on its way. Times are seconds of the fake's clock."""

    media: Media
    total_bytes: int
    touched_s: float
    segments: dict[int, bytes] = field(default_factory=dict)
    finalized_s: float | None = None
    failure: str = ""
    ask_from_s: float = 0.0
    early: int = 0


class Uploads:
    """The uploads by media id.

    Attributes:
        processing_s: how long X works on a video after finalize; 0 has it ready at once.
        idle_s: after how long without a request an upload is forgotten.
        failures: messages with which the next videos fail in processing.
        spoilt: whether X has lost what was uploaded by the time it is posted, through nobody's fault.
        looks_inside: whether a video is opened and its length, rate and shape checked.
    """

    def __init__(self, world: World, violation: Callable[[str], None]) -> None:
        self.processing_s = 5.0
        self.idle_s = float(LIFE_S)
        self.failures: list[str] = []
        self.spoilt = False
        self.looks_inside = True
        self.by_id: dict[str, Upload] = {}
        self._world = world
        self._violation = violation

    async def initialize(self, call: Call, user: User) -> web.StreamResponse:
        """POST /2/media/upload/initialize."""
        body = read_body(call, NewUpload)
        if body.media_category not in KINDS:
            raise invalid(("media_category", body.media_category, "no category that can be posted here"))
        kind, content_type, largest = KINDS[body.media_category]
        if not body.media_type.startswith(content_type):
            raise invalid(("media_type", body.media_type, f"{body.media_type} is no {body.media_category}"))
        if body.total_bytes > largest:
            raise invalid(("total_bytes", body.total_bytes, f"a {body.media_category} has at most {largest} bytes"))
        media = self._world.add_media(user, b"", kind=kind, content_type=body.media_type, ready=False)
        self.by_id[media.id] = Upload(media, body.total_bytes, self._now_s())
        return answer({"data": {"id": media.id, "media_key": media.key, "expires_after_secs": int(self.idle_s)}})

    async def append(self, call: Call, user: User) -> web.StreamResponse:
        """POST /2/media/upload/{id}/append. The same segment may come again, as after a lost answer."""
        upload = self._upload(path_id(call.args["id"]), user)
        parts = await read_parts(call)
        for name in sorted(set(parts) - {"segment_index", "media"}):
            raise invalid((name, "", f"$.{name}: is not defined in the schema"))
        for name in ("segment_index", "media"):
            if name not in parts:
                raise invalid((name, "", f"$.{name}: is missing"))
        index = parts["segment_index"].decode(errors="replace")
        if not index.isdecimal() or int(index) > 999:
            raise invalid(("segment_index", index, f"$.segment_index: [{index}] is not between 0 and 999"))
        if not 0 < len(parts["media"]) <= SEGMENT_LIMIT:
            raise invalid(("media", len(parts["media"]), f"a segment has 1 to {SEGMENT_LIMIT} bytes"))
        if upload.finalized_s is not None:
            raise invalid(("id", upload.media.id, "the upload is finalized"))
        upload.segments[int(index)] = parts["media"]
        upload.touched_s = self._now_s()
        return answer({"data": {"expires_at": int(self._now_s() + self.idle_s)}})

    async def finalize(self, call: Call, user: User) -> web.StreamResponse:
        """POST /2/media/upload/{id}/finalize. Asked again, it answers the same."""
        upload = self._upload(path_id(call.args["id"]), user)
        if upload.finalized_s is None:
            self._put_together(upload)
        return answer({"data": self._state(upload)})

    async def status(self, call: Call, user: User) -> web.StreamResponse:
        """GET /2/media/upload?command=STATUS&media_id=."""
        query = call.query
        for name in sorted(set(query) - {"command", "media_id"}):
            raise invalid((name, query[name], f"The query parameter [{name}] is not one of [command,media_id]"))
        if query.get("command") != "STATUS":
            raise invalid(("command", query.get("command", ""), "The `command` query parameter is not STATUS"))
        upload = self._upload(path_id(query.get("media_id", "")), user)
        if upload.finalized_s is None:
            raise invalid(("media_id", upload.media.id, "the upload is not finalized"))
        upload.early += self._now_s() < upload.ask_from_s
        if upload.early == PATIENCE:
            self._violation(f"asked for the state of media {upload.media.id} again and again before check_after_secs")
        return answer({"data": self._state(upload)})

    def usable(self, media_id: str, user: User) -> Media | None:
        """The media of that id, if this account may post it now."""
        upload = self.by_id.get(media_id)
        if upload is None or upload.media.owner is not user or self._expired(upload) or self.spoilt:
            return None
        if upload.finalized_s is not None:
            self._state(upload)
        return upload.media if upload.media.ready else None

    def _upload(self, media_id: str, user: User) -> Upload:
        upload = self.by_id.get(media_id)
        if upload is None or upload.media.owner is not user or self._expired(upload):
            raise not_found("media", media_id, "media_id")
        return upload

    def _expired(self, upload: Upload) -> bool:
        return self._now_s() >= upload.touched_s + self.idle_s

    def _now_s(self) -> float:
        return self._world.clock.now().timestamp()

    def _put_together(self, upload: Upload) -> None:
        if sorted(upload.segments) != list(range(len(upload.segments))) or not upload.segments:
            raise invalid(("segment_index", sorted(upload.segments), "the segments are not contiguous from 0"))
        data = b"".join(upload.segments[index] for index in sorted(upload.segments))
        if len(data) != upload.total_bytes:
            raise invalid(("total_bytes", upload.total_bytes, f"{len(data)} of {upload.total_bytes} bytes came"))
        upload.media.data = data
        upload.touched_s = upload.finalized_s = self._now_s()
        if upload.media.kind == "photo":
            upload.media.ready = True
            return
        upload.failure = self.failures.pop(0) if self.failures else ""
        if self.looks_inside and upload.media.kind == "video":
            upload.failure = upload.failure or _look_inside(upload.media)

    def _state(self, upload: Upload) -> dict[str, Any]:
        media = upload.media
        left_s = int(upload.touched_s + self.idle_s - self._now_s())
        data: dict[str, Any] = {
            "id": media.id,
            "media_key": media.key,
            "size": media.size,
            "expires_after_secs": left_s,
        }
        if media.kind == "photo":
            return data
        return data | {"video": {"video_type": media.content_type}, "processing_info": self._processing(upload)}

    def _processing(self, upload: Upload) -> dict[str, Any]:
        past_s = self._now_s() - (upload.finalized_s or 0.0)
        if past_s < self.processing_s:
            wait_s = max(1, min(5, ceil(self.processing_s - past_s)))
            upload.ask_from_s = self._now_s() + wait_s
            if past_s < self.processing_s / 5:
                return {"state": "pending", "check_after_secs": wait_s}
            percent = int(100 * past_s / self.processing_s)
            return {"state": "in_progress", "check_after_secs": wait_s, "progress_percent": percent}
        if upload.failure:
            error = {"code": 1, "name": "InvalidMedia", "message": upload.failure}
            return {"state": "failed", "progress_percent": 0, "error": error}
        upload.media.ready = True
        return {"state": "succeeded", "progress_percent": 100}


def _look_inside(media: Media) -> str:
    """Measure the video; what X would not take about it."""
    try:
        with av.open(io.BytesIO(media.data), "r") as container:
            stream = container.streams.video[0]
            length_s = (container.duration or 0) / 1_000_000
            rate = float(stream.average_rate or 0)
            media.width, media.height = stream.width, stream.height
    except (av.error.FFmpegError, IndexError):
        return "the file is no video"
    media.duration_ms = round(length_s * 1000)
    if not SHORTEST_S <= length_s <= LONGEST_S:
        return f"a length of {length_s:.1f} s is not between {SHORTEST_S} and {LONGEST_S}"
    if rate > FASTEST_FPS + 0.1:
        return f"{rate:.1f} pictures a second are more than {FASTEST_FPS:.0f}"
    if not 1 / 3 <= media.width / media.height <= 3 or min(media.width, media.height) < 32:
        return f"{media.width}x{media.height} is not between 1:3 and 3:1, or too small"
    return ""
