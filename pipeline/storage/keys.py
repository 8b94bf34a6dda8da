"""Keys of stored files: `folder/kind/ab/abcd….mp4`, made from the content's hash; anything else is no key."""

import re
from typing import Literal, get_args

from clipnet.errors import NotAllowed
from clipnet.texts import text

Kind = Literal["sources", "audio", "analysis", "transcripts", "clips", "thumbnails", "captions", "crops"]
KINDS: tuple[str, ...] = get_args(Kind)

_SUFFIX = re.compile(r"(\.[a-z0-9]{1,8})?")
_KEY = re.compile(rf"([a-z]+_clips)/({'|'.join(KINDS)})/([0-9a-f]{{2}})/(\3[0-9a-f]{{62}}(?:\.[a-z0-9]{{1,8}})?)")


def key_for(folder: str, kind: Kind, sha256: str, suffix: str) -> str:
    """The key under which content of that hash is kept; the same content has the same key for ever.

    Raises:
        ValueError: an argument can't be part of a key.
    """
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError("a suffix is a dot and up to eight letters or digits")
    key = f"{folder}/{kind}/{sha256[:2]}/{sha256}{suffix}"
    if not _KEY.fullmatch(key):
        raise ValueError("this makes no key")
    return key


def parts_of(key: str, folder: str) -> tuple[str, ...]:
    """The parts of a key of `folder`. Only the one canonical spelling is a key, so nothing has to be decoded.

    Raises:
        NotAllowed: it is no key, or one of another environment.
    """
    match = _KEY.fullmatch(key)
    if match is None or match[1] != folder:
        raise NotAllowed(text("This is not the key of a file of this environment."))
    return match[1], match[2], match[3], match[4]
