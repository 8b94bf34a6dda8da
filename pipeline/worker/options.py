"""How a worker behaves; the settings' section `worker`, and what only tests change."""

from dataclasses import dataclass
from pathlib import Path

from clipnet.settings import Settings


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """Attributes in seconds where they end in `_s`.

    Attributes:
        scratch: folder below which each attempt gets one of its own.
        io_slots: 0 makes the io lane's jobs wait their turn in the media lane's slots.
        cancel_grace_s: how long a handler may take to stop; after that its slot is given to others.
        gather_s: how long a kind that is gathered waits for company.
        reconcile_every_s: None takes the reconciler out; only to show what it is there for.
    """

    scratch: Path
    media_slots: int = 1
    io_slots: int = 4
    heartbeat_s: float = 2.0
    lease_timeout_s: float = 15.0
    standby_max_s: float = 120.0
    drain_s: float = 20.0
    max_crashes: int = 3
    cancel_grace_s: float = 10.0
    gather_s: float = 0.25
    direct_poll_s: float = 0.5
    reconcile_every_s: float | None = 1.0

    @property
    def slots(self) -> list[tuple[tuple[str, ...], int]]:
        """Groups of lanes that share slots, and how many; within a group the first lane goes first."""
        if self.io_slots:
            return [(("media",), self.media_slots), (("io",), self.io_slots)]
        return [(("io", "media"), self.media_slots)]

    @classmethod
    def of(cls, settings: Settings) -> "WorkerOptions":
        """As the settings say."""
        worker = settings.worker
        return cls(
            scratch=settings.state_dir / "scratch",
            media_slots=worker.media_slots,
            io_slots=worker.io_slots,
            heartbeat_s=worker.heartbeat_s,
            lease_timeout_s=worker.lease_timeout_s,
            standby_max_s=worker.standby_max_s,
            drain_s=worker.drain_s,
            max_crashes=worker.max_crashes,
        )
