"""What is said of requests and clips when they end, are announced, or are voted on; no word of it knows a platform."""

from collections.abc import Mapping, Sequence

from bot import words
from bot.views import ClipView, RequestView, clock
from bot.vocabulary import Action, Field, Media, Reply
from clipnet.texts import Text, joined, text
from db.polls import Poll

NO_POLLS: Mapping[str, Poll] = {}


def tell(
    view: RequestView,
    *,
    askers: Sequence[str] = (),
    polls: Mapping[str, Poll] = NO_POLLS,
    links: Mapping[str, str] | None = None,
) -> Reply:
    """A request in words, with every clip that can be seen.

    Args:
        askers: names of all who asked, to be credited; one alone isn't.
        polls: votes by public id of the clip.
        links: where a store key can be looked at.
    """
    ready = [clip for clip in view.clips if clip.video and clip.state != "deleted"]
    fields = [Field(clip.id, _line(clip)) for clip in ready]
    fields += [Field(clip.id, joined([clip.error.sentence, clip.error.hint])) for clip in view.clips if clip.error]
    if len(askers) > 1 and ready:
        fields.append(Field(text("Asked for by"), ", ".join(askers)))
    actions: list[Action] = []
    for clip in ready:
        if (poll := polls.get(clip.id)) is not None:
            fields.append(Field(text("Vote on {id}", id=clip.id), standing(poll, clip.state)))
            actions += buttons(clip.id, poll, clip.state, named=len(ready) > 1)
    return Reply(
        _headline(view, len(ready)),
        tuple(fields),
        tuple(media_of(clip, links or {}) for clip in ready),
        tuple(actions),
        private=view.state == "failed",
        data=view,
    )


def announce(
    clip: ClipView, *, askers: Sequence[str], poll: Poll | None, links: Mapping[str, str] | None = None
) -> Reply:
    """A finished clip, to a community."""
    fields = [Field(text("Why"), words.reason(clip.reason))]
    if askers:
        fields.append(Field(text("Asked for by"), ", ".join(askers)))
    if poll is not None:
        fields.append(Field(text("Vote"), standing(poll, clip.state)))
    title = clip.title or words.reason(clip.reason)
    return Reply(
        text("New clip {id}: {title}", id=clip.id, title=title),
        tuple(fields),
        (media_of(clip, links or {}),) if clip.video else (),
        tuple(buttons(clip.id, poll, clip.state)) if poll else (),
        data=clip,
    )


def held(public_id: str) -> Reply:
    """What stands in place of a clip while nobody may see it."""
    return Reply(text("Clip {id} is on hold until a moderator has looked at it.", id=public_id))


def passed(public_id: str, title: str, why: Text, poll: Poll) -> Reply:
    """What moderators are told of a vote that isn't enough."""
    return Reply(
        text("The vote on clip {id} has passed. A moderator has to press Approve.", id=public_id),
        (
            Field(text("title"), title),
            Field(text("Why"), why),
            Field(text("Vote"), text("{up} for, {down} against", up=poll.up, down=poll.down)),
        ),
        actions=(
            Action(text("Approve"), "approve", {"id": public_id}),
            Action(text("Reject"), "unapprove", {"id": public_id}),
            Action(text("Show"), "show", {"id": public_id}),
        ),
    )


def media_of(clip: ClipView, links: Mapping[str, str]) -> Media:
    """A clip's video."""
    assert clip.video is not None
    return Media("video", clip.video, clip.id, links.get(clip.video, ""))


def buttons(public_id: str, poll: Poll, state: str, *, named: bool = False) -> list[Action]:
    """Vote buttons with their counts; the moderators' when the vote has passed and they have to agree; else none.

    `named`: there are other clips beside this one.
    """
    if poll.state == "passed" and state == "ready":
        label = text("Approve {id}", id=public_id) if named else text("Approve")
        return [Action(label, "approve", {"id": public_id})]
    if not poll.open or state != "ready":
        return []
    name = f" {public_id}" if named else ""
    return [
        Action(f"👍 {poll.up}{name}", "vote", {"clip": public_id, "choice": "up"}),
        Action(f"👎 {poll.down}{name}", "vote", {"clip": public_id, "choice": "down"}),
    ]


def standing(poll: Poll, state: str) -> Text:
    """How a vote stands, or what came of it."""
    if state in ("approved", "posted"):
        return text("approved with {up} for and {down} against", up=poll.up, down=poll.down)
    if poll.state == "decided":
        return text("a moderator decided against it")
    if poll.state == "passed":
        return text(
            "passed with {up} for and {down} against; a moderator has to press Approve", up=poll.up, down=poll.down
        )
    if not poll.open:
        return text("over: {up} for, {down} against, not approved", up=poll.up, down=poll.down)
    return text("{up} for, {down} against; {quorum} more for than against approve it", **_counts(poll))


def _counts(poll: Poll) -> dict[str, int]:
    return {"up": poll.up, "down": poll.down, "quorum": poll.quorum}


def _line(clip: ClipView) -> Text:
    return text("{span}: {why}", span=f"{clock(clip.start_s)}–{clock(clip.end_s)}", why=words.reason(clip.reason))


def _headline(view: RequestView, ready: int) -> Text:
    if view.state == "done":
        return text("Request {id} is done: {n} clip.", "Request {id} is done: {n} clips.", id=view.id, n=ready)
    if view.state == "failed":
        why = joined([view.error.sentence, view.error.hint]) if view.error else text("It failed.")
        return text("Request {id} failed: {why}", id=view.id, why=why)
    if view.state == "cancelled":
        return text("Request {id} was cancelled.", id=view.id)
    return text(
        "Request {id} goes on: {n} clip so far.", "Request {id} goes on: {n} clips so far.", id=view.id, n=ready
    )
