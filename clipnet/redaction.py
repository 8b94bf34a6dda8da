"""Takes secrets out of text: those we know by value, and those we know by their look."""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from clipnet.relations import Kind, settings_of, value_of
from clipnet.settings import Settings

REDACTED: Final = "[redacted]"
_SHORTEST: Final = 6
"""Shorter values are too common in ordinary text to be taken out by value."""

_NAMES: Final = re.compile(
    r"password|passwd|secret|(?<![a-z])token$|api[_-]?key|private[_-]?key|signature|authorization|cookie", re.IGNORECASE
)

# Each alternative may keep its beginning in one named group; the rest of the match is taken out.
_LOOKS: Final = (
    r"(?P<header>\b(?:bearer|basic|bot|apikey)\s+)[\w.~+/=-]{8,}",
    r"(?P<userinfo>\b[a-z][a-z0-9+.-]{1,30}://[^\s/@:\"']{0,64}:)[^\s/@\"']+(?=@)",
    r"(?P<webhook>/api/(?:v\d+/)?webhooks/\d+/)[\w-]{20,}",
    r"(?P<named>[\w-]{0,20}(?:password|passwd|secret|token|api[_-]?key|signature|authorization|cookie)"
    r"(?:\\?[\"'])?\s*[:=]\s*(?:\\?[\"'])?)(?:(?:bearer|basic|bot)\s+)?(?!\[redacted)[^\s\"'&,;\\]{4,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # JSON web tokens
    r"\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}",  # Discord bots
    r"\bya29\.[\w-]{10,}|\b1//[\w-]{20,}|\bAIza[\w-]{30,}|\bGOCSPX-[\w-]{20,}",  # Google
    r"\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\brpa_\w{20,}|\bsk-[\w-]{20,}|\bxox[a-z]-[\w-]{10,}",  # RunPod, language models, Slack
    r"\boauth:[a-z0-9]{20,}|\bAAAAAAAAAAAAAAAAAAAAA[\w%]{20,}",  # Twitch chat, X
    r"\b(?:act|rft|clt)\.[\w!.-]{20,}",  # TikTok
)


class Redactor:
    """One combined expression for known values and known looks; `clean` costs one pass over the text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= _SHORTEST for form in _spellings(secret)}
        values = [re.escape(each) for each in sorted(known, key=len, reverse=True)]
        self._pattern = re.compile("|".join([*values, *_LOOKS]), re.IGNORECASE | re.DOTALL)

    def hides(self, name: str) -> bool:
        """Whether a field of this name holds a secret, whatever it looks like."""
        return bool(_NAMES.search(name))

    def clean(self, text: str) -> str:
        """The text with every secret replaced by `[redacted]`."""
        return self._pattern.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    return f"{found.group(found.lastgroup) if found.lastgroup else ''}{REDACTED}"


def _spellings(secret: str) -> set[str]:
    """As it is, as JSON writes it, and as a URL writes it."""
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe="")}


def secrets_of(settings: Settings) -> set[str]:
    """Every secret value that the settings hold: secrets whole, of URLs the password."""
    found: set[str] = set()
    for each in settings_of(type(settings)):
        value = value_of(settings, each.path)
        if not isinstance(value, str):
            continue
        if each.meaning.kind is Kind.SECRET:
            found.add(value)
        password = urlsplit(value).password if each.meaning.kind is Kind.ENDPOINT else None
        if password:
            found |= {password, unquote(password)}
    return found
