"""Settings of the platforms that people talk on, and of the keys that seal their tokens."""

from typing import Literal

from clipnet.relations import Relation, identity, secret, shared, tunable
from clipnet.section import Section, Words


class AdapterSettings(Section):
    """Which adapters run, and what they share."""

    names: Words = tunable(
        "ADAPTERS",
        relation=Relation.SAME_SHAPE,
        default=("discord", "twitch", "x"),
        about="Adapters that the api runs, of discord, twitch and x; one without credentials stays off.",
    )
    token_keys: str | None = secret(
        "TOKEN_KEYS",
        default=None,
        about="Key ring that seals people's tokens: `id:base64 of 32 bytes`, several with commas; the first one seals, "
        "all of them open.",
    )


class DiscordSettings(Section):
    """Discord."""

    token: str | None = secret("DISCORD_TOKEN", default=None, about="The bot's token.")
    application_id: str | None = identity(
        "DISCORD_APPLICATION_ID", default=None, about="The application's id; found by the token where it is left out."
    )
    public_key: str | None = identity(
        "DISCORD_PUBLIC_KEY",
        default=None,
        about="The application's public key (hexadecimal), with which interactions that come by HTTP are verified.",
    )
    transport: Literal["gateway", "http"] = tunable(
        "DISCORD_TRANSPORT",
        relation=Relation.SAME_SHAPE,
        default="gateway",
        about="How interactions arrive: by the gateway, or by HTTP at /hooks/discord (needs a public address).",
    )
    message_content: bool = tunable(
        "DISCORD_MESSAGE_CONTENT",
        relation=Relation.SAME_SHAPE,
        default=False,
        about="Whether `!` commands are read in every message; needs the privileged “Message Content Intent”. Without "
        "it they are read where the bot is mentioned and in direct messages.",
    )
    api_base: str = shared("DISCORD_API_BASE", default="https://discord.com/api/v10", about="Where Discord's API is.")
    gateway: str | None = tunable(
        "DISCORD_GATEWAY", default=None, about="Address of the gateway; left out, the library's own."
    )
    cdn_base: str = shared("DISCORD_CDN_BASE", default="https://cdn.discordapp.com", about="Where Discord's files are.")


class TwitchSettings(Section):
    """Twitch."""

    client_id: str | None = identity("TWITCH_CLIENT_ID", default=None, about="The application's client id.")
    client_secret: str | None = secret("TWITCH_CLIENT_SECRET", default=None, about="The application's secret.")
    bot_id: str | None = identity("TWITCH_BOT_ID", default=None, about="User id of the bot's account.")
    transport: Literal["websocket", "webhook"] = tunable(
        "TWITCH_TRANSPORT",
        relation=Relation.SAME_SHAPE,
        default="websocket",
        about="How events arrive: by EventSub's websocket, or by webhook at /hooks/twitch (needs a public address).",
    )
    webhook_secret: str | None = secret(
        "TWITCH_WEBHOOK_SECRET", default=None, min_length=10, max_length=100, about="Signs what EventSub sends us."
    )
    api_base: str = shared("TWITCH_API_BASE", default="https://api.twitch.tv/helix/", about="Where Helix is.")
    id_base: str = shared("TWITCH_ID_BASE", default="https://id.twitch.tv/", about="Where Twitch signs people in.")
    site: str = shared(
        "TWITCH_SITE",
        default="https://www.twitch.tv",
        about="Where the pages of Twitch's channels are, by their names.",
    )
    eventsub: str = shared(
        "TWITCH_EVENTSUB", default="wss://eventsub.wss.twitch.tv/ws", about="Where EventSub's websocket is."
    )


class XSettings(Section):
    """X."""

    consumer_key: str | None = identity("X_CONSUMER_KEY", default=None, about="The app's API key (OAuth 1.0a).")
    consumer_secret: str | None = secret(
        "X_CONSUMER_SECRET", default=None, about="Its secret; also verifies what X sends to /hooks/x."
    )
    access_token: str | None = secret("X_ACCESS_TOKEN", default=None, about="The bot account's access token.")
    access_secret: str | None = secret("X_ACCESS_SECRET", default=None, about="The access token's secret.")
    client_id: str | None = identity("X_CLIENT_ID", default=None, about="The app's OAuth 2.0 client id.")
    client_secret: str | None = secret("X_CLIENT_SECRET", default=None, about="The OAuth 2.0 client's secret.")
    transport: Literal["polling", "webhook"] = tunable(
        "X_TRANSPORT",
        relation=Relation.SAME_SHAPE,
        default="polling",
        about="How mentions arrive: asked for again and again, or by webhook at /hooks/x (needs a public address).",
    )
    poll_s: float = tunable("X_POLL_S", default=60.0, gt=0, about="Seconds between two looks for mentions.")
    lookback_s: float = tunable(
        "X_LOOKBACK_S",
        default=21600.0,
        gt=0,
        about="How old a mention may be, in seconds, to be answered after a pause.",
    )
    posts_a_day: int = tunable(
        "X_POSTS_A_DAY", default=1000, ge=0, about="Posts that ClipNet makes on X in a day (UTC)."
    )
    api_base: str = shared("X_API_BASE", default="https://api.x.com", about="Where X's API is.")


class LiveSettings(Section):
    """Recording of streams that are live, for “clip that”."""

    minutes: float = tunable("LIVE_MINUTES", default=10.0, gt=0, about="Minutes of each stream that are kept.")
    max_bytes: int = tunable(
        "LIVE_MAX_BYTES", default=20 * 1024**3, gt=0, about="Disk that all recordings together may take, in bytes."
    )
    keep_hours: float = tunable(
        "LIVE_KEEP_HOURS",
        default=24.0,
        gt=0,
        about="Hours that the surroundings of a stream's best moments are kept, as far as the disk allows.",
    )
    max_streams: int = tunable("LIVE_MAX_STREAMS", default=20, ge=0, about="Streams recorded at once; 0 records none.")
