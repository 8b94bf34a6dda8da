"""Single words that replies share: states and signals, as they are told to people."""

from clipnet.texts import Text, text

_STATES: dict[str, Text] = {
    "queued": text("queued"),
    "working": text("working"),
    "rendering": text("rendering"),
    "ready": text("ready"),
    "approved": text("approved"),
    "posted": text("posted"),
    "done": text("done"),
    "failed": text("failed"),
    "cancelled": text("cancelled"),
    "deleted": text("deleted"),
}
_SIGNALS: dict[str, Text] = {
    "loudness": text("loudness"),
    "noise": text("noise"),
    "motion": text("motion"),
    "cuts": text("cuts"),
    "pace": text("pace"),
    "phrases": text("phrases"),
    "chat": text("chat"),
    "markers": text("markers"),
    "salience": text("salience"),
}
_STAGES: dict[str, Text] = {
    "ingest": text("fetching the video"),
    "analyse": text("watching and listening"),
    "transcribe": text("writing down what is said"),
    "score": text("choosing the moments"),
    "polish": text("making the clip"),
    "store": text("putting the clip away"),
}


def state(name: str) -> str:
    """The state of a request or a clip as a word."""
    return _STATES.get(name, name)


def signal(name: str) -> str:
    """What speaks for a moment, as a word."""
    return _SIGNALS.get(name, name)


def stage(name: str) -> str:
    """What is being done for a request, in a few words."""
    return _STAGES.get(name, name)
