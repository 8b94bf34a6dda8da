"""Playlists as servers write them, and what becomes of pieces over several of them."""

from datetime import UTC, datetime

import pytest

from pipeline.live.playlist import Listing, NotRecordable, Part, read
from pipeline.live.track import Placed, Track

URL = "https://live.example.org/a/media.m3u8?token=1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{first}\n"


def listing(first: int, names: str, *, head: str = "", at: datetime | None = None) -> Listing:
    """Pieces of two seconds named by single letters; `|` is a discontinuity."""
    lines = [HEAD.format(first=first) + head]
    if at is not None:
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat()}")
    for name in names:
        lines.append("#EXT-X-DISCONTINUITY" if name == "|" else f"#EXTINF:2.0,\n{name}.ts")
    found = read("\n".join(lines), URL)
    assert isinstance(found, Listing)
    return found


def names(placed: list[Placed]) -> str:
    return "".join(each.piece.name[0] for each in placed)


def runs(placed: list[Placed]) -> list[int]:
    return [each.run for each in placed]


def test_low_latency_parts_do_not_move_the_clock() -> None:
    part = '#EXT-X-PART:DURATION=0.5,URI="p.ts"\n' * 4
    body = HEAD.format(first=1) + f"#EXT-X-PROGRAM-DATE-TIME:{NOON.isoformat()}\n" + (part + "#EXTINF:2.0,\na.ts\n") * 2
    found = read(body, URL)
    assert isinstance(found, Listing)
    assert [piece.starts_at for piece in found.pieces] == [NOON.timestamp(), NOON.timestamp() + 2]


def test_ranges_of_one_file() -> None:
    head = '#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"\n'
    body = (
        HEAD.format(first=1)
        + head
        + "#EXT-X-BYTERANGE:100@700\n#EXTINF:2,\nall.mp4\n#EXT-X-BYTERANGE:50\n#EXTINF:2,\nall.mp4\n"
    )
    found = read(body, URL)
    assert isinstance(found, Listing)
    place = "https://live.example.org/a/all.mp4"
    assert [piece.part for piece in found.pieces] == [Part(place, 700, 100), Part(place, 800, 50)]
    assert found.pieces[1].init == Part(place, 0, 700)


MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1{more}
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=9{more},RESOLUTION={size}
high.m3u8
"""
APART = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="sound.m3u8"\n'


@pytest.mark.parametrize(("size", "chosen"), [("1920x1080", "high"), ("3840x2160", "low")])
def test_the_best_that_is_not_too_large(size: str, chosen: str) -> None:
    assert read(MASTER.format(more="", size=size), URL) == f"https://live.example.org/a/{chosen}.m3u8"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<html>", "no playlist"),
        (MASTER.format(more=',AUDIO="a"', size="1x1") + APART, "apart"),
        (HEAD.format(first=1) + '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n#EXTINF:2,\na.ts', "encrypted"),
        (HEAD.format(first="x") + "#EXTINF:2,\na.ts", "can't be read"),
        (HEAD.format(first=1) + "#EXTINF:-5,\na.ts", "can't be read"),
        (HEAD.format(first=1) + "#EXTINF:nan,\na.ts", "can't be read"),
    ],
)
def test_what_is_refused(body: str, why: str) -> None:
    with pytest.raises(NotRecordable, match=why):
        read(body, URL)


def test_only_what_is_new_and_a_run_ends_where_pieces_are_missing_or_cut() -> None:
    track = Track()
    assert runs(list(track.news(listing(1, "ab"), 100.0))) == [1, 1]
    assert list(track.news(listing(1, "ab"), 100.5)) == []
    more = list(track.news(listing(2, "bc|d"), 104.0))
    assert (names(more), runs(more)) == ("cd", [1, 2])
    later = list(track.news(listing(7, "gh"), 112.0))
    assert (names(later), runs(later), [each.at for each in later]) == ("gh", [3, 3], [108.0, 110.0])


def test_a_server_that_is_behind_brings_nothing_and_numbers_that_begin_anew_do() -> None:
    track = Track()
    list(track.news(listing(10, "abc"), 100.0))
    assert list(track.news(listing(9, "zab"), 100.2)) == []
    anew = list(track.news(listing(0, "xy"), 102.0))
    assert (names(anew), runs(anew), track.resets) == ("y", [2], 1)


def test_the_soonest_sight_of_a_piece_is_nearest_to_when_it_happened() -> None:
    track = Track()
    # Published at 100, 102, 104; seen 1.5 s late, 0.3 s late, 0.9 s late.
    (first,) = track.news(listing(1, "a"), 101.5)
    assert first.at == 99.5
    (second,) = track.news(listing(1, "ab"), 102.3)
    assert track.too_late_s(second, 102.3) == pytest.approx(1.2)
    (third,) = track.news(listing(1, "abc"), 104.9)
    assert track.too_late_s(third, 104.9) == 0.0
    assert third.at == pytest.approx(102.3)


def test_a_clock_that_is_far_off_is_not_believed() -> None:
    now = NOON.timestamp()
    (placed,) = Track().news(listing(1, "a", at=datetime(2020, 1, 1, tzinfo=UTC)), now)
    assert (placed.exact, placed.at) == (False, now - 2)
    (placed,) = Track().news(listing(1, "a", at=NOON), now + 30)
    assert (placed.exact, placed.at) == (True, now)
