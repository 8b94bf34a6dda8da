"""The verbs of the command line. A new one is a line here and a module with `main(argv: list[str]) -> int`."""

from typing import Final, NamedTuple


class Verb(NamedTuple):
    """Where a verb's code lies, and what it does in one line."""

    module: str
    about: str


VERBS: Final[dict[str, Verb]] = {
    "demo": Verb("clipnet.cli.demo", "make finished clips of a video, or of built-in footage, and show them"),
    "up": Verb("clipnet.cli.up", "API and worker with services of their own, until interrupted"),
    "playground": Verb("clipnet.cli.playground", "try ClipBOT as a community member: three chats on one page, offline"),
    "console": Verb("clipnet.cli.console", "talk to ClipNet in this terminal"),
    "say": Verb("clipnet.cli.say", "give one command and wait for its answer, for scripts"),
    "setup": Verb("clipnet.cli.setup", "from nothing to a test clip in your server, each key checked as it is pasted"),
    "doctor": Verb("clipnet.cli.doctor", "what is missing on this machine, and how to mend it"),
    "serve": Verb("clipnet.cli.serve", "one process of a deployment: api or worker, by CLIPNET_ROLE"),
    "migrate": Verb("clipnet.cli.migrate", "bring the database to the newest schema, forward only"),
    "config": Verb("clipnet.cli.config", "fingerprints of the settings, for the other environments"),
    "docs": Verb("clipnet.cli.docs", "write the generated pages of docs/"),
    "texts": Verb("clipnet.cli.texts", "bring the translations in step, and say what lacks a language"),
}


def overview() -> str:
    """Every verb with its line."""
    width = max(map(len, VERBS))
    lines = [f"  {name:<{width}}  {verb.about}" for name, verb in VERBS.items()]
    return "\n".join(["usage: clipnet VERB [arguments]", "", *lines, ""])
