"""The settings under which api and worker take the pretended platforms for the real ones."""

import base64
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from clipnet.cli.playground.cast import Cast
from clipnet.cli.playground.platforms import Platforms

X_POLL_S = 5.0


def variables(platforms: Platforms, cast: Cast, origin: str, token_keys: str) -> dict[str, str]:
    """Variables for both roles; `origin` is where videos and streams come from."""
    discord, twitch, x = platforms.discord, platforms.twitch, platforms.x
    token, secret = x.oauth1.issue(cast.x_bot)
    allowed = [urlsplit(address).netloc for address in [origin, discord.url, twitch.url, x.url]]
    return {
        "ADAPTERS": "discord,twitch,x",
        "TOKEN_KEYS": token_keys,
        "NET_ALLOW": ",".join(allowed),
        "DISCORD_TOKEN": discord.bot_token,
        "DISCORD_APPLICATION_ID": discord.application_id,
        "DISCORD_PUBLIC_KEY": discord.public_key,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY": discord.gateway_url,
        "DISCORD_CDN_BASE": discord.cdn_base,
        "TWITCH_CLIENT_ID": twitch.client_id,
        "TWITCH_CLIENT_SECRET": twitch.client_secret,
        "TWITCH_BOT_ID": cast.twitch_bot.id,
        "TWITCH_API_BASE": twitch.helix_base,
        "TWITCH_ID_BASE": twitch.id_base,
        "TWITCH_SITE": f"{origin}/live",
        "TWITCH_EVENTSUB": twitch.eventsub_ws,
        "X_CONSUMER_KEY": x.oauth1.consumer_key,
        "X_CONSUMER_SECRET": x.oauth1.consumer_secret,
        "X_ACCESS_TOKEN": token,
        "X_ACCESS_SECRET": secret,
        "X_API_BASE": x.url,
        "X_POLL_S": f"{X_POLL_S:g}",
    }


def token_keys(state: Path) -> str:
    """The key ring that seals tokens, made at the first start; without it later ones could open none of them."""
    file = state / "token-keys"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"playground:{base64.b64encode(secrets.token_bytes(32)).decode()}", encoding="ascii")
    return file.read_text(encoding="ascii")
