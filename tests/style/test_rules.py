"""The whole tree keeps the rules of the house, and each rule can be broken."""

from collections.abc import Callable, Iterator

import pytest

from clipnet.cli.house import ROOMS, Module, modules
from tests.style import rules
from tests.style.translatable import untranslatable

Rule = Callable[[Module], Iterator[str]]

SPEAKS_SQL = {"db": "the room of the database", "clipnet/embedded": "makes the server that the database lives in"}

EVERYWHERE: list[Rule] = [rules.too_long, rules.loose_logging, rules.stand_ins, rules.unfinished]


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_all_code_keeps(rule: Rule) -> None:
    assert [broken for module in modules(*ROOMS, "tests", "bench") for broken in rule(module)] == []


def test_sql_stands_in_the_room_of_the_database() -> None:
    elsewhere = (m for m in modules(*ROOMS) if not m.path.startswith(tuple(f"{room}/" for room in SPEAKS_SQL)))

    assert [broken for module in elsewhere for broken in rules.stray_sql(module)] == []


def test_the_rule_about_sql_sees_the_statements_we_write() -> None:
    assert [broken for module in modules("db") for broken in rules.stray_sql(module)] != []


def test_everything_public_says_what_it_is() -> None:
    assert [broken for module in modules(*ROOMS, "bench") for broken in rules.unexplained(module)] == []


def test_what_people_read_can_be_translated() -> None:
    assert [broken for module in modules("bot", "pipeline") for broken in untranslatable(module)] == []


BROKEN: list[tuple[Rule, str]] = [
    (rules.too_long, "x = 1\n" * 401),
    (rules.too_long, "def long():\n" + "    x = 1\n" * 60),
    (rules.loose_logging, "logger.info(f'hello {name}')"),
    (rules.loose_logging, "logger.bind(job=1).warning(text)"),
    (rules.loose_logging, "logger.log('INFO', text)"),
    (rules.stray_sql, "q = '''\n select id from jobs'''"),
    (rules.stray_sql, "q = 'WITH due AS (SELECT 1) UPDATE jobs SET x = 1'"),
    (rules.stray_sql, "q = f'delete from {table}'\nq = 'delete from jobs'"),
    (rules.stray_sql, "q = 'insert into jobs values (1)'"),
    (rules.stray_sql, "q = 'update jobs set x = 1'"),
    (rules.stand_ins, "from unittest.mock import Mock"),
    (rules.stand_ins, "from unittest import mock"),
    (rules.stand_ins, "import fakeredis"),
    (rules.stand_ins, "monkeypatch.setattr('pipeline.queue.enqueue', lambda: None)"),
    (rules.stand_ins, "from web import api as web_api\nmonkeypatch.setattr(web_api, 'BODY_S', 1)"),
    (rules.stand_ins, "import bot.router\nmonkeypatch.setattr(bot.router, 'Router', None)"),
    (rules.stand_ins, "def test():\n    from bot.router import Router\n    setattr(Router, 'handle', None)"),
    (rules.unexplained, "x = 1"),
    (rules.unexplained, '"""Says."""\ndef public(): ...'),
    (rules.unfinished, "x = 1  # TO" + "DO later"),
    (untranslatable, "raise BadInput('No.')"),
    (untranslatable, "Reply(f'Done with {clip}.')"),
    (untranslatable, "Reply(text=f'Done with {clip}.')"),
    (untranslatable, "Reply(text('Done.'), fields=(Field('state', state),))"),
    (untranslatable, "Field(clip.id, f'{clip.state} already')"),
    (untranslatable, "raise TooOften(text('Slow.'), hint='Wait.' if wait else '', retry_after_s=1)"),
    (untranslatable, "raise Conflict(text('No.') + ' Really.')"),
    (untranslatable, "raise NotFound('  There is none.'.strip())"),
    (untranslatable, "HINT = 'Look again.'\ndef find():\n    raise NotFound(text('None.'), hint=HINT)"),
    (untranslatable, "def find():\n    why = f'no {x}'\n    raise NotFound(why)"),
    (untranslatable, "Field(text('error'), f'{error.sentence} {error.hint}'.strip())"),
    (untranslatable, "def find():\n    why = f'{e.sentence}' if e else text('It failed.')\n    text('{why}', why=why)"),
    (untranslatable, "Field(clip.id, f'{span}: {clip.reason}')"),
    (untranslatable, "text('Clip {title}', title=clip.title or clip.reason)"),
]


@pytest.mark.parametrize(("rule", "code"), BROKEN, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(BROKEN)])
def test_a_rule_sees_what_breaks_it(rule: Rule, code: str) -> None:
    assert list(rule(Module("room/module.py", code)))


KEPT: list[tuple[Rule, str]] = [
    (rules.too_long, "x = 1\n" * 400),
    (rules.loose_logging, "logger.info('hello {name}', name=name)"),
    (rules.loose_logging, "logger.log('INFO', 'hello')"),
    (rules.loose_logging, "math.log(x)"),
    (rules.stray_sql, "hint = 'update the settings, then start again'"),
    (rules.stand_ins, "monkeypatch.setattr(sys, 'platform', 'win32')"),
    (rules.unexplained, '"""Says."""\ndef _private(): ...'),
    (untranslatable, "Reply(text('Done.'), (Field(clip.id, f'{a}–{b}'),), actions=(Action(text('Go'), 'go', {}),))"),
    (untranslatable, "raise BadInput(text('No.'), hint=text('Yes.') if x else '')"),
    (untranslatable, "Field(text('error'), joined([error.sentence, error.hint]))"),
    (untranslatable, "text('Clip {title}', title=clip.title or words.reason(clip.reason))"),
    (untranslatable, "raise Misconfigured('REDIS_URL is missing.')"),
    (untranslatable, "def show():\n    said = 'a'\ndef tell(said):\n    raise BadInput(said)"),
    (rules.unexplained, '"""Away   something is away"""\nclass Away(Exception): ...'),
    (rules.unexplained, '"""A script."""\ndef main(): ...\nif __name__ == "__main__":\n    main()'),
]


@pytest.mark.parametrize(("rule", "code"), KEPT, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(KEPT)])
def test_a_rule_lets_good_code_pass(rule: Rule, code: str) -> None:
    assert list(rule(Module("room/module.py", code))) == []
