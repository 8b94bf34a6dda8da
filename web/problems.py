"""Errors on the wire: RFC 9457 problem details for every one of them, never with what was sent to us."""

import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.answer import Answer, Pending, Problem
from clipnet.errors import ClipNetError

TYPE = "application/problem+json"


def problem(
    status: int, title: str, *, code: str, hint: str = "", headers: dict[str, str] | None = None, **extra: Any
) -> web.Response:
    """A problem document."""
    body = {"type": f"/problems/{code}", "title": title, "status": status, "code": code}
    body |= {"hint": hint} if hint else {}
    return web.Response(
        status=status,
        body=json.dumps(body | extra).encode(),
        content_type=TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def of_error(error: ClipNetError) -> web.Response:
    """One of our errors."""
    wait = getattr(error, "retry_after_s", None)
    return problem(error.status, error.sentence, code=error.code, hint=error.hint, headers=_retry_after(wait))


def of_answer(answer: Answer, found: Problem) -> web.Response:
    """The router's refusal."""
    return problem(
        found.status,
        found.sentence,
        code=found.code,
        hint=found.hint,
        headers=_retry_after(found.retry_after_s),
        trace_id=str(answer.trace_id),
    )


def to_confirm(answer: Answer, pending: Pending) -> web.Response:
    """The question before an action that can't be undone: repeat it as `POST /api/v1/confirm` with this id."""
    return problem(
        HTTPStatus.CONFLICT,
        "This has to be confirmed.",
        code="confirmation-needed",
        hint=answer.reply.text,
        confirmation=str(pending.confirmation),
        plan=pending.plan,
        expires_in_s=pending.expires_in_s,
        trace_id=str(answer.trace_id),
    )


def of_http(error: web.HTTPException) -> web.Response:
    """aiohttp's own refusals: no such path, wrong method, body too large."""
    status = HTTPStatus(error.status)
    headers = {name: error.headers[name] for name in ("Allow", "Location") if name in error.headers}
    return problem(error.status, f"{status.phrase}.", code=status.phrase.lower().replace(" ", "-"), headers=headers)


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"Retry-After": str(max(1, round(seconds)))}
