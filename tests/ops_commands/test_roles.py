"""Who is given which role by whom: never more than one has, never without a yes, and never unseen."""

import pytest

from bot.router import Router
from ops_commands.roles import RoleList
from tests.bot.hall import done, refused
from tests.bot.rig import Grant, Ledger, Person

ROLES = "select array_agg(role || coalesce('@' || community_id, '') order by role) from user_roles where user_id = $1"


async def roles_of(ledger: Ledger, person: Person) -> list[str]:
    """What a person was granted; `moderator@3` in a community."""
    return await ledger.value(ROLES, await person.user_id()) or []


def on_discord(router: Router, name: str) -> Person:
    return Person(router, name, "discord", "lounge")


async def say(person: Person, line: str) -> str:
    """Say it on Discord, and yes when asked; returns what was asked."""
    answer = await person.say(f"!{line}")
    assert answer.pending, answer.reply.text
    asked = answer.reply.text
    answer = await person.say("!confirm")
    assert answer.problem is None, answer.reply.text
    return asked


async def operator(router: Router, ledger: Ledger, role: str = "operator") -> Person:
    """Somebody on Discord with a role that holds everywhere."""
    found = on_discord(router, f"the-{role}")
    await ledger.conn.execute("insert into user_roles (user_id, role) values ($1, $2)", await found.user_id(), role)
    return found


async def test_a_role_is_granted_after_a_yes_listed_and_taken_again(router: Router, ledger: Ledger) -> None:
    boss, robin = await operator(router, ledger), on_discord(router, "robin")
    await robin.user_id()
    assert (await robin.say("!health")).problem
    assert (await boss.say("!roles grant @robin viewer")).pending
    assert await roles_of(ledger, robin) == []
    asked = await say(boss, "roles grant @robin viewer")
    assert "robin (robin) the role viewer, everywhere" in asked
    assert (await robin.say("!health")).problem is None
    data = (await robin.say("!roles list")).reply.data
    assert isinstance(data, RoleList)
    assert [(one.name, one.role, one.accounts) for one in data.items if one.role == "viewer"] == [
        ("robin", "viewer", ["discord:robin"])
    ]
    await refused(boss, "!roles grant @robin viewer", 409)
    await say(boss, "roles revoke @robin viewer")
    assert (await robin.say("!health")).problem
    await refused(boss, "!roles revoke @robin viewer", 409)
    audited = [outcome for command, outcome in await ledger.audit() if command.startswith("roles g")]
    assert audited == ["allowed", "failed"]
    assert "robin" not in str(await ledger.conn.fetch("select args, detail from audit where command like 'roles %'"))


@pytest.mark.parametrize("line", ["roles grant @robin viewer", "roles revoke @robin viewer", "roles list"])
async def test_nobody_without_a_role_gives_or_sees_any(router: Router, ledger: Ledger, line: str) -> None:
    here = await ledger.community("lounge", surface="discord")
    robin = on_discord(router, "robin")
    await ledger.conn.execute("insert into user_roles values ($1, 'owner', $2)", await robin.user_id(), here)
    await refused(robin, f"!{line}", 403)
    assert await roles_of(ledger, robin) == [f"owner@{here}"]


async def test_nobody_gives_or_takes_more_than_they_have(router: Router, ledger: Ledger) -> None:
    boss, admin = await operator(router, ledger), await operator(router, ledger, "admin")
    robin = on_discord(router, "robin")
    await robin.user_id()
    for line in ("grant @robin admin", "grant @robin deployer", "revoke @the-admin admin", "grant @the-operator admin"):
        assert "above yours" in await refused(boss, f"!roles {line}", 403)
    await say(admin, "roles grant @robin deployer")
    await say(admin, "roles revoke @the-operator operator")
    assert await roles_of(ledger, robin) == ["deployer"]
    assert await roles_of(ledger, boss) == []


async def test_whoever_sits_at_the_console_gives_any_role_to_people_of_any_platform(
    router: Router, ledger: Ledger, grant: Grant
) -> None:
    here = await grant("root", "operator")
    await done(here, "roles grant discord:4711 admin")
    assert await roles_of(ledger, Person(router, "4711", "discord", "lounge")) == ["admin"]
    await refused(here, "roles grant discord:nobody admin", 404)
    await done(here, "roles revoke discord:4711 admin")


async def test_a_communitys_role_holds_in_that_community_alone(router: Router, ledger: Ledger) -> None:
    boss, robin = await operator(router, ledger), on_discord(router, "robin")
    await robin.user_id()
    await refused(boss, "!roles grant @robin moderator", 409)
    here = await ledger.community("lounge", surface="discord")
    asked = await say(boss, "roles grant @robin moderator")
    assert "in this community" in asked
    assert await roles_of(ledger, robin) == [f"moderator@{here}"]
    assert (await robin.say("!bans")).problem is None
    await ledger.community("elsewhere", surface="discord")
    await refused(Person(router, "robin", "discord", "elsewhere"), "!bans", 403)


async def test_what_changed_between_the_question_and_the_yes_is_not_done(router: Router, ledger: Ledger) -> None:
    boss, robin = await operator(router, ledger), on_discord(router, "robin")
    await ledger.conn.execute("insert into user_roles values ($1, 'viewer')", await robin.user_id())
    assert (await boss.say("!roles revoke @robin viewer")).pending
    await ledger.conn.execute("delete from user_roles where role = 'viewer'")
    assert (await boss.say("!confirm")).problem
    assert (await boss.say("!roles grant @robin viewer")).pending
    await ledger.conn.execute("delete from user_roles where role = 'operator'")
    assert (await boss.say("!confirm")).problem
    assert await roles_of(ledger, robin) == []
