"""How jobs get to the worker: written to the ledger, then announced in Redis, the waiting room."""

from pipeline.queue.enqueue import enqueue
from pipeline.queue.facade import Queue, Transaction
from pipeline.queue.waiting_room import announce

__all__ = ["Queue", "Transaction", "announce", "enqueue"]
