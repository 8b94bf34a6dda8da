"""Which playlist is taken of what a platform's page holds."""

from typing import Any

import pytest

from pipeline.ingest.ytdlp_child import live_options, playlist_of


def form(name: str, height: int | None, **more: Any) -> dict[str, Any]:
    return {"url": f"https://v/{name}", "protocol": "m3u8_native", "height": height, "tbr": 1, **more}


@pytest.mark.parametrize(
    ("info", "playlist"),
    [
        ({"is_live": True, "formats": [form(name, 720, manifest_url="https://v/m") for name in "ab"]}, "m"),
        ({"is_live": True, "formats": [form("a", 720), form("b", 1080), form("c", 1440)]}, "b"),
        ({"is_live": True, "formats": [form("a", 1080, acodec="none"), form("b", 480)]}, "b"),
        ({"is_live": True, "formats": [form("b", 480), form("c", 720, protocol="https")]}, "b"),
        ({"is_live": False, "formats": [form("a", 720)]}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_the_playlist_of_a_page(info: dict[str, Any], playlist: str) -> None:
    assert playlist_of(info).removeprefix("https://v/") == playlist


def test_nothing_is_downloaded_and_no_setting_of_others_is_read() -> None:
    options = live_options({"extractors": ["twitch:stream"]})
    assert options["allowed_extractors"] == ["twitch:stream"]
    assert options["ignoreconfig"]
    assert "outtmpl" not in options
