"""`deliveries list`, `deliveries retry`: events of platforms that could not be handled."""

from pydantic import BaseModel

from bot.command import OPERATOR_SURFACES, Command, Param
from bot.context import Context
from bot.params import INTEGER
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import NotFound
from db import deliveries
from db.deliveries import GivenUp


class DeliveryView(BaseModel):
    """A delivery that was given up; what people wrote in it is not shown."""

    id: int
    platform: str
    kind: str
    tries: int
    error: str
    age_s: float


class DeliveryList(BaseModel):
    """Deliveries, the newest first."""

    items: list[DeliveryView]


class Retried(BaseModel):
    """How many deliveries are tried anew."""

    count: int


def _line(found: GivenUp) -> Field:
    return Field(f"delivery {found.id}", f"{found.platform} {found.kind}, {found.tries} tries: {found.error}")


async def _list(ctx: Context, *, limit: int) -> Reply:
    found = await deliveries.given_up(ctx.conn, limit)
    return Reply(
        f"{len(found)} deliveries were given up." if found else "No delivery was given up.",
        fields=tuple(map(_line, found)),
        actions=tuple(Action(f"Retry {each.id}", "deliveries retry", {"delivery": each.id}) for each in found[:5]),
        data=DeliveryList(items=[DeliveryView.model_validate(each, from_attributes=True) for each in found]),
    )


async def _retry(ctx: Context, *, delivery: int | None) -> Reply:
    count = await deliveries.retry(ctx.conn, delivery)
    if delivery is not None and not count:
        raise NotFound(f"Delivery {delivery} was not given up.", hint="deliveries list shows those that were.")
    return Reply(f"Tried anew: {count}.", data=Retried(count=count))


LIST = Command(
    name="deliveries list",
    help="List events of platforms that could not be handled",
    handler=_list,
    data=DeliveryList,
    params=(Param("limit", INTEGER, "how many", default=20, minimum=1, maximum=100),),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("deliveries list",),
)
RETRY = Command(
    name="deliveries retry",
    help="Try events of platforms again that could not be handled",
    handler=_retry,
    data=Retried,
    params=(Param("delivery", INTEGER, "only this one", positional=True, minimum=1),),
    role="operator",
    changes="hands them to their platform's handler again, with all their tries",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("deliveries retry", "deliveries retry 42"),
)
