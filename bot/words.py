"""Single words that replies share: states and signals, as they are told to people."""

import re

from clipnet.texts import Text, joined, marked, text

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
    "dropped": text("dropped"),
    "offered": text("offered"),
    "waiting": text("waiting"),
    "connected": text("connected"),
    "refused": text("refused"),
    "expired": text("expired"),
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
_ASKED = re.compile(r"the (?:range you asked for, (?P<start>\S+) to (?P<end>\S+)|moment you asked for, (?P<at>\S+))")
_CLIP_NOTE = re.compile(r"clip (\d+)")
_MOMENTS_NOTE = re.compile(r"(\d+) moments")
_CROWD = re.compile(r"(?P<n>\d+) people in chat reacted at once, .*")
_NEXT_REASON = re.compile(r", (?!as of )")
"""Between reasons; one of them has a comma of its own."""


def state(name: str) -> str:
    """The state of a request or a clip as a word."""
    return _STATES.get(name, name)


def signal(name: str) -> str:
    """What speaks for a moment, as a word."""
    return _SIGNALS.get(name, name)


def stage(name: str) -> str:
    """What is being done for a request, in a few words."""
    return _STAGES.get(name, name)


def note(stored: str) -> Text:
    """What is said beside a stage: which clip it is about, or how many moments were found."""
    clip, moments = _CLIP_NOTE.fullmatch(stored), _MOMENTS_NOTE.fullmatch(stored)
    if clip:
        return text("clip {n}", n=int(clip[1]))
    if moments:
        return text("{n} moment", "{n} moments", n=int(moments[1]))
    return marked(stored)


def reason(stored: str) -> Text:
    """Why a moment was chosen, as the ledger keeps it: its parts in a row, and what was said there."""
    why, mark, said = stored.partition("; “")
    told = joined(map(_part, _NEXT_REASON.split(why)), by=", ")
    if asked := _ASKED.fullmatch(why):
        told = _asked(**asked.groupdict())
    elif crowd := _CROWD.fullmatch(why):
        told = text("{n} person in chat reacted at once", "{n} people in chat reacted at once", n=int(crowd["n"]))
    return joined([told, f"“{said}"], by="; ") if mark else told


def _part(stored: str) -> Text:
    said = stored.removeprefix("talk of ")
    return text("talk of {words}", words=said) if said != stored else marked(stored)


def _asked(start: str, end: str, at: str | None) -> Text:
    if at is None:
        return text("the range you asked for, {start} to {end}", start=start, end=end)
    return text("the moment you asked for, {at}", at=at)
