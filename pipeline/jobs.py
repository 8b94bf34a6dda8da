"""Every type of job there is: its name, what it carries, and the limits it runs under.

The names are part of the contract with operators and with other processes; a test pins them. A payload is checked when
a job is enqueued, not when it runs, and carries row ids only: bytes go through the store.
"""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Lane = Literal["media", "io"]


class Payload(BaseModel):
    """What a job carries. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfRequest(Payload):
    """A step of one request."""

    request_id: int = Field(gt=0)


class TranscribeSpans(OfRequest):
    """Spans of one request's audio to transcribe; several such jobs are gathered into one call.

    Spans are in the source's time; `audio_start_s` is that time at the first sample of the audio.
    """

    audio_key: str
    audio_start_s: float = Field(default=0.0, ge=0)
    spans: tuple[tuple[float, float], ...] = Field(min_length=1)


class OfClip(Payload):
    """A step of one clip at one revision of its edit."""

    clip_id: int = Field(gt=0)
    revision: int = Field(ge=1)


class Notify(OfRequest):
    """Tell where the request was made how it ended, or how one of its clips did."""

    about: Literal["clip", "request"]
    clip_id: int | None = None


class OfStream(Payload):
    """Something about a stream that ended."""

    stream_id: int = Field(gt=0)


class Post(OfClip):
    """Publish a clip with one account of one platform."""

    account: str


class TakeDown(Payload):
    """Take one message of ours back that shows a clip."""

    copy_id: int = Field(gt=0)


class Reported(Payload):
    """Tell the moderators of a community that somebody reported a clip."""

    report_id: int = Field(gt=0)


TroubleKind = Literal["bot", "broadcaster", "banned", "sign-in"]


class Trouble(Payload):
    """Tell a community that a platform shut ClipNet out of what it was let into.

    Attributes:
        episode: names this time among all; each is told once.
        what: the consent of the bot or of a broadcaster is gone, the bot was banned, or somebody has to sign in again
            as the bot's account where ClipNet runs.
        channel: the name of the account that it is about.
    """

    community_id: int = Field(gt=0)
    episode: str
    platform: str
    what: TroubleKind
    channel: str


class Maintenance(Payload):
    """An operator's or the scheduler's chore; `note` says why."""

    note: str = ""


P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class JobType(Generic[P]):
    """A kind of job.

    Attributes:
        kind: the name, `room:verb`.
        payload: the model its payload is checked against.
        lane: where it waits; `media` has one slot, `io` a few.
        max_attempts: tries before it becomes a dead letter.
        run_timeout_s: seconds one try may take.
        version: of the payload; a worker holds what is newer than it knows.
        gather: how many waiting jobs of this kind one handler call may take at once.
    """

    kind: str
    payload: type[P]
    lane: Lane
    max_attempts: int = 5
    run_timeout_s: float = 60.0
    version: int = 1
    gather: int = 1


CLIP_PROCESS = JobType("clip:process", OfRequest, "media", max_attempts=3, run_timeout_s=7200)
WHISPER_BATCH = JobType("whisper:batch", TranscribeSpans, "media", max_attempts=4, run_timeout_s=7200, gather=8)
ML_SCORE = JobType("ml:score", OfRequest, "media", max_attempts=3, run_timeout_s=1800)
FFMPEG_POLISH = JobType("ffmpeg:polish", OfClip, "media", max_attempts=3, run_timeout_s=3600)
CLIPBOT_NOTIFY = JobType("clipbot:notify", Notify, "io", max_attempts=8, run_timeout_s=900)
CLIPBOT_VOTE = JobType("clipbot:vote", OfClip, "io")
CLIPBOT_POST = JobType("clipbot:post", OfClip, "io", max_attempts=8, run_timeout_s=900)
CLIPBOT_RECAP = JobType("clipbot:recap", OfStream, "io", max_attempts=8)
CLIPBOT_TAKEDOWN = JobType("clipbot:takedown", TakeDown, "io", max_attempts=8)
CLIPBOT_REPORT = JobType("clipbot:report", Reported, "io", max_attempts=8)
CLIPBOT_TROUBLE = JobType("clipbot:trouble", Trouble, "io", max_attempts=8)
POST_YOUTUBE = JobType("post:youtube", Post, "io", run_timeout_s=1800)
POST_TIKTOK = JobType("post:tiktok", Post, "io", run_timeout_s=1800)
POST_X = JobType("post:x", Post, "io", run_timeout_s=1800)
POST_DISCORD = JobType("post:discord", Post, "io", run_timeout_s=600)
OPS_SYNTHETIC_FAIL = JobType("ops:synthetic_fail", Maintenance, "io", max_attempts=1)
OPS_PRUNE = JobType("ops:prune", Maintenance, "io", max_attempts=3, run_timeout_s=600)

JOB_TYPES: dict[str, JobType[Payload]] = {
    t.kind: t  # type: ignore[misc]
    for t in (
        CLIP_PROCESS,
        WHISPER_BATCH,
        ML_SCORE,
        FFMPEG_POLISH,
        CLIPBOT_NOTIFY,
        CLIPBOT_VOTE,
        CLIPBOT_POST,
        CLIPBOT_RECAP,
        CLIPBOT_TAKEDOWN,
        CLIPBOT_REPORT,
        CLIPBOT_TROUBLE,
        POST_YOUTUBE,
        POST_TIKTOK,
        POST_X,
        POST_DISCORD,
        OPS_SYNTHETIC_FAIL,
        OPS_PRUNE,
    )
}


@dataclass(frozen=True, slots=True)
class NewJob(Generic[P]):
    """A job to be written to the ledger.

    Attributes:
        serial_key: jobs with the same key run one at a time, in the order they were enqueued (`request:12`, `clip:7`).
        unique_key: at most one waiting or running job has it; enqueueing another returns the first.
        requester: whose turn it takes; requesters take turns within a lane.
        delay_s: seconds before it may start.
    """

    type: JobType[P]
    payload: P
    request_id: int | None = None
    clip_id: int | None = None
    serial_key: str | None = None
    unique_key: str | None = None
    requester: str = ""
    priority: int = 0
    delay_s: float = 0.0
