"""`vote`, `approve`, `unapprove`: what a community thinks of a clip, and what its moderators do."""

from pydantic import BaseModel

from bot import lookup, voting
from bot.command import HOUSE_SURFACES, Command, Limit, Param
from bot.context import Context
from bot.params import CLIP as CLIP_ID
from bot.params import TEXT, read_public_id
from bot.views import Changed
from bot.vocabulary import Reply
from clipnet.errors import BadInput
from clipnet.texts import text
from db import clips, copies
from db.clips import Clip

CHOICES: dict[str, voting.Choice] = {
    "up": "up", "yes": "up", "+": "up", "+1": "up", "👍": "up",
    "down": "down", "no": "down", "-": "down", "-1": "down", "👎": "down",
    "undo": "undo", "none": "undo",
}  # fmt: skip


class Voted(BaseModel):
    """How a vote stands. `state` is that of the vote, `clip_state` that of the clip."""

    clip: str
    up: int
    down: int
    quorum: int
    state: str
    clip_state: str


async def _vote(ctx: Context, *, clip: str | None, choice: str | None) -> Reply:
    public_id, way = _sort_out(clip, choice)
    found = await _which(ctx, public_id)
    poll = await voting.cast(ctx, found, way)
    now = await clips.by_id(ctx.conn, found.id) or found
    said = {
        "up": text("You voted for {id}.", id=found.public_id),
        "down": text("You voted against {id}.", id=found.public_id),
        "undo": text("You took back your vote on {id}.", id=found.public_id),
    }[way]
    told = text("{said} {up} for, {down} against.", said=said, up=poll.up, down=poll.down)
    if poll.state == "passed" and now.state == "ready":
        told = text("{told} It passed; a moderator has to press Approve.", told=told)
    return Reply(
        told,
        private=True,
        data=Voted(
            clip=found.public_id, up=poll.up, down=poll.down, quorum=poll.quorum, state=poll.state, clip_state=now.state
        ),
        aside=True,
    )


def _sort_out(clip: str | None, choice: str | None) -> tuple[str | None, voting.Choice]:
    """Both may be left out, and either may come first.

    Raises:
        BadInput: a word that is neither a clip nor a way to vote.
    """
    way: voting.Choice = "up"
    public_id: str | None = None
    for word in filter(None, (clip, choice)):
        if word.lower() in CHOICES:
            way = CHOICES[word.lower()]
        elif public_id is None:
            try:
                public_id = read_public_id(word)
            except BadInput as error:
                raise BadInput(error.sentence, hint=text("Usage: {usage}", usage=VOTE.usage)) from None
        else:
            raise BadInput(text("“{word}” isn't a vote.", word=word), hint=text("Say up, down or undo."))
    return public_id, way


async def _which(ctx: Context, public_id: str | None) -> Clip:
    """The named clip, the one that the message answers to, or the one shown last in this place.

    Raises:
        BadInput: there is none.
        NotFound: it is not theirs to see.
    """
    place = ctx.invocation.place
    wanted = public_id or ctx.invocation.subject.clip or await copies.latest_in(ctx.conn, place.platform, place.id)
    if wanted is None:
        raise BadInput(
            text("No clip was shown here yet."),
            hint=text("Usage: {usage}", usage=VOTE.usage_on(ctx.invocation.surface)),
        )
    return await lookup.clip(ctx, wanted)


async def _approve(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await _of_this_community(ctx, id)
    if await voting.approve(ctx, clip) == "noted":
        told = text("Noted: clip {id} is approved as soon as the vote has passed.", id=clip.public_id)
        return Reply(told, data=Changed(id=clip.public_id, kind="clip", state=clip.state))
    return Reply(
        text("Clip {id} is approved.", id=clip.public_id),
        data=Changed(id=clip.public_id, kind="clip", state="approved"),
    )


async def _unapprove(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await _of_this_community(ctx, id)
    await voting.unapprove(ctx, clip)
    return Reply(
        text("Clip {id} is not approved.", id=clip.public_id),
        data=Changed(id=clip.public_id, kind="clip", state="ready"),
    )


async def _of_this_community(ctx: Context, public_id: str) -> Clip:
    clip = await lookup.clip(ctx, public_id)
    lookup.must_moderate(ctx, clip)
    return clip


async def _ways(ctx: Context, typed: str) -> list[str]:  # noqa: ARG001
    return [way for way in ("up", "down", "undo") if way.startswith(typed.strip().lower())]


VOTE = Command(
    name="vote",
    help="Vote on a clip",
    handler=_vote,
    data=Voted,
    params=(
        Param("clip", TEXT, "the clip; the one shown last here when left out", positional=True,
              complete=lookup.complete_here),
        Param("choice", TEXT, "up, down, or undo; up when left out", positional=True, complete=_ways),
    ),
    changes="counts your vote, one a person; a clip of the community's own channels that gets enough is approved",
    limit=Limit(30, 60),
    private=True,
    examples=("vote", "vote down", "vote 7K3QX9 up", "vote 7K3QX9 undo"),
)  # fmt: skip

_CLIP = Param("id", CLIP_ID, "the clip", required=True, positional=True, complete=lookup.complete_here)

APPROVE = Command(
    name="approve",
    help="Approve a clip",
    handler=_approve,
    data=Changed,
    params=(_CLIP,),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="approves a clip, or agrees to its approval by vote where the community asks for both",
    examples=("approve 7K3QX9",),
)

UNAPPROVE = Command(
    name="unapprove",
    help="Take the approval of a clip back",
    handler=_unapprove,
    data=Changed,
    params=(_CLIP,),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="takes an approved clip back to ready and ends the vote on it",
    examples=("unapprove 7K3QX9",),
)
