"""The content network: attachments whose addresses expire, and avatars."""

from pathlib import Path

from aiohttp import web

from tests.fakes.discord.platform import Platform
from tests.fakes.server import Call

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class FileRoutes:
    """GET of files."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        for method in ("GET", "HEAD"):
            platform.route(method, "/attachments/{channel}/{file}/{name}", self.attachment)
            platform.route(method, "/avatars/{user}/{name}", self.picture)
            platform.route(method, "/embed/avatars/{name}", self.picture)

    async def attachment(self, call: Call) -> web.StreamResponse:
        """A file, while its address is good."""
        found = self._platform.ledger.files.get(call.args["file"])
        if found is None or not self._fresh(call.query, found.url):
            return web.Response(status=404, text="This content is no longer available.")
        headers = {"Content-Type": found.upload.content_type}
        if isinstance(found.upload.data, Path):
            return web.FileResponse(found.upload.data, headers=headers)
        return web.Response(body=found.upload.data, headers=headers)

    def _fresh(self, query: dict[str, str], url: str) -> bool:
        try:
            expires = int(query.get("ex", ""), 16)
        except ValueError:
            return False
        return (
            f"ex={query['ex']}&is={query.get('is')}&hm={query.get('hm')}" in url
            and self._platform.now().timestamp() < expires
        )

    async def picture(self, _: Call) -> web.Response:
        """Somebody's picture."""
        return web.Response(body=PIXEL, content_type="image/png")
