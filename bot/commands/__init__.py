"""The commands that everybody is offered; one file each, or one a family."""

from bot.command import Command
from bot.commands.ban import BAN, BANS
from bot.commands.cancel import CANCEL
from bot.commands.captions import CAPTIONS
from bot.commands.clip import CLIP
from bot.commands.clips import CLIPS
from bot.commands.confirm import CONFIRM
from bot.commands.connect import CONNECT
from bot.commands.delete import DELETE
from bot.commands.disconnect import DISCONNECT
from bot.commands.export_me import EXPORT_ME
from bot.commands.feedback import FEEDBACK
from bot.commands.forget_me import FORGET_ME
from bot.commands.help import HELP
from bot.commands.hold import HOLD
from bot.commands.leaderboard import LEADERBOARD
from bot.commands.link import LINK
from bot.commands.post import POST
from bot.commands.recap import RECAP
from bot.commands.reframe import REFRAME
from bot.commands.release import RELEASE
from bot.commands.report import REPORT, REPORTS
from bot.commands.retry import RETRY
from bot.commands.settings import SETTINGS_RESET, SETTINGS_SET, SETTINGS_SHOW
from bot.commands.setup import SETUP
from bot.commands.show import SHOW
from bot.commands.sources import SOURCES
from bot.commands.takedown import TAKEDOWN, UNBLOCK
from bot.commands.template import TEMPLATE
from bot.commands.title import TITLE
from bot.commands.trim import TRIM
from bot.commands.unban import UNBAN
from bot.commands.undo import UNDO
from bot.commands.unlink import UNLINK
from bot.commands.vote import APPROVE, UNAPPROVE, VOTE
from bot.commands.why import WHY
from bot.commands.words import WORDS

COMMANDS: tuple[Command, ...] = (
    APPROVE,
    BAN,
    BANS,
    CANCEL,
    CAPTIONS,
    CLIP,
    CLIPS,
    CONFIRM,
    CONNECT,
    DELETE,
    DISCONNECT,
    EXPORT_ME,
    FEEDBACK,
    FORGET_ME,
    HELP,
    HOLD,
    LEADERBOARD,
    LINK,
    POST,
    *RECAP,
    REFRAME,
    RELEASE,
    REPORT,
    REPORTS,
    RETRY,
    SETTINGS_RESET,
    SETTINGS_SET,
    SETTINGS_SHOW,
    *SETUP,
    SHOW,
    *SOURCES,
    TAKEDOWN,
    TEMPLATE,
    TITLE,
    TRIM,
    UNAPPROVE,
    UNBAN,
    UNBLOCK,
    UNDO,
    UNLINK,
    VOTE,
    WHY,
    *WORDS,
)
