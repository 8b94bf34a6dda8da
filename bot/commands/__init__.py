"""The commands that everybody is offered; one file each, or one a family."""

from bot.command import Command
from bot.commands.cancel import CANCEL
from bot.commands.clip import CLIP
from bot.commands.clips import CLIPS
from bot.commands.confirm import CONFIRM
from bot.commands.delete import DELETE
from bot.commands.feedback import FEEDBACK
from bot.commands.help import HELP
from bot.commands.leaderboard import LEADERBOARD
from bot.commands.link import LINK
from bot.commands.post import POST
from bot.commands.recap import RECAP
from bot.commands.retry import RETRY
from bot.commands.settings import SETTINGS_RESET, SETTINGS_SET, SETTINGS_SHOW
from bot.commands.show import SHOW
from bot.commands.vote import APPROVE, UNAPPROVE, VOTE
from bot.commands.why import WHY

COMMANDS: tuple[Command, ...] = (
    APPROVE,
    CANCEL,
    CLIP,
    CLIPS,
    CONFIRM,
    DELETE,
    FEEDBACK,
    HELP,
    LEADERBOARD,
    LINK,
    POST,
    *RECAP,
    RETRY,
    SETTINGS_RESET,
    SETTINGS_SET,
    SETTINGS_SHOW,
    SHOW,
    UNAPPROVE,
    VOTE,
    WHY,
)
