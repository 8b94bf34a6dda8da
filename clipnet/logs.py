"""Log lines as JSON, one object a line, that carry who and what they belong to and never a secret.

The first argument of `logger.*` is always a literal; values go as keyword arguments and become fields.
"""

import contextlib
import json
import logging
import math
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, TextIO

from loguru import logger

from clipnet.metrics import LOG_LINES
from clipnet.redaction import REDACTED, Redactor, secrets_of
from clipnet.settings import Settings

if TYPE_CHECKING:
    from loguru import Message, Record

TEXT_LIMIT: Final = 8_000
"""Longest text of one field, in characters; the rest is cut off."""

# Everything that could move a terminal's cursor, break a line or turn the direction of writing, but tab and newline.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CHATTY: Final = ("asyncio", "aiohttp.access", "faster_whisper", "apscheduler", "alembic", "filelock", "urllib3")


def configure(settings: Settings, service: str, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process, the standard library's too, to `stream` (default: stdout)."""
    out = sys.stdout if stream is None else stream
    common = {"env": settings.env, "service": service, "version": settings.version}
    lines = _Lines(Redactor(secrets_of(settings)), common)

    def sink(message: "Message") -> None:
        record = message.record
        LOG_LINES.labels(level=record["level"].name.lower()).inc()
        out.write(lines.line(record))
        out.flush()

    logger.remove()
    # Without a format of its own loguru would render the exception, with the values of variables, into the message.
    logger.add(
        sink, level=settings.log_level, format=_bare, backtrace=settings.env == "dev", diagnose=False, catch=True
    )
    logging.basicConfig(handlers=[_Intercept()], level=logging.INFO, force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _last_words


def bind(**fields: object) -> contextlib.AbstractContextManager[None]:
    """Within the block, and in tasks it starts, every line carries these fields (`trace_id`, `job_id`, `clip_id`)."""
    return logger.contextualize(**fields)


def _bare(record: "Record") -> str:  # noqa: ARG001 - loguru's signature
    return ""


class _Lines:
    """Makes a record one line of JSON; each string is cleaned by itself, so that the line stays JSON."""

    def __init__(self, redactor: Redactor, common: dict[str, str]) -> None:
        self._redactor = redactor
        self._common = common

    def line(self, record: "Record") -> str:
        fields: dict[str, object] = {
            "at": record["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record["level"].name.lower(),
            "message": self._text(record["message"]),
            "logger": record["name"],
            **self._common,
        }
        fields |= {name: value for name, value in self._dict(record["extra"]).items() if name not in fields}
        error = record["exception"]
        if error is not None and error.value is not None:
            # The trace names code, not the values of variables.
            trace = "".join(traceback.format_exception(error.value))
            fields["error"] = {
                "type": type(error.value).__name__, "text": self._text(str(error.value)), "trace": self._text(trace)
            }  # fmt: skip
        return json.dumps(fields, ensure_ascii=False) + "\n"

    def _dict(self, values: Mapping[object, object]) -> dict[str, object]:
        named = {self._text(str(name)): value for name, value in values.items()}
        return {name: REDACTED if self._redactor.hides(name) else self._plain(value) for name, value in named.items()}

    def _plain(self, value: object) -> object:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, dict):
            return self._dict(value)
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(each) for each in value]
        return self._text(str(value))

    def _text(self, text: str) -> str:
        clean = self._redactor.clean(_CONTROL.sub("", text))
        return clean if len(clean) <= TEXT_LIMIT else f"{clean[:TEXT_LIMIT]} … ({len(clean)} characters)"


class _Intercept(logging.Handler):
    """Hands the standard library's records to loguru, which takes a message without arguments as it is, unformatted."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno

        def name_it(ours: "Record") -> None:
            ours["name"] = record.name

        patched = logger.patch(name_it)
        patched.opt(exception=record.exc_info).log(level, record.getMessage())


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    details: Any = (kind, error, trace)
    logger.opt(exception=details).critical("the process ends by an error that nothing handled")
