"""The whole guided setup as a person starts it: from nothing to a test clip in a server, and on after a kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clipnet.cli.guided import Platforms, code, platforms
from tests.fakes.discord.permissions import EVERYDAY

ROOT = Path(__file__).parents[3]
PATIENCE_S = 110.0


@pytest.fixture
async def there() -> AsyncIterator[Platforms]:
    async with platforms() as found:
        yield found


class Run:
    """`clipnet setup` in a folder, with its answers in a file."""

    def __init__(self, there: Platforms, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        self.folder = folder
        self.environ = {
            **kept,
            **there.variables(),
            "CLIPNET_STATE_DIR": str(folder / "state"),
            "ENV": "dev",
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }

    async def start(self, answers: list[str]) -> asyncio.subprocess.Process:
        file = self.folder / "answers"
        file.write_text("\n".join(answers))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "clipnet", "setup", "--answers", str(file)),
            cwd=self.folder,
            env=self.environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


async def consents(there: Platforms) -> None:
    for number, name in enumerate(("ClipBot", "Ann")):
        device = await code(there, number)
        there.twitch.approve_device(device.user_code, there.twitch.world.user(name))


@pytest.mark.timeout(240)
async def test_from_nothing_to_a_clip_in_the_server_also_after_a_kill(there: Platforms, tmp_path: Path) -> None:
    run, answers = Run(there, tmp_path), there.answers()
    first = await run.start([answer for answer in answers if answer.startswith("discord.token")])
    assert first.stdout is not None
    said = b""
    async with asyncio.timeout(PATIENCE_S):
        while b"Waiting until it is there" not in said:
            said += await first.stdout.readline()
    first.send_signal(signal.SIGKILL)
    await first.wait()
    assert there.discord.bot_token in (tmp_path / ".env").read_text()

    guild = there.discord.add_guild("Arena", bot_permissions=EVERYDAY)
    clips = guild.add_channel("clips")
    guild.add_role("Mods")
    people = asyncio.create_task(consents(there))
    second = await run.start([answer for answer in answers if not answer.startswith("discord.token")])
    async with asyncio.timeout(PATIENCE_S):
        out, _ = await second.communicate()
    shown = out.decode()
    await people
    assert second.returncode == 0, shown
    assert "Clips arrive." in shown
    messages = there.discord.ledger.in_channel(clips)
    assert any(file.upload.filename.endswith(".mp4") for message in messages for file in message.attachments), shown

    logs = "".join(file.read_text(errors="replace") for file in (tmp_path / "state").glob("*.log"))
    for secret in there.secrets(answers):
        assert secret not in said.decode() + shown + logs
