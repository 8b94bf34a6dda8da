"""The commands of those who operate an installation."""

from bot.command import Command
from ops_commands import dead_letter, deliveries, jobs, roles
from ops_commands.health import HEALTH
from ops_commands.queue import QUEUE
from ops_commands.trace import TRACE

COMMANDS: tuple[Command, ...] = (
    dead_letter.DISCARD,
    dead_letter.LIST,
    dead_letter.REPLAY,
    dead_letter.SHOW,
    deliveries.LIST,
    deliveries.RETRY,
    HEALTH,
    jobs.CANCEL,
    jobs.RETRY,
    jobs.STUCK,
    QUEUE,
    roles.GRANT,
    roles.LIST,
    roles.REVOKE,
    TRACE,
)
