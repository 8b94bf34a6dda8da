"""Commands are described in the languages that people have chosen in Discord."""

from bot.adapters.discord.looks import bar_of
from bot.adapters.discord.payload import payload
from bot.commands import COMMANDS
from bot.languages.catalogue import catalogue
from bot.vocabulary import Progress

USERS = [command for command in COMMANDS if not command.operators and "discord" in command.surfaces]


def test_commands_and_options_are_described_in_every_language() -> None:
    clip = next(command for command in payload(USERS) if command["name"] == "clip")
    assert set(clip["description_localizations"]) == {"de", "es-ES"}
    assert clip["description_localizations"]["es-ES"].startswith("Hacer clips")
    options = {option["name"]: option for option in clip["options"]}
    assert options["file"]["description_localizations"]["de"] == "eine Videodatei, statt eines Links"
    lacking = [option["name"] for option in clip["options"] if "description_localizations" not in option]
    assert lacking == []


def test_progress_says_what_is_being_done_and_to_which_clip() -> None:
    told = bar_of(Progress("polish", 0.5, 12.4, "clip 2")).told(catalogue("de"))
    assert told == "den Clip machen, Clip 2: ▓▓▓▓▓▓░░░░░░ 50 %, noch etwa 12 s"
    assert str(bar_of(Progress("polish", 0.5, None, ""))) == "making the clip: ▓▓▓▓▓▓░░░░░░ 50 %"
