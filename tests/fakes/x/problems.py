"""The shapes in which X says no."""

from typing import Any

from tests.fakes.server import Refusal

PROBLEMS = "https://api.x.com/2/problems/"
PROBLEM_JSON = {"Content-Type": "application/problem+json"}


def problem(
    status: int, title: str, detail: str, *, kind: str = "about:blank", violation: str = "", **more: Any
) -> Refusal:
    """A problem document. `kind` is the last part of its type; `more` are further members."""
    full = kind if ":" in kind else PROBLEMS + kind
    body = {"title": title, "detail": detail, "type": full, "status": status, **more}
    return Refusal(status, body, violation=violation, headers=PROBLEM_JSON)


def invalid(*complaints: tuple[str, Any, str]) -> Refusal:
    """A request that breaks the schema: each complaint names a parameter, its value, and what is wrong with it."""
    errors = [{"parameters": {name: [str(value)]}, "message": message} for name, value, message in complaints]
    return Refusal(
        400,
        {
            "errors": errors,
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        },
        violation="; ".join(message for _, _, message in complaints),
        headers=PROBLEM_JSON,
    )


def unauthorized(violation: str = "") -> Refusal:
    """No credentials, or such as do not hold (any more)."""
    return problem(401, "Unauthorized", "Unauthorized", violation=violation)


def forbidden(detail: str, *, violation: str = "") -> Refusal:
    """Known, and not allowed."""
    return problem(403, "Forbidden", detail, violation=violation)


def not_found(what: str, value: str, parameter: str) -> Refusal:
    """A whole request about something that isn't there."""
    missing = missing_resource(what, value, parameter)
    return Refusal(404, missing | {"status": 404}, headers=PROBLEM_JSON)


def missing_resource(what: str, value: str, parameter: str) -> dict[str, Any]:
    """The partial error in a successful answer about something that isn't there (`what`: tweet, user or media)."""
    return {
        "value": value,
        "detail": f"Could not find {what} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": what,
        "parameter": parameter,
        "resource_id": value,
        "type": PROBLEMS + "resource-not-found",
    }


def unavailable_user(value: str, parameter: str) -> dict[str, Any]:
    """The partial error about a suspended account."""
    return missing_resource("user", value, parameter) | {
        "detail": f"User has been suspended: [{value}].",
        "title": "Forbidden",
    }


def oauth_error(status: int, error: str, description: str, *, violation: str = "") -> Refusal:
    """What the token endpoints answer."""
    return Refusal(status, {"error": error, "error_description": description}, violation=violation)
