"""Helix's routes for people, channels, streams, clips and markers.

Sources: dev.twitch.tv "Get Users", "Get Channel Information" (delay only to the broadcaster's own token), "Get Streams"
(100 ids, first 1 to 100), "Create Clip" (user token with clips:edit, live else 404, duration 5 to 60 s in steps of
0.1, answered 202), "Creating Clips" (asynchronous: listed some seconds later), "Get Clips", "Create Stream Marker"
(140 characters, broadcaster or editor).
"""

import secrets
from datetime import timedelta
from typing import Any

from tests.fakes.twitch.core import Core, refusal
from tests.fakes.twitch.helix import Ask, Helix, Page, text_in
from tests.fakes.twitch.world import Channel, Clip, Marker, User, seconds_stamp

LONGEST_DESCRIPTION = 140
LONGEST_TITLE = 140
SHORTEST_S, LONGEST_S, USUAL_S = 5.0, 60.0, 30.0


class Channels:
    """The routes that read channels and make clips and markers.

    A clip is listed after `clip_polls` polls for it and `clip_s` seconds; `failing_clips` of the next ones never are.
    """

    def __init__(self, core: Core, helix: Helix) -> None:
        self._core = core
        self.clip_polls = 1
        self.clip_s = 0.0
        self.failing_clips = 0
        helix.route("GET", "users", self._users)
        helix.route("GET", "channels", self._channels)
        helix.route("GET", "streams", self._streams)
        helix.route("POST", "clips", self._create_clip)
        helix.route("GET", "clips", self._clips)
        helix.route("POST", "streams/markers", self._mark)

    async def _users(self, ask: Ask) -> Page:
        ids, logins = ask.many("id"), ask.many("login")
        if len(ids) + len(logins) > 100:
            raise refusal(400, "The sum of id and login parameters exceeds 100", wrong=True)
        if not ids and not logins:
            if ask.token.user is None:
                raise refusal(400, "The id or login query parameter is required with an app access token", wrong=True)
            return 200, {"data": [_user(ask.token.user)]}
        if any(not wanted.isdigit() for wanted in ids):
            raise refusal(400, "Invalid login names, emails or IDs in request", wrong=True)
        people = self._core.world.users.values()
        wanted = {login.lower() for login in logins}
        return 200, {"data": [_user(user) for user in people if user.id in ids or user.login in wanted]}

    async def _channels(self, ask: Ask) -> Page:
        wanted = ask.many("broadcaster_id")
        if not wanted:
            raise refusal(400, 'Missing required parameter "broadcaster_id"', wrong=True)
        found = [channel for channel in self._core.world.channels.values() if channel.id in wanted]
        return 200, {"data": [_channel(channel, own=ask.token.user is channel.user) for channel in found]}

    async def _streams(self, ask: Ask) -> Page:
        ids, logins = ask.many("user_id"), {login.lower() for login in ask.many("user_login")}
        first = ask.call.query.get("first", "20")
        if not first.isdigit() or not 1 <= int(first) <= 100:
            raise refusal(400, 'The parameter "first" must be between 1 and 100', wrong=True)
        live = [channel for channel in self._core.world.channels.values() if channel.stream is not None]
        if ids or logins:
            live = [channel for channel in live if channel.id in ids or channel.user.login in logins]
        return 200, {"data": [_stream(channel) for channel in live[: int(first)]], "pagination": {}}

    async def _create_clip(self, ask: Ask) -> Page:
        user = ask.acting("clips:edit")
        channel = ask.channel(ask.one("broadcaster_id"))
        duration_s = _duration_s(ask.call.query.get("duration"))
        title = ask.call.query.get("title", channel.title)
        if not title or len(title) > LONGEST_TITLE:
            raise refusal(400, "The title must have between 1 and 140 characters", wrong=True)
        if channel.stream is None:
            raise refusal(404, "Clipping is not possible for an offline channel.")
        if not channel.clips_enabled or channel.shuts_out(user.id, self._core.now()):
            raise refusal(403, "User does not have permissions to Clip on this channel.")
        slug = f"Fake{secrets.token_hex(6)}-{secrets.token_urlsafe(12)}"
        clip = Clip(slug, channel, user, title, duration_s, self._core.now(), failed=self.failing_clips > 0)
        self.failing_clips -= clip.failed
        self._core.world.clips.append(clip)
        self._core.changed()
        return 202, {"data": [{"id": slug, "edit_url": f"https://clips.twitch.tv/{slug}/edit"}]}

    async def _clips(self, ask: Ask) -> Page:
        ids, channels, games = ask.many("id"), ask.many("broadcaster_id"), ask.many("game_id")
        if sum(1 for given in (ids, channels, games) if given) != 1:
            raise refusal(400, "Exactly one of id, broadcaster_id and game_id is required", wrong=True)
        shown = []
        for clip in self._core.world.clips:
            if clip.id in ids or clip.channel.id in channels or clip.channel.game_id in games:
                clip.asked += 1
                if self._listed(clip):
                    shown.append(_clip(clip))
        return 200, {"data": shown, "pagination": {}}

    def _listed(self, clip: Clip) -> bool:
        old_enough = self._core.now() >= clip.at + timedelta(seconds=self.clip_s)
        return not clip.failed and clip.asked > self.clip_polls and old_enough

    async def _mark(self, ask: Ask) -> Page:
        body = ask.body()
        user = ask.acting("channel:manage:broadcast")
        channel = self._core.world.channels.get(text_in(body, "user_id"))
        description = body.get("description") or ""
        if not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION:
            raise refusal(400, "The description must not exceed 140 characters", wrong=True)
        if channel is None:
            raise refusal(404, "The user in user_id was not found")
        if user.id != channel.id and user.id not in channel.editors:
            raise refusal(403, "The user is neither the broadcaster nor one of the broadcaster's editors")
        if channel.stream is None:
            raise refusal(404, "The user in user_id is not streaming live")
        position_s = int((self._core.now() - channel.stream.started_at).total_seconds())
        marker = Marker(secrets.token_hex(8), channel, user, description, position_s, self._core.now())
        self._core.world.markers.append(marker)
        self._core.changed()
        shown = {
            "id": marker.id,
            "created_at": seconds_stamp(marker.at),
            "description": description,
            "position_seconds": position_s,
        }
        return 200, {"data": [shown]}


def _duration_s(given: str | None) -> float:
    try:
        duration_s = USUAL_S if given is None else float(given)
    except ValueError:
        duration_s = 0.0
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise refusal(400, "The duration must be between 5 and 60 seconds", wrong=True)
    return round(duration_s, 1)


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "login": user.login,
        "display_name": user.name,
        "type": "",
        "broadcaster_type": "",
        "description": "",
        "profile_image_url": f"https://static-cdn.jtvnw.net/{user.login}.png",
        "offline_image_url": "",
        "view_count": 0,
        "created_at": seconds_stamp(user.created_at),
    }


def _channel(channel: Channel, *, own: bool) -> dict[str, Any]:
    return {
        "broadcaster_id": channel.id,
        "broadcaster_login": channel.user.login,
        "broadcaster_name": channel.user.name,
        "broadcaster_language": "en",
        "game_id": channel.game_id,
        "game_name": channel.game,
        "title": channel.title,
        "delay": channel.delay_s if own else 0,
        "tags": [],
        "content_classification_labels": [],
        "is_branded_content": False,
    }


def _stream(channel: Channel) -> dict[str, Any]:
    assert channel.stream is not None
    return {
        "id": channel.stream.id,
        "user_id": channel.id,
        "user_login": channel.user.login,
        "user_name": channel.user.name,
        "game_id": channel.game_id,
        "game_name": channel.game,
        "type": "live",
        "title": channel.title,
        "viewer_count": channel.stream.viewers,
        "started_at": seconds_stamp(channel.stream.started_at),
        "language": "en",
        "thumbnail_url": f"https://static-cdn.jtvnw.net/{channel.user.login}-{{width}}x{{height}}.jpg",
        "tag_ids": [],
        "tags": [],
        "is_mature": False,
    }


def _clip(clip: Clip) -> dict[str, Any]:
    return {
        "id": clip.id,
        "url": f"https://clips.twitch.tv/{clip.id}",
        "embed_url": f"https://clips.twitch.tv/embed?clip={clip.id}",
        "broadcaster_id": clip.channel.id,
        "broadcaster_name": clip.channel.user.name,
        "creator_id": clip.creator.id,
        "creator_name": clip.creator.name,
        "video_id": "",
        "game_id": clip.channel.game_id,
        "language": "en",
        "title": clip.title,
        "view_count": 0,
        "created_at": seconds_stamp(clip.at),
        "thumbnail_url": f"https://static-cdn.jtvnw.net/{clip.id}.jpg",
        "duration": clip.duration_s,
        "vod_offset": None,
        "is_featured": False,
    }
