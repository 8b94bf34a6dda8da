"""The names of job types are a contract with operators and with processes of another version: they are pinned."""

from pipeline.jobs import JOB_TYPES

FOUNDING = {
    "clip:process",
    "ffmpeg:polish",
    "ml:score",
    "whisper:batch",
    "clipbot:post",
    "clipbot:notify",
    "post:youtube",
    "post:tiktok",
}
ADDED = {
    "clipbot:vote",
    "post:x",
    "post:discord",
    # Each message that shows a clip is taken back by itself, tried again by itself, and never twice.
    "clipbot:takedown",
    # Moderators hear of a report where they talk, though the one who reported it stands elsewhere.
    "clipbot:report",
    # What a stream's chat loved is told once it is over, when there is neither a clip nor a request.
    "clipbot:recap",
    # A platform that shuts ClipNet out can't be told of on that platform, nor by the process that met it there.
    "clipbot:trouble",
}


def test_the_names_are_those_agreed_on() -> None:
    assert {kind for kind in JOB_TYPES if not kind.startswith("ops:")} == FOUNDING | ADDED


def test_a_type_is_found_under_its_own_name() -> None:
    assert all(kind == job.kind for kind, job in JOB_TYPES.items())


def test_what_encodes_waits_apart_from_what_only_talks() -> None:
    media = {kind for kind, job in JOB_TYPES.items() if job.lane == "media"}

    assert media == {"clip:process", "whisper:batch", "ml:score", "ffmpeg:polish"}
