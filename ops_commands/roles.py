"""`roles list`, `roles grant`, `roles revoke`: who operates the installation, and who was made a moderator."""

from datetime import datetime

from pydantic import BaseModel

from bot import people
from bot.command import COMMUNITY_ROLES, OPERATOR_ROLES, OPERATOR_SURFACES, Command, Param, Plan
from bot.context import Context
from bot.params import CHOICE, INTEGER, USER
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import Conflict, NotAllowed
from db import roles
from db.identities import Known
from db.roles import Granted

CHOICES = (*COMMUNITY_ROLES, *OPERATOR_ROLES)


class RoleView(BaseModel):
    """A role that was granted; without a community it holds everywhere."""

    name: str
    accounts: list[str]
    role: str
    community: str | None = None
    since: datetime | None = None
    by: str | None = None


class RoleList(BaseModel):
    """Roles that were granted."""

    items: list[RoleView]


async def _list(ctx: Context, *, limit: int) -> Reply:
    found = await roles.granted(ctx.conn, limit)
    return Reply(
        f"{len(found)} granted roles. Those that platforms give stand in settings show roles of each community.",
        fields=tuple(Field(each.name, _line(each)) for each in found),
        data=RoleList(items=[RoleView.model_validate(each, from_attributes=True) for each in found]),
    )


def _line(each: Granted) -> str:
    where = f"in {each.community}" if each.community else "everywhere"
    return f"{each.role} {where}, {', '.join(each.accounts)}, since {each.since:%Y-%m-%d}"


async def _plan_grant(ctx: Context, *, user: str, role: str) -> Plan:
    return await _plan(ctx, user, role, "gives", had=False)


async def _plan_revoke(ctx: Context, *, user: str, role: str) -> Plan:
    return await _plan(ctx, user, role, "takes from", had=True)


async def _plan(ctx: Context, user: str, role: str, does: str, *, had: bool) -> Plan:
    """What is about to change, once it is clear that it may and can be.

    Raises:
        Conflict: it is so already, or a community's role has no community here.
        NotAllowed: it is a role above the person's own.
    """
    found, community_id = await people.person(ctx, user), _where(ctx, role)
    _must_stand_above(ctx, role)
    if await roles.holds(ctx.conn, found.user_id, role, community_id) is not had:
        raise Conflict(
            "That person has the role already." if not had else "That person wasn't granted the role.",
            hint="roles list shows what was granted; what a platform gives is mapped by setup roles.",
        )
    where = "in this community" if community_id is not None else "everywhere"
    text = f"This {does} {found.name} ({found.platform_user_id}) the role {role}, {where}."
    return Plan(text, {"user": found.user_id, "role": role, "community": community_id})


async def _grant(ctx: Context, *, user: str, role: str) -> Reply:
    found, community_id = await people.person(ctx, user), _where(ctx, role)
    _must_stand_above(ctx, role)
    if not await roles.grant(ctx.conn, found.user_id, role, community_id, by=ctx.user.id):
        raise Conflict("That person has the role already.")
    undo = Action("Revoke", "roles revoke", {"user": user, "role": role})
    return Reply(f"{found.name} has the role {role} now.", actions=(undo,), data=_changed(ctx, found, role))


async def _revoke(ctx: Context, *, user: str, role: str) -> Reply:
    found, community_id = await people.person(ctx, user), _where(ctx, role)
    _must_stand_above(ctx, role)
    if not await roles.revoke(ctx.conn, found.user_id, role, community_id):
        raise Conflict("That person wasn't granted the role.")
    return Reply(f"{found.name} doesn't have the role {role} any more.", data=_changed(ctx, found, role))


def _where(ctx: Context, role: str) -> int | None:
    if role not in COMMUNITY_ROLES:
        return None
    if ctx.community_id is None:
        raise Conflict(
            f"The role {role} holds in one community, and this place belongs to none.",
            hint="Say it where the community talks.",
        )
    return ctx.community_id


def _must_stand_above(ctx: Context, role: str) -> None:
    """Nobody gives or takes more than they have; whoever sits at the console has the database itself."""
    if role in OPERATOR_ROLES and ctx.invocation.surface != "console" and not ctx.may(role):
        raise NotAllowed(f"The role {role} is above yours.", hint="It is given and taken at the console.")


def _changed(ctx: Context, found: Known, role: str) -> RoleView:
    community = ctx.community.name if ctx.community and role in COMMUNITY_ROLES else None
    return RoleView(name=found.name, accounts=[found.platform_user_id], role=role, community=community)


_WHO = (
    Param("user", USER, "whom: a mention, a name, an id, or like discord:123", required=True, positional=True),
    Param("role", CHOICE, "which role", required=True, positional=True, choices=CHOICES),
)

LIST = Command(
    name="roles list",
    help="List the roles that were granted to people",
    handler=_list,
    data=RoleList,
    params=(Param("limit", INTEGER, "how many", default=50, minimum=1, maximum=500),),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("roles list",),
)
GRANT = Command(
    name="roles grant",
    help="Give somebody a role",
    handler=_grant,
    data=RoleView,
    params=_WHO,
    role="operator",
    changes="they may do what the role may; moderator and owner hold in this community, the others everywhere",
    plan=_plan_grant,
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("roles grant @robin moderator", "roles grant discord:123456 operator"),
)
REVOKE = Command(
    name="roles revoke",
    help="Take a role from somebody",
    handler=_revoke,
    data=RoleView,
    params=_WHO,
    role="operator",
    changes="they may no longer do what the role may, unless a role on the platform gives it",
    plan=_plan_revoke,
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("roles revoke @robin moderator",),
)
