"""Bad input gets one clear sentence and a hint and leaves nothing behind; odd but good input becomes clips."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from bot.views import Failure
from tests.e2e import samples as made
from tests.e2e.samples import SECRET, Samples
from tests.e2e.site import Site
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(300)

Maker = Callable[[Samples], Path]

STEERING = "{\\fs200}{\\p1}m 0 0 l 900 0{\\p0}..\u2044..\u2044evil\u202e.mp4"
"""A name with the codes of a caption renderer, a path out of the folder, and a mark that turns text around."""


@dataclass(frozen=True)
class Case:
    """A local file and what comes of it: the words its refusal must hold, or clips where there are none."""

    name: str
    make: Maker
    says: str = ""
    at: str | None = None


def _missing(samples: Samples) -> Path:
    return samples.folder / "no-such-file.mp4"


REFUSED = [
    Case("no such file", _missing, "doesn.t exist"),
    Case("a folder", lambda s: s.folder, "folder|not a file"),
    Case("nothing in it", lambda s: s.file("empty.mp4", b""), "empty"),
    Case("not a video", lambda s: s.file("letter.mp4", b"Dear ClipNet, " * 400), "not a video|damaged"),
    Case("a picture", lambda s: _picture(s), "not a video|damaged|too short"),
    Case("corrupt", made.mangled, "damaged|not a video"),
    Case("truncated", made.without_its_end, "damaged|not a video"),
    Case("a playlist named .mp4", made.playlist, "not a video|damaged"),
    Case("a concat list named .mp4", made.concat_list, "not a video|damaged"),
    Case("too long", lambda s: s.video("long.mp4", size="128x72", rate=1, length_s=70), "too long"),
    Case("too large", made.too_large, "too large"),
    Case("too short", lambda s: s.video("blink.mp4", length_s=0.04), "too short"),
    Case("a time beyond the end", lambda s: s.video("two-seconds.mp4", length_s=2), "beyond the end", at="10:00"),
]

CLIPPED = [
    Case("audio only", made.audio_only),
    Case("no audio", lambda s: s.video("silent.mp4", sound=False)),
    Case("0.5 s", lambda s: s.video("half-second.mp4", length_s=0.5)),
    Case("odd sizes", lambda s: s.video("odd.mp4", pixels="yuv444p", filters="format=yuv444p,pad=641:361")),
    Case("rotated", made.rotated),
    Case("anamorphic", lambda s: s.video("anamorphic.mp4", size="720x576", filters="setsar=64/45")),
    Case("VFR", lambda s: s.video("vfr.mp4", filters="setpts=PTS+0.03*mod(N\\,4)/TB")),
    Case("10-bit", lambda s: s.video("ten-bit.mp4", codec="libx265", pixels="yuv420p10le")),
    Case("60 fps", lambda s: s.video("sixty.mp4", rate=60)),
    Case("vertical", lambda s: s.video("vertical.mp4", size="360x640")),
    Case("a name that steers", lambda s: s.video(STEERING)),
]


def _picture(samples: Samples) -> Path:
    path = samples.folder / "picture.png"
    samples.ffmpeg("-i", made.good(samples), "-frames:v", "1", path)
    return path.rename(samples.folder / "picture.mp4")


def check_words(failure: Failure, says: str, source: str) -> None:
    """One sentence for a person, with a hint, that tells nothing of the machine but what the person said."""
    words = f"{failure.sentence} {failure.hint}".replace(source, "")
    assert re.search(says, failure.sentence, re.IGNORECASE), failure.sentence
    assert failure.sentence.endswith(".")
    assert failure.hint
    assert "\n" not in words
    assert len(failure.sentence) < 200
    assert not re.search(r"Traceback|Error\b|/tmp/|scratch|ffmpeg|0x[0-9a-f]{6}|\[.* @ ", words), words
    assert SECRET not in words


async def refused(stack: Stack, source: str, says: str, **options: Any) -> None:
    """Ask for clips of `source`; it is refused in these words, at once or later, and nothing stays behind."""
    before = stack.stored()
    answer = await stack.say("clip", source=source, **options)
    if answer.problem:
        check_words(Failure(sentence=answer.problem.sentence, hint=answer.problem.hint), says, source)
    else:
        request = await stack.ended(answer)
        assert request.state == "failed", request
        assert request.error is not None
        check_words(request.error, says, source)
        assert request.clips == []
        assert await stack.rows(request.id) == {"clips": 0, "segments": 0, "assets": 0}
    assert await stack.cleaned_up() == set()
    assert stack.stored() == before


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
async def test_bad_input_is_refused_in_words(stack: Stack, samples: Samples, case: Case) -> None:
    options = {"at": case.at} if case.at else {}

    await refused(stack, str(case.make(samples)), case.says, **options)


@pytest.mark.parametrize("case", CLIPPED, ids=lambda case: case.name)
async def test_odd_but_good_input_becomes_a_clip(stack: Stack, samples: Samples, case: Case) -> None:
    await clipped(stack, str(case.make(samples)))


async def clipped(stack: Stack, source: str) -> None:
    """Ask for one clip of `source` and look at the file that came of it."""
    request = await stack.ended(await stack.say("clip", source=source, count=1))

    assert request.state == "done", request.error
    (clip,) = request.clips
    assert (clip.state, clip.width, clip.height) == ("ready", 1080, 1920)
    assert clip.reason
    folder = stack.settings.storage.root / stack.settings.storage.folder
    assert all(path.is_relative_to(folder) and ".." not in path.name for path in stack.stored())
    (video,) = [path for path in stack.stored() if clip.video and path.as_posix().endswith(clip.video)]
    with av.open(video) as opened:
        streams = {stream.type: stream.codec_context.name for stream in opened.streams}
        picture = opened.streams.video[0]
        assert (picture.width, picture.height) == (1080, 1920)
    assert streams == {"video": "h264", "audio": "aac"}
    assert await stack.cleaned_up() == set()


@pytest.mark.parametrize(
    "url",
    [
        "http://{internal}/film.mp4",
        "http://localhost:{port}/film.mp4",
        "http://[::ffff:127.0.0.1]:{port}/film.mp4",
        "http://2130706433:{port}/film.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/film.mp4",
        "http://user:secret@{internal}/film.mp4",
        "http://{site}/moved",
        "http://{site}/moved-to-a-file",
        "file:///etc/passwd",
    ],
)
async def test_a_link_into_a_private_network_is_refused(stack: Stack, site: Site, internal: Site, url: str) -> None:
    internal.pages["/film.mp4"] = (200, {"Content-Type": "video/mp4"}, b"secret")
    site.pages["/moved"] = (302, {"Location": internal.url("/film.mp4")}, b"")
    site.pages["/moved-to-a-file"] = (302, {"Location": "file:///etc/passwd"}, b"")

    await refused(
        stack,
        url.format(internal=internal.address, port=internal.port, site=site.address),
        "private|http|link|port|password|address",
    )

    assert internal.hits == []


@pytest.mark.parametrize(
    ("path", "page", "says"),
    [
        ("/gone.mp4", (404, {}, b"gone"), "404"),
        ("/page", (200, {"Content-Type": "text/html"}, b"<html>hello</html>"), "not to a video|not a video"),
        ("/nothing.mp4", (200, {"Content-Type": "video/mp4"}, b""), "empty"),
        ("/huge.mp4", (200, {"Content-Type": "video/mp4", "Content-Length": "40000000"}, b"\0" * 1000), "too large"),
        ("/round", (302, {"Location": "/round"}, b""), "too often"),
    ],
    ids=["gone", "a page", "nothing", "too large", "in circles"],
)
async def test_a_link_to_no_video_is_refused(
    stack: Stack, site: Site, path: str, page: tuple[int, dict[str, str], bytes], says: str
) -> None:
    site.pages[path] = page

    await refused(stack, site.url(path), says)


async def test_a_playlist_from_the_net_reaches_nothing_inside(stack: Stack, site: Site, internal: Site) -> None:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", internal.url("/segment.ts"), "#EXT-X-ENDLIST"]
    site.pages["/list.mp4"] = (200, {"Content-Type": "video/mp4"}, "\n".join(lines).encode())

    await refused(stack, site.url("/list.mp4"), "video|damaged")

    assert internal.hits == []


async def test_a_link_with_a_path_in_its_name_becomes_a_clip(stack: Stack, site: Site, samples: Samples) -> None:
    path = "/..%2F..%2F%7B%5Cp1%7Devil.mp4"
    site.pages[path] = (200, {"Content-Type": "video/mp4"}, made.good(samples).read_bytes())

    await clipped(stack, site.url(path))
