"""Taking a request back: by deleting the message that asked, by leaving those who ask, or by being banned."""

from itertools import chain

from bot.context import Services
from bot.plain import plain
from db import askers, clips, jobs, requests
from db.jobs import Changed
from pipeline.queue.facade import Transaction
from pipeline.queue.making import MAKING
from pipeline.steps import notify_job

OPEN = ("queued", "working")


async def withdraw(services: Services, platform: str, message_id: str) -> bool:
    """The message that asked was deleted: whoever wrote it asks no more. False when it asked for nothing.

    A request that nobody asks for any more is cancelled; one that has ended stays as it is.
    """
    changed: list[Changed] = []
    async with services.queue.transaction(created_by="withdrawn") as tx:
        found = await askers.of_message(tx.conn, platform, plain(message_id))
        for request_id, _ in found:
            await requests.lock(tx.conn, request_id)
        # Whoever was just linked with another asks by that row now.
        for request_id, user_id in await askers.of_message(tx.conn, platform, plain(message_id)):
            changed += await leave(tx, request_id, user_id, note="the asking message was deleted") or []
    await services.queue.tell(changed)
    return bool(found)


async def leave(tx: Transaction, request_id: int, user_id: int, *, note: str) -> list[Changed] | None:
    """Take one asker out, and cancel the request when nobody is left; None when it wasn't cancelled.

    The caller tells the worker of the jobs that are returned after its commit (`Context.changed`).
    """
    state = await requests.lock(tx.conn, request_id)
    left = await askers.withdraw(tx.conn, request_id, user_id)
    if left != 0 or state not in OPEN:
        return None
    return await cancel_request(tx, request_id, note=note)


async def leave_all(tx: Transaction, user_id: int, community_id: int | None, *, note: str) -> tuple[int, list[Changed]]:
    """Take a person, who was banned, out of every open request in a community, or (None) everywhere.

    Returns how many requests were cancelled by that, and the jobs as `leave` does.
    """
    left = [
        await leave(tx, request_id, user_id, note=note)
        for request_id in await askers.open_of(tx.conn, user_id, community_id)
    ]
    cancelled = [jobs for jobs in left if jobs is not None]
    return len(cancelled), list(chain.from_iterable(cancelled))


async def cancel_request(tx: Transaction, request_id: int, *, note: str) -> list[Changed]:
    """Cancel an open request that is held, with its making and what of its clips is not finished, and tell so.

    What is told, voted and posted of clips that are ready goes on.
    """
    changed = await jobs.cancel_request(tx.conn, request_id, note=note, kinds=MAKING)
    await clips.cancel_of_request(tx.conn, request_id)
    await requests.set_state(tx.conn, request_id, "cancelled")
    await tx.enqueue(notify_job(request_id))
    return changed
