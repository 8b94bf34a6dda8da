"""The content network: attachments whose addresses expire, and avatars."""

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from tests.fakes.discord import posting
from tests.fakes.discord.errors import form_error
from tests.fakes.discord.forms import read_form
from tests.fakes.discord.platform import Platform
from tests.fakes.discord.rest import answer
from tests.fakes.server import Call

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)

MOST_REFRESHED = 50


class FileRoutes:
    """GET of files."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        for method in ("GET", "HEAD"):
            platform.route(method, "/attachments/{channel}/{file}/{name}", self.attachment)
            platform.route(method, "/avatars/{user}/{name}", self.picture)
            platform.route(method, "/embed/avatars/{name}", self.picture)
        platform.api("POST", "/attachments/refresh-urls", self.refresh)

    async def attachment(self, call: Call) -> web.StreamResponse:
        """A file, while its address is good."""
        found = self._platform.ledger.files.get(call.args["file"])
        if found is None or not self._fresh(call.query, found.url):
            return web.Response(status=404, text="This content is no longer available.")
        headers = {"Content-Type": found.upload.content_type}
        if isinstance(found.upload.data, Path):
            return web.FileResponse(found.upload.data, headers=headers)
        return web.Response(body=found.upload.data, headers=headers)

    async def refresh(self, call: Call) -> web.Response:
        """Addresses that are good for another day."""
        body = (await read_form(call)).body
        asked = body.get("attachment_urls") if isinstance(body, dict) else None
        if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_REFRESHED:
            raise form_error(["attachment_urls"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 50 in length.")
        return answer({"refreshed_urls": [{"original": url, "refreshed": self._refreshed(str(url))} for url in asked]})

    def _refreshed(self, url: str) -> str | None:
        parts = urlsplit(url).path.split("/")
        found = self._platform.ledger.files.get(parts[3]) if len(parts) == 5 else None
        if found is None:
            return None
        found.url = posting.signed_url(self._platform, found.url.partition("?")[0], found.id)
        return found.url

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
