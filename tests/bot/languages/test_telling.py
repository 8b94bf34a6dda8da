"""A community hears its language from every command, and nobody else does."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from bot.languages.catalogue import catalogue
from bot.languages.telling import tell
from bot.router import Router
from bot.views import Accepted, ClipPage, Explained
from bot.vocabulary import Action, Field, Media, Reply, Surface
from bot.words import note, reason, stage
from clipnet.texts import marked, text, told
from db import communities
from pipeline.highlights.reasons import PHRASES
from tests.bot.life import moderator
from tests.bot.rig import LINK, Ledger, Person

Settle = Callable[[str], Awaitable[Person]]


@pytest.fixture
def settle(router: Router, ledger: Ledger) -> Settle:
    """Somebody in the place of a community with a language."""

    async def found(language: str) -> Person:
        place = f"square of {language}"
        community = await communities.create(ledger.conn, language, [("console", place)])
        settings = json.dumps({"language": language})
        await ledger.conn.execute("update communities set settings = $2 where id = $1", community, settings)
        return Person(router, f"ann of {language}", place=place)

    return found


async def asked(person: Person) -> str:
    data = (await person.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    return data.request


@pytest.mark.parametrize(
    ("surface", "sign"), [("discord", "/"), ("twitch", "!"), ("x", ""), ("console", ""), ("web", "")]
)
async def test_commands_are_told_as_they_are_written_there(router: Router, surface: Surface, sign: str) -> None:
    answer = await Person(router, "ann", surface).say(command="show", args={"id": "7K3QX9"})
    assert answer.problem
    assert answer.problem.hint == f"{sign}clips lists yours."


async def test_what_a_community_is_told_is_in_its_language(settle: Settle, ledger: Ledger) -> None:
    eva = await settle("es")
    answer = await eva.say(f"clip {LINK} 1:20")
    assert isinstance(answer.reply.data, Accepted)
    request = answer.reply.data.request
    assert answer.reply.text == f"En ello: petición {request}."
    assert [action.label for action in answer.reply.actions] == ["Cancelar"]
    clip = await ledger.clip(request)
    said = {line: (await eva.say(line)).reply for line in (f"show {clip}", "clips", f"why {clip}", f"delete {clip}")}
    assert said[f"show {clip}"].fields[0] == Field("estado", "listo")
    assert said["clips"].text == "1 clip."
    assert said["clips"].fields[0].value == "listo, 1:20–1:50: a loud cheer"
    assert said[f"why {clip}"].text == f"{clip} (1:20–1:50) se eligió porque: a loud cheer"
    assert said[f"delete {clip}"].text.endswith("y sus archivos. Confírmalo en 60 s.")
    assert (await eva.say("confirm")).reply.text == f"Clip {clip} borrado; sus archivos se van enseguida."
    other = await asked(eva)
    assert (await eva.say(f"cancel {other}")).reply.text == f"Petición {other} cancelada."
    assert (await eva.say(f"retry {other}")).reply.text == f"Se intenta de nuevo la petición {other}."
    assert (await eva.say("help all")).reply.text == "help ORDEN cuenta más."


async def test_programs_are_told_the_same_everywhere(settle: Settle, ledger: Ledger) -> None:
    eva = await settle("es")
    clip = await ledger.clip(await asked(eva))
    page, why = (await eva.say("clips")).reply.data, (await eva.say(f"why {clip}")).reply.data
    assert isinstance(page, ClipPage)
    assert isinstance(why, Explained)
    assert (page.items[0].state, page.items[0].reason, set(why.signals)) == (
        "ready",
        "a loud cheer",
        {"loudness", "motion"},
    )


async def test_every_command_explains_and_refuses_in_the_language(settle: Settle) -> None:
    eva, words = await settle("es"), catalogue("es")
    for command in [c for c in eva.router.registry.offered("console") if c.role is None]:
        explained = await eva.say(f"help {command.name}")
        assert explained.reply.text == f"{command.name}: {marked(command.help).told(words)}."
        assert explained.reply.fields[0].label == "uso"
        answer = await eva.say(f"{command.name} --nonsense")
        assert answer.problem is not None
        assert answer.problem.sentence == f"{command.name} no tiene la opción «nonsense»."
        assert answer.problem.hint == f"Uso: {command.usage}"
        assert answer.reply.text == f"{answer.problem.sentence} {answer.problem.hint}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("clp", "No hay ninguna orden «clp»."),
        (f"clip {LINK} 1:20 --at 1:30", "El momento está indicado dos veces."),
        (f"clip {LINK} 1:20-9:50", "Un intervalo dura de 1 a 180 segundos."),
        (f"clip {LINK} --length 2", "length: como mínimo 5, por favor."),
        (f"clip {LINK} --aspect {{n}}", "aspect: «{n}» no es una de las opciones."),
        ("show {id}", "id: «{id}» no es un identificador."),
        ("delete", "delete necesita id (el clip)."),
        ("show 000000", "No hay nada con el identificador 000000."),
        ("clips --all", "Solo los operadores ven los clips de todos."),
        ("confirm", "Nada espera tu confirmación."),
    ],
)
async def test_a_refusal_is_in_the_language_and_a_persons_words_are_theirs(
    settle: Settle, line: str, sentence: str
) -> None:
    problem = (await (await settle("es")).say(line)).problem
    assert problem is not None
    assert problem.sentence == sentence


async def test_what_failed_is_told_in_the_language_of_who_looks(settle: Settle, ledger: Ledger) -> None:
    eva = await settle("de")
    request = await asked(eva)
    await ledger.end(request, "failed")
    error = {
        "code": "bad-input",
        "sentence": "The file is too large: the limit is 5 MB.",
        "hint": "Try again later.",
        "texts": {"sentence": text("The file is too large: the limit is {most:.0f} MB.", most=5.0).stored()},
    }
    await ledger.conn.execute("set session_replication_role = replica")
    await ledger.conn.execute("alter table requests disable trigger all")
    await ledger.conn.execute("update requests set error = $1::text::jsonb", json.dumps(error))
    shown = (await eva.say(f"show {request}")).reply
    assert shown.fields[-1] == Field(
        "Fehler", "Die Datei ist zu groß: Erlaubt sind 5 MB. Versuche es später noch einmal."
    )
    assert shown.data is not None
    assert shown.data.model_dump()["request"]["error"]["sentence"] == error["sentence"]


async def test_a_second_delivery_gets_the_same_words(settle: Settle) -> None:
    eva = await settle("es")
    first, again = [await eva.say("show 000000", event="twice") for _ in range(2)]
    assert again.replayed
    assert (again.reply.text, again.problem) == (first.reply.text, first.problem)
    reused = await eva.say("clips", event="twice")
    assert reused.problem is not None
    assert reused.problem.sentence == "Este evento ya se usó para otra cosa."


async def test_communities_of_different_languages_are_served_at_once(settle: Settle, ann: Person) -> None:
    people = [await settle("es"), await settle("de"), ann]
    answers = await asyncio.gather(*(person.say("help all") for person in people * 5))
    assert [answer.reply.text for answer in answers] == [
        "help ORDEN cuenta más.",
        "help BEFEHL sagt mehr.",
        "help COMMAND tells more.",
    ] * 5


def test_all_that_is_shown_is_told_and_told_once() -> None:
    reply = Reply(
        text("Clip {id}: {title}", id="7K3QX9", title="Cancel"),
        (Field(text("state"), text("ready")), Field("state", "ready")),
        (Media("video", "key", text("moment")),),
        (Action(text("Cancel"), "cancel", {"id": "ready"}),),
    )
    told = tell(reply, "es")
    assert told.text == "Clip 7K3QX9: Cancel"
    assert told.fields == (Field("estado", "listo"), Field("state", "ready"))
    assert told.media[0].label == "momento"
    assert told.actions == (Action("Cancelar", "cancel", {"id": "ready"}),)
    assert tell(told, "de") == told
    assert tell(reply, "xx").text == reply.text


def test_a_reason_is_told_part_by_part() -> None:
    words = catalogue("es")
    stored = "a burst of noise, as of laughter or applause, talk of gol, portero, fast cuts; “fast cuts, he said”"
    assert reason(stored) == stored
    assert reason(stored).told(words) == (
        "un estallido de ruido, como risas o aplausos, se habla de gol, portero, cortes rápidos; “fast cuts, he said”"
    )
    assert reason("the range you asked for, 1:20 to 1:50").told(words) == "el intervalo que pediste, de 1:20 a 1:50"
    assert reason("the moment you asked for, 1:20; “so”").told(words) == "el momento que pediste, 1:20; “so”"
    assert reason("a loud cheer").told(words) == "a loud cheer"
    assert all(reason(phrase).told(words) != phrase for phrase in PHRASES.values())


async def test_a_change_of_language_is_confirmed_in_the_new_one(settle: Settle, ledger: Ledger) -> None:
    eva = await settle("es")
    here = await ledger.conn.fetchval("select max(id) from communities")
    await moderator(ledger, eva, here, "owner")
    assert (await eva.say("settings set language de")).reply.text == "language ist jetzt de."
    assert (await eva.say("settings reset language")).reply.text == "language is en now."


def test_what_is_being_done_is_told_in_the_language() -> None:
    words = catalogue("de")
    assert told(stage("analyse"), words) == "ansehen und anhören"
    assert told(note("clip 2"), words) == "Clip 2"
    assert (told(note("1 moments"), words), told(note("12 moments"), words)) == ("1 Moment", "12 Momente")
    assert (stage("unheard-of"), note("unheard of")) == ("unheard-of", "unheard of")
