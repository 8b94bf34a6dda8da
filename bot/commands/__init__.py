"""The commands that everybody is offered; one file each."""

from bot.command import Command
from bot.commands.cancel import CANCEL
from bot.commands.clip import CLIP
from bot.commands.clips import CLIPS
from bot.commands.confirm import CONFIRM
from bot.commands.delete import DELETE
from bot.commands.help import HELP
from bot.commands.retry import RETRY
from bot.commands.show import SHOW
from bot.commands.why import WHY

COMMANDS: tuple[Command, ...] = (CANCEL, CLIP, CLIPS, CONFIRM, DELETE, HELP, RETRY, SHOW, WHY)
