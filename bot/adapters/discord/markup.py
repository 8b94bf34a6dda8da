"""What people wrote, as Discord shows it without it doing anything: no mention, no link's mask, no format."""

import re

from discord.utils import escape_markdown

_AT_ALL = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_TAGS = re.compile(r"<(?=[@#:/&t!]|a:|id:)", re.IGNORECASE)
NO_WIDTH = "\u200b"


def plain(words: str) -> str:
    """Words that nobody of ours wrote. `allowed_mentions` refuses pings too; this keeps them from looking like one."""
    quiet = _TAGS.sub(f"<{NO_WIDTH}", _AT_ALL.sub(f"@{NO_WIDTH}", words))
    return escape_markdown(quiet, as_needed=False, ignore_links=True).replace("](", f"]{NO_WIDTH}(")
