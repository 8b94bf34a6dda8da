"""The jobs that follow one another: which key keeps them in order, which keeps them single."""

from typing import Any

from pipeline.jobs import (
    CLIPBOT_NOTIFY,
    CLIPBOT_POST,
    CLIPBOT_RECAP,
    CLIPBOT_REPORT,
    CLIPBOT_TAKEDOWN,
    CLIPBOT_TROUBLE,
    CLIPBOT_VOTE,
    FFMPEG_POLISH,
    ML_SCORE,
    OPS_PRUNE,
    WHISPER_BATCH,
    Maintenance,
    NewJob,
    Notify,
    OfClip,
    OfRequest,
    OfStream,
    Reported,
    TakeDown,
    TranscribeSpans,
    Trouble,
)
from pipeline.model import Span


def transcribe_job(request_id: int, audio_key: str, span: Span) -> NewJob[Any]:
    """Write down what is said in the sound of a look."""
    payload = TranscribeSpans(
        request_id=request_id, audio_key=audio_key, audio_start_s=span.start_s, spans=((span.start_s, span.end_s),)
    )
    return NewJob(WHISPER_BATCH, payload, request_id=request_id, serial_key=f"request:{request_id}")


def score_job(request_id: int) -> NewJob[Any]:
    """Choose the moments."""
    return NewJob(
        ML_SCORE,
        OfRequest(request_id=request_id),
        request_id=request_id,
        serial_key=f"request:{request_id}",
        unique_key=f"score:{request_id}",
    )


def polish_job(request_id: int, clip_id: int, revision: int) -> NewJob[Any]:
    """Make one clip."""
    return NewJob(
        FFMPEG_POLISH,
        OfClip(clip_id=clip_id, revision=revision),
        request_id=request_id,
        clip_id=clip_id,
        serial_key=f"clip:{clip_id}",
        unique_key=f"polish:{clip_id}:{revision}",
    )


def notify_job(request_id: int, clip_id: int | None = None) -> NewJob[Any]:
    """Tell how a request, or one of its clips, ended."""
    return NewJob(
        CLIPBOT_NOTIFY,
        Notify(request_id=request_id, about="clip" if clip_id else "request", clip_id=clip_id),
        request_id=request_id,
        clip_id=clip_id,
        serial_key=f"notify:{request_id}",
    )


def announce_job(clip_id: int, revision: int, *, delay_s: float = 0.0) -> NewJob[Any]:
    """Show a clip in its community's clip channel, in `delay_s` seconds."""
    return NewJob(
        CLIPBOT_POST,
        OfClip(clip_id=clip_id, revision=revision),
        clip_id=clip_id,
        unique_key=f"announce:{clip_id}:{revision}",
        delay_s=delay_s,
    )


def open_vote_job(clip_id: int, revision: int) -> NewJob[Any]:
    """Open the vote on a clip that is ready."""
    return _vote_job(clip_id, revision, f"vote:open:{clip_id}")


def close_vote_job(clip_id: int, revision: int, *, delay_s: float, again: bool = False) -> NewJob[Any]:
    """Close the vote on a clip in `delay_s` seconds; `again`: beside the job that was to close it earlier."""
    payload = OfClip(clip_id=clip_id, revision=revision)
    unique_key = None if again else f"vote:close:{clip_id}:{revision}"
    return NewJob(CLIPBOT_VOTE, payload, clip_id=clip_id, unique_key=unique_key, delay_s=delay_s)


def count_votes_job(clip_id: int, revision: int, slot: int, *, delay_s: float = 0.0) -> NewJob[Any]:
    """Show how a vote stands, once for all who voted in a slot of time."""
    return _vote_job(clip_id, revision, f"vote:count:{clip_id}:{slot}", delay_s)


def show_clip_job(clip_id: int, revision: int) -> NewJob[Any]:
    """Bring every message that shows a clip up to date; after one change of it, then after the next."""
    payload = OfClip(clip_id=clip_id, revision=revision)
    return NewJob(CLIPBOT_VOTE, payload, clip_id=clip_id, serial_key=f"show:{clip_id}")


def _vote_job(clip_id: int, revision: int, unique_key: str, delay_s: float = 0.0) -> NewJob[Any]:
    payload = OfClip(clip_id=clip_id, revision=revision)
    return NewJob(CLIPBOT_VOTE, payload, clip_id=clip_id, unique_key=unique_key, delay_s=delay_s)


def recap_job(stream_id: int, *, delay_s: float = 0.0) -> NewJob[Any]:
    """Offer the best moments of a stream that ended; where its community hasn't opted in, nothing happens."""
    return NewJob(CLIPBOT_RECAP, OfStream(stream_id=stream_id), unique_key=f"recap:{stream_id}", delay_s=delay_s)


def show_recap_job(stream_id: int) -> NewJob[Any]:
    """Bring the message that offers a stream's moments up to date; after one decision, then after the next."""
    return NewJob(CLIPBOT_RECAP, OfStream(stream_id=stream_id), serial_key=f"recap:{stream_id}")


def prune_job(clip_id: int) -> NewJob[Any]:
    """Remove the files of a clip that was deleted while it was made."""
    return NewJob(OPS_PRUNE, Maintenance(note=f"clip {clip_id} was deleted"), unique_key=f"prune:{clip_id}")


def forget_job(user_id: int) -> NewJob[Any]:
    """Remove what is left of somebody who was forgotten."""
    return NewJob(OPS_PRUNE, Maintenance(note=f"user {user_id} was forgotten"), unique_key=f"forget:{user_id}")


def takedown_job(clip_id: int, copy_id: int) -> NewJob[Any]:
    """Take one message back that shows a clip."""
    return NewJob(CLIPBOT_TAKEDOWN, TakeDown(copy_id=copy_id), clip_id=clip_id, unique_key=f"takedown:{copy_id}")


def report_job(clip_id: int, report_id: int, *, decided: bool = False) -> NewJob[Any]:
    """Tell the moderators of a report, or once it is `decided` put right what they were told."""
    return NewJob(
        CLIPBOT_REPORT,
        Reported(report_id=report_id),
        clip_id=clip_id,
        serial_key=f"report:{report_id}",
        unique_key=f"report:{report_id}:decided" if decided else f"report:{report_id}",
    )


def trouble_job(trouble: Trouble) -> NewJob[Any]:
    """Tell a community that a platform shut ClipNet out."""
    return NewJob(CLIPBOT_TROUBLE, trouble, unique_key=f"trouble:{trouble.community_id}:{trouble.episode}")
