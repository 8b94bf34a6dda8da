"""Log lines: always one JSON object a line, with their context, without secrets, whatever text comes in."""

import ast
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from clipnet.logs import TEXT_LIMIT, bind, configure
from clipnet.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
Lines = Callable[[], list[dict[str, Any]]]
CANARIES = {
    "bearer": "Authorization: Bearer c4n4ryc4n4ryc4n4ry",
    "url password": "postgres://api:c4n4ry-pass@db/clipnet",
    "query": "https://x.example/cb?state=1&access_token=c4n4ryvalue&b=2",
    "key value": "client_secret = 'c4n4ryvalue'",
    "json": '{"api_key": "c4n4ryvalue"}',
    "discord bot": "MTk4NjIyNDgzNDcxOTI1MjQ4.Cc4n4r.ZnCjm1XVW7vRze4b7Cq4se7c4n4ry-kKt",
    "discord webhook": "https://discord.com/api/webhooks/1234567890/c4n4ryc4n4ryc4n4ryc4n4ry",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ.c4n4ryc4n4ry",
    "google": "ya29.c4n4ryc4n4ryc4n4ry",
    "github": "ghp_c4n4ryc4n4ryc4n4ryc4n4ryc4n4ry",
    "aws": "AKIAC4N4RYC4N4RYC4N4",
    "runpod": "rpa_C4N4RYC4N4RYC4N4RYC4N4RY",
    "twitch": "oauth:c4n4ryc4n4ryc4n4ryc4n4ry",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nc4n4ry\nc4n4ry\n-----END RSA PRIVATE KEY-----",
}


@pytest.fixture
def own_settings(tmp_path: Path) -> Settings:
    values = {
        "ENV": "test",
        "DATABASE_URL": "postgresql://api:pa%22ss-c4n4ry@h/d",
        "REDIS_URL": "redis://:redis-c4n4ry@h",
        "API_WRITE_TOKEN": "plain-looking-c4n4ry-value-without-any-mark",
    }
    return load_settings(values, folder=tmp_path)


@pytest.fixture
def lines(own_settings: Settings) -> Iterator[Lines]:
    """Configured logging; the call gives the lines written so far, each parsed."""
    stream, hook = io.StringIO(), sys.excepthook
    configure(own_settings, "worker", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.remove()
    sys.excepthook = hook
    logging.captureWarnings(False)
    logging.getLogger().handlers.clear()


@pytest.mark.req("R-009", "positive")
def test_a_line_carries_where_it_comes_from_and_what_it_belongs_to(lines: Lines) -> None:
    with bind(trace_id="t1", job_id=7):
        logger.info("rendered {clip}", clip="ab12cd")
    logging.getLogger("library").warning("odd %s", "thing")
    ours, library = lines()
    assert ours.items() >= {
        "env": "test", "service": "worker", "level": "info", "message": "rendered ab12cd", "clip": "ab12cd",
        "trace_id": "t1", "job_id": 7,
    }.items()  # fmt: skip
    assert (library["message"], library["logger"], library["service"]) == ("odd thing", "library", "worker")
    assert "trace_id" not in library


@pytest.mark.req("R-009", "negative")
@pytest.mark.parametrize("text", CANARIES.values(), ids=CANARIES)
def test_a_secret_is_absent_whichever_way_it_comes(lines: Lines, text: str) -> None:
    logger.info("seen", text=text, nested={"deep": [text]})
    logger.info("in the message: {}", text)
    logging.getLogger("library").error(text)
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("failed")
    assert len(lines()) == 4
    assert "c4n4ry" not in json.dumps(lines()).lower()


@pytest.mark.req("R-009", "negative")
def test_our_own_secrets_are_known_by_value(lines: Lines, own_settings: Settings) -> None:
    logger.info("token", value=own_settings.web.token, list=["redis-c4n4ry"], spelt='pa"ss-c4n4ry and pa%22ss-c4n4ry')
    assert "c4n4ry" not in json.dumps(lines())


@pytest.mark.req("R-009", "negative")
def test_injected_text_stays_inside_its_line(lines: Lines) -> None:
    logger.info("title", title='x\n{"level": "info", "message": "forged"}\r\x1b[2J\u2028\u202egnp.')
    (line,) = lines()
    assert line["message"] == "title"
    assert line["title"] == 'x\n{"level": "info", "message": "forged"}[2Jgnp.'


def test_text_is_never_a_format(lines: Lines) -> None:
    logging.getLogger("library").warning("{0.__class__} {text} %s")
    logger.info("said {what}", what="{0.token} {what}")
    assert [line["message"] for line in lines()] == ["{0.__class__} {text} %s", "said {0.token} {what}"]


def test_a_trace_shows_no_values_of_variables(lines: Lines) -> None:
    def fail(hidden: str) -> None:
        raise RuntimeError(str(len(hidden)))

    try:
        fail("value-of-a-variable")
    except RuntimeError:
        logger.exception("failed")
    (line,) = lines()
    assert line["error"]["type"] == "RuntimeError"
    assert "fail(" in line["error"]["trace"]
    assert 'hidden = "' not in line["error"]["trace"]


@pytest.mark.req("R-009", "negative")
def test_a_field_named_as_a_secret_is_absent_whatever_its_type(lines: Lines) -> None:
    logger.info("login", token=123456789, nested={"Client_Secret": ["c4n4ry"], "tokens": 512}, clip_key="clips/a.mp4")
    (line,) = lines()
    assert (line["token"], line["nested"]) == ("[redacted]", {"Client_Secret": "[redacted]", "tokens": 512})
    assert line["clip_key"] == "clips/a.mp4"


def test_a_call_cant_pass_for_another_service(lines: Lines) -> None:
    logger.info("hello", service="api", env="production")
    assert (lines()[0]["service"], lines()[0]["env"]) == ("worker", "test")


def test_odd_numbers_stay_json(lines: Lines) -> None:
    logger.info("numbers", value=float("nan"), other=float("inf"))
    assert (lines()[0]["value"], lines()[0]["other"]) == ("nan", "inf")


def test_endless_text_is_cut(lines: Lines) -> None:
    logger.info("long", text="a" * 1_000_000)
    assert len(lines()[0]["text"]) < TEXT_LIMIT + 100


def test_what_nothing_handled_is_logged(lines: Lines) -> None:
    sys.excepthook(ValueError, ValueError("token=c4n4ryvalue"), None)
    (line,) = lines()
    assert (line["level"], line["error"]["text"]) == ("critical", "token=[redacted]")


def loose_formats(source: str) -> list[int]:
    """Lines of `logger.*` calls whose first argument is not a literal."""
    levels = {"trace", "debug", "info", "success", "warning", "error", "critical", "exception"}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in levels
        and "logger" in ast.unparse(node.func.value)
        and node.args
        and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]


def test_the_first_argument_of_every_log_call_is_a_literal() -> None:
    rooms = ("clipnet", "db", "pipeline", "bot", "ops_commands", "web")
    files = [file for room in rooms for file in sorted((ROOT / room).rglob("*.py"))]
    assert {str(file): found for file in files if (found := loose_formats(file.read_text()))} == {}


@pytest.mark.parametrize(
    "call",
    ['logger.info(f"{x}")', "logger.error(text)", 'logger.opt(depth=1).warning("a" + b)', 'logger.info("%s" % x)'],
)
def test_a_loose_format_is_seen(call: str) -> None:
    assert loose_formats(call) == [1]
