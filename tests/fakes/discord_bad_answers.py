"""Commands and answers to interactions that Discord refuses and no correct client sends."""

from typing import Any

from tests.fakes.discord_bad_requests import Bad, button, row

COMMANDS = "/applications/{app}/commands"
CALLBACK = "/interactions/{slash_id}/{slash}/callback"
BUTTON = "/interactions/{button_id}/{button}/callback"
TYPING = "/interactions/{typing_id}/{typing}/callback"
DONE_CALLBACK = "/interactions/{done_id}/{done}/callback"
WEBHOOK = "/webhooks/{app}/{done}"


def _option(**more: Any) -> dict[str, Any]:
    return {"type": 3, "name": "source", "description": "Link"} | more


def _command(*options: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"name": "clip", "description": "Make a clip", "options": list(options)} | more]


def _modal(*inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = [{"type": 1, "components": [one]} for one in inputs]
    return {"type": 9, "data": {"title": "Cut", "custom_id": "cut", "components": rows} | more}


def _input(**more: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "start", "style": 1, "label": "Start"} | more


REGISTERED = (
    Bad("an upper-case command", "PUT", COMMANDS, _command(name="Clip"), "0.name"),
    Bad("a command with a blank", "PUT", COMMANDS, _command(name="clip that"), "0.name"),
    Bad("a command name of 33", "PUT", COMMANDS, _command(name="x" * 33), "0.name"),
    Bad("no description", "PUT", COMMANDS, [{"name": "clip"}], "0.description"),
    Bad("a description of 101", "PUT", COMMANDS, _command(description="x" * 101), "0.description"),
    Bad(
        "an unknown language",
        "PUT",
        COMMANDS,
        _command(description_localizations={"es": "d"}),
        "0.description_localizations.es",
    ),
    Bad(
        "a name in capitals elsewhere",
        "PUT",
        COMMANDS,
        _command(name_localizations={"de": "Schnitt"}),
        "0.name_localizations.de",
    ),
    Bad("26 options", "PUT", COMMANDS, _command(*[_option(name=f"o{n}") for n in range(26)]), "0.options"),
    Bad("an option twice", "PUT", COMMANDS, _command(_option(), _option()), "0.options.1.name"),
    Bad(
        "an option without description", "PUT", COMMANDS, _command({"type": 3, "name": "a"}), "0.options.0.description"
    ),
    Bad("an option of an unknown type", "PUT", COMMANDS, _command(_option(type=12)), "0.options.0"),
    Bad(
        "required after optional", "PUT", COMMANDS, _command(_option(), _option(name="b", required=True)), "0.options.1"
    ),
    Bad(
        "26 choices",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])),
        "0.options.0.choices",
    ),
    Bad(
        "a choice of 101",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": "x" * 101, "value": "a"}])),
        "0.options.0.choices.0.name",
    ),
    Bad(
        "a choice twice",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": "a", "value": "a"}] * 2)),
        "0.options.0.choices",
    ),
    Bad(
        "choices and autocomplete",
        "PUT",
        COMMANDS,
        _command(_option(autocomplete=True, choices=[{"name": "a", "value": "a"}])),
        "0.options.0",
    ),
    Bad("a length above 6000", "PUT", COMMANDS, _command(_option(max_length=6001)), "0.options.0.max_length"),
    Bad(
        "the least above the greatest",
        "PUT",
        COMMANDS,
        _command(_option(type=4, min_value=5, max_value=1)),
        "0.options.0.min_value",
    ),
    Bad(
        "a command of 8000",
        "PUT",
        COMMANDS,
        _command(
            *[
                _option(name=f"o{n}", choices=[{"name": f"{m}" + "x" * 90, "value": f"{m}"} for m in range(5)])
                for n in range(20)
            ]
        ),
        "0",
    ),
    Bad("the same name twice", "PUT", COMMANDS, _command() * 2, "1"),
    Bad(
        "a subcommand beside an option",
        "PUT",
        COMMANDS,
        _command(_option(), {"type": 1, "name": "sub", "description": "d"}),
        "0.options.1",
    ),
    Bad(
        "a menu with a description",
        "PUT",
        COMMANDS,
        [{"name": "Clip this", "type": 3, "description": "d"}],
        "0.description",
    ),
    Bad(
        "a menu with options", "PUT", COMMANDS, [{"name": "Clip this", "type": 3, "options": [_option()]}], "0.options"
    ),
    Bad("101 commands", "PUT", COMMANDS, [{"name": f"c{n}", "description": "d"} for n in range(101)], code=30032),
    Bad("one command that is a list", "POST", COMMANDS, [], "_errors"),
    Bad("commands of another application", "PUT", "/applications/5/commands", [], status=403, code=20012),
)

ANSWERED = (
    Bad("a callback of no type", "POST", CALLBACK, {}, "type"),
    Bad("a callback of an unknown type", "POST", CALLBACK, {"type": 3}, "type"),
    Bad("an answer of 2001", "POST", CALLBACK, {"type": 4, "data": {"content": "x" * 2001}}, "data.content"),
    Bad("an answer of nothing", "POST", CALLBACK, {"type": 4, "data": {}}, code=50006),
    Bad("a deferral with a text", "POST", CALLBACK, {"type": 5, "data": {"content": "x"}}, "data.flags"),
    Bad("a deferral with other flags", "POST", CALLBACK, {"type": 5, "data": {"flags": 4}}, "data.flags"),
    Bad("an update of no message", "POST", CALLBACK, {"type": 7, "data": {"content": "x"}}, "type"),
    Bad("choices for a command", "POST", CALLBACK, {"type": 8, "data": {"choices": []}}, "type"),
    Bad("a second first answer", "POST", DONE_CALLBACK, {"type": 4, "data": {"content": "x"}}, code=40060),
    Bad(
        "a custom_id twice in an update",
        "POST",
        BUTTON,
        {"type": 7, "data": row(button(), button())},
        "data.components.0.components.1.custom_id",
    ),
    Bad(
        "26 completions",
        "POST",
        TYPING,
        {"type": 8, "data": {"choices": [{"name": str(n), "value": str(n)} for n in range(26)]}},
        "data.choices",
    ),
    Bad(
        "a completion of 101",
        "POST",
        TYPING,
        {"type": 8, "data": {"choices": [{"name": "x" * 101, "value": "x"}]}},
        "data.choices.0.name",
    ),
    Bad(
        "a number as completion",
        "POST",
        TYPING,
        {"type": 8, "data": {"choices": [{"name": "a", "value": 1}]}},
        "data.choices.0.value",
    ),
    Bad("a completion deferred", "POST", TYPING, {"type": 5}, "type"),
    Bad("a form title of 46", "POST", CALLBACK, _modal(_input(), title="x" * 46), "data.title"),
    Bad("a form of nothing", "POST", CALLBACK, _modal(), "data.components"),
    Bad("a form of six", "POST", CALLBACK, _modal(*[_input(custom_id=str(n)) for n in range(6)]), "data.components"),
    Bad("a form field twice", "POST", CALLBACK, _modal(_input(), _input()), "data.components.1.custom_id"),
    Bad("a form label of 46", "POST", CALLBACK, _modal(_input(label="x" * 46)), "data.components.0.components.0.label"),
    Bad(
        "a form field for 4001",
        "POST",
        CALLBACK,
        _modal(_input(max_length=4001)),
        "data.components.0.components.0.max_length",
    ),
    Bad("a form button", "POST", CALLBACK, _modal(button()), "data.components.0.components.0"),
    Bad(
        "an edit before the first answer",
        "PATCH",
        "/webhooks/{app}/{slash}/messages/@original",
        {"content": "x"},
        status=404,
        code=10015,
    ),
    Bad(
        "a follow-up before the first answer",
        "POST",
        "/webhooks/{app}/{slash}",
        {"content": "x"},
        status=404,
        code=10015,
    ),
    Bad("a follow-up of 2001", "POST", WEBHOOK, {"content": "x" * 2001}, "content"),
    Bad("an empty follow-up", "POST", WEBHOOK, {}, code=50006),
    Bad(
        "an edit to eleven embeds",
        "PATCH",
        WEBHOOK + "/messages/@original",
        {"embeds": [{"title": "t"}] * 11},
        "embeds",
    ),
)
