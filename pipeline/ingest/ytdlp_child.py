"""Downloads one video of a named platform with yt-dlp, in a sandboxed process of its own.

`python -I ytdlp_child.py SETTINGS_JSON`; prints JSON lines: {"fraction": …} while it works, at last {"title": …,
"channels": […]} or {"error": …}. With `live` nothing is downloaded: it prints {"playlist": …}, the HLS address of a
stream that is live, empty where there is none. Names of files come from the settings, never from the platform.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def install_guard(allowed: list[str]) -> None:
    place = Path(__file__).with_name("netguard.py")
    spec = importlib.util.spec_from_file_location("netguard", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install(frozenset(allowed))


def report(state: dict[str, Any]) -> None:
    total = state.get("total_bytes") or state.get("total_bytes_estimate")
    if state.get("status") == "downloading" and total:
        say(fraction=min(state.get("downloaded_bytes", 0) / total, 0.999))


def not_live(info: dict[str, Any], **_: Any) -> str | None:
    return "it is live" if info.get("is_live") else None


def live_options(settings: dict[str, Any]) -> dict[str, Any]:
    kept = ("max_filesize", "format", "outtmpl", "progress_hooks", "match_filter")
    common = {**settings, "most_bytes": 0, "file": ""}
    return {name: value for name, value in options(common).items() if name not in kept}


def playlist_of(info: dict[str, Any]) -> str:
    """The master playlist where the page names one, else the best variant of at most 1080 lines that has sound."""
    if not info.get("is_live"):
        return ""
    found = [f for f in info.get("formats") or [] if str(f.get("protocol", "")).startswith("m3u8")]
    whole = [f for f in found if f.get("acodec") != "none" and f.get("vcodec") != "none"]
    masters = {f["manifest_url"] for f in whole if f.get("manifest_url")}
    if len(masters) == 1:
        return str(masters.pop())
    fitting = [f for f in whole if (f.get("height") or 0) <= 1080] or whole
    return str(max(fitting, key=lambda f: (f.get("height") or 0, f.get("tbr") or 0))["url"]) if fitting else ""


def options(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "allowed_extractors": settings["extractors"],
        "noplaylist": True,
        "playlist_items": "1",
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "cachedir": False,
        "ignoreconfig": True,
        "plugin_dirs": [],
        "socket_timeout": 20,
        "retries": 2,
        "fragment_retries": 3,
        "max_filesize": settings["most_bytes"],
        "format": "b[height<=1080]/b",
        "outtmpl": {"default": settings["file"]},
        "hls_prefer_native": True,
        "nopart": True,
        "overwrites": True,
        "proxy": "",
        "enable_file_urls": False,
        "progress_hooks": [report],
        "match_filter": not_live,
        "updatetime": False,
        "writeinfojson": False,
        "allow_playlist_files": False,
        "fixup": "never",
    }


def channels_of(info: dict[str, Any]) -> list[str]:
    """Whose channel a video is of, by id and by name; of a Twitch clip its broadcaster, not who cut it."""
    extractor = str(info.get("extractor", ""))
    platform = {"twitter": "x"}.get(extractor.split(":")[0], extractor.split(":")[0])
    by_id = info.get("channel_id") if extractor != "twitch:vod" else None
    by_name = info.get("uploader_id") if extractor != "twitch:clips" else None
    found = [str(by_id)] if by_id else []
    found += ["@" + str(by_name).removeprefix("@")] if by_name else []
    return [f"{platform}:{channel}"[:100] for channel in found]


def main() -> None:
    settings = json.loads(sys.argv[1])
    install_guard(settings["net_allow"])
    import yt_dlp

    try:
        if settings.get("live"):
            with yt_dlp.YoutubeDL(live_options(settings)) as downloader:
                say(playlist=playlist_of(downloader.extract_info(settings["url"], download=False) or {}))
            return
        with yt_dlp.YoutubeDL(options(settings)) as downloader:
            info = downloader.extract_info(settings["url"], download=True) or {}
        say(title=str(info.get("title", ""))[:200], channels=channels_of(info))
    except (yt_dlp.utils.YoutubeDLError, OSError) as error:
        say(error=str(error)[:400])


if __name__ == "__main__":
    main()
