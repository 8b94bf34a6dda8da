"""What only operators can mend is told where they talk, through a real worker."""

from clipnet.settings import Settings
from pipeline.jobs import OPS_TELL, NewJob, TellOperators
from tests.bot.hall import Hall
from tests.bot.senders.test_moderation import Room, working

OPS = """update communities set settings = '{"ops_channel": {"platform": "chat", "id": "ops"}, "language": "de"}'"""
ELSEWHERE = """update communities set settings = '{"clip_channel": {"platform": "chat", "id": "all"}}'"""


async def _tell(hall: Hall) -> None:
    job = NewJob(OPS_TELL, TellOperators(community_id=hall.id, about="x-sign-in"))
    await hall.router.services.queue.enqueue(job)


async def test_it_is_said_once_in_the_community_s_language(settings: Settings, hall: Hall) -> None:
    await hall.ledger.conn.execute(OPS)
    await _tell(hall)
    chat = Room()
    async with working(settings, hall, "ops:tell", chat):
        ((place, telling),) = chat.said
        assert (place.platform, place.id, telling.language) == ("chat", "ops", "de")
        assert "clipnet setup --again x" in telling.reply.text
        assert "melde" in telling.reply.text.lower()


async def test_nobody_else_hears_of_it(settings: Settings, hall: Hall) -> None:
    await hall.ledger.conn.execute(ELSEWHERE)
    await _tell(hall)
    chat = Room()
    async with working(settings, hall, "ops:tell", chat):
        assert chat.said == []
        assert await hall.ledger.value("select state from jobs where kind = 'ops:tell'") == "done"
