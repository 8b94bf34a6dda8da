"""Everything that has to be known of a request to tell of it, read at once and now."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from bot.community import CommunitySettings, read_settings
from bot.news import tell
from bot.senders.desk import Desk
from bot.views import RequestView, clip_view, request_view
from bot.vocabulary import Reply
from db import askers, clips, communities, notices, polls, requests
from db.askers import Asker
from db.clips import Clip, Stored
from db.notices import Notice
from db.polls import Poll
from db.requests import Request

ENDED = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Story:
    """A request with all that came of it. `videos` and `polls` go by public id of the clip."""

    request: Request
    view: RequestView
    clips: Sequence[Clip]
    videos: dict[str, Stored]
    polls: dict[str, Poll]
    askers: Sequence[Asker]
    notice: Notice
    settings: CommunitySettings

    @property
    def over(self) -> bool:
        """Whether this is the last word."""
        return self.view.state in ENDED

    async def reply(self, desk: Desk) -> Reply:
        """It in words."""
        return tell(
            self.view,
            askers=[asker.name for asker in self.askers],
            polls=self.polls,
            links=await desk.links(video.store_key for video in self.videos.values()),
        )


async def of_request(pool: asyncpg.Pool, request_id: int) -> Story | None:
    """The story of a request; None when it is gone. Clips on hold are left out."""
    async with pool.acquire() as conn:
        request = await requests.by_id(conn, request_id)
        notice = await notices.get(conn, request_id)
        if request is None or notice is None:
            return None
        inside = [clip for clip in await clips.of_request(conn, request_id) if clip.held_at is None]
        files = await clips.stored(conn, [clip.id for clip in inside])
        votes = await polls.of_clips(conn, [clip.id for clip in inside])
        who = await askers.present(conn, request_id)
        community = await communities.get(conn, request.community_id) if request.community_id else None
    seen = [clip for clip in inside if clip.state in clips.SEEN]
    videos = {clip.public_id: file for clip in seen for file in files.get(clip.id, []) if file.kind == "video"}
    return Story(
        request,
        request_view(request, [clip_view(clip, files.get(clip.id)) for clip in inside]),
        inside,
        videos,
        {clip.public_id: votes[clip.id] for clip in seen if clip.id in votes},
        who,
        notice,
        read_settings(community.settings if community else {}),
    )
