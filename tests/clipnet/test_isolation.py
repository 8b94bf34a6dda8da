"""The guards between environments, each tried alone: the other one is not there in these tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clipnet.errors import Misconfigured
from clipnet.isolation import compare, config_hash, fingerprints, parse_published
from clipnet.relations import Relation, settings_of
from clipnet.settings import Settings, load_settings

KEY = "k" * 40


def _platforms(env: str) -> dict[str, str]:
    """Credentials of an application of its own on every platform."""
    names = (
        "TOKEN_KEYS DISCORD_TOKEN DISCORD_APPLICATION_ID DISCORD_PUBLIC_KEY TWITCH_CLIENT_ID TWITCH_CLIENT_SECRET "
        "TWITCH_BOT_ID TWITCH_WEBHOOK_SECRET X_CONSUMER_KEY X_CONSUMER_SECRET X_ACCESS_TOKEN X_ACCESS_SECRET "
        "X_CLIENT_ID X_CLIENT_SECRET"
    )
    return {name: f"{env}-{name.lower()}" for name in names.split()}


PRODUCTION = {
    "ENV": "production",
    "CLIPNET_ROLE": "api",
    "CLIPNET_PARITY_KEY": KEY,
    "DATABASE_URL": "postgresql://clipnet_api:prod-pass-1@db.prod.internal:5432/clipnet",
    "DATABASE_OWNER_URL": "postgresql://clipnet_owner:prod-pass-2@db.prod.internal:5432/clipnet",
    "REDIS_URL": "redis://:prod-pass-3@redis.prod.internal:6379/0",
    "STORAGE_MODE": "s3",
    "API_BASE_URL": "https://api.clipnet.example",
    "API_WRITE_TOKEN": "prod-token-" + "t" * 30,
    **_platforms("prod"),
}
STAGING = {
    **PRODUCTION,
    "ENV": "staging",
    "DATABASE_URL": "postgresql://clipnet_api:stag-pass-1@db.staging.internal:5432/clipnet",
    "DATABASE_OWNER_URL": "postgresql://clipnet_owner:stag-pass-2@db.staging.internal:5432/clipnet",
    "REDIS_URL": "redis://:stag-pass-3@redis.staging.internal:6379/0",
    "API_BASE_URL": "https://api.staging.clipnet.example",
    "API_WRITE_TOKEN": "stag-token-" + "t" * 30,
    **_platforms("stag"),
}
TABLE = list(settings_of(Settings))


@pytest.fixture(scope="module")
def published() -> str:
    """What production publishes."""
    return fingerprints(load_settings(PRODUCTION, folder=Path("/")), KEY).model_dump_json()


def _start(values: dict[str, str], published: str) -> Settings:
    return load_settings({**values, "FOREIGN_FINGERPRINTS": published}, folder=Path("/"))


@pytest.mark.req("R-042", "positive")
def test_good_staging_settings_pass(published: str) -> None:
    assert _start(STAGING, published).env == "staging"


@pytest.mark.req("R-042", "negative")
@pytest.mark.parametrize("name", [each.variable for each in TABLE if each.meaning.relation is Relation.MUST_DIFFER])
def test_each_isolated_setting_of_production_is_refused_and_named(published: str, name: str) -> None:
    with pytest.raises(Misconfigured, match=rf"{name} is production's own \(must_differ\)") as refusal:
        _start({**STAGING, name: PRODUCTION[name]}, published)
    message = f"{refusal.value.sentence} {refusal.value.hint}"
    assert "prod-pass" not in message
    assert "internal" not in message


@pytest.mark.req("R-103", "negative")
@pytest.mark.parametrize(
    "spelling",
    [
        "postgresql://clipnet_api:x@DB.Prod.Internal:5432/clipnet",
        "postgres://clipnet_api:x@db.prod.internal/clipnet",
        "postgresql://other:y@db.prod.internal./clipnet",
        "postgresql://db.prod.internal/clipnet?sslmode=require&application_name=a",
        "postgresql:///clipnet?host=db.prod.internal&port=5432",
        "postgresql:///?host=db.prod.internal&dbname=clipnet",
        "postgresql://x:y@db.staging.internal:5432,db.prod.internal:5432/clipnet",
        "postgresql://x:y@db%2Eprod.internal:5432/clip%6Eet",
        "  postgresql+asyncpg://x:y@db.prod.internal/clipnet  ",
        "postgresql://clipnet_api:prod-pass-1@10.1.2.3:6000/elsewhere",
        "postgresql://clipnet_api:prod%2Dpass%2D1@alias.example/clipnet",
    ],
)
def test_spellings_of_productions_database_are_refused(published: str, spelling: str) -> None:
    with pytest.raises(Misconfigured, match="DATABASE_URL is production's own"):
        _start({**STAGING, "DATABASE_URL": spelling}, published)


@pytest.mark.req("R-104", "negative")
@pytest.mark.parametrize(
    "spelling",
    [
        "redis://redis.prod.internal",
        "rediss://REDIS.prod.internal:6379/0",
        "redis://user:x@redis.prod.internal:6379/7",
        "redis://redis.prod.internal.:6379/0?socket_timeout=5",
        "valkey://redis.prod.internal",
        "redis://:prod-pass-3@10.0.0.9:7777/3",
        "redis://10.0.0.9/0?password=prod-pass-3",
        "redis:///0?host=redis.prod.internal",
    ],
)
def test_spellings_of_productions_redis_are_refused(published: str, spelling: str) -> None:
    with pytest.raises(Misconfigured, match="REDIS_URL is production's own"):
        _start({**STAGING, "REDIS_URL": spelling}, published)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("redis://127.0.0.1:6390", "redis://localhost:6390/4"),
        ("redis://127.0.0.1:6390", "redis://[::1]:6390"),
        ("redis://127.0.0.1:6390", "redis://[::ffff:127.0.0.1]:6390"),
        ("redis://10.0.0.1", "redis://167772161:6379"),
        ("redis://10.0.0.1", "redis://0x0a.0.0.1"),
        ("redis://[2001:db8::1]:6379", "redis://[2001:DB8:0:0::0001]"),
        ("redis://bücher.example", "redis://xn--bcher-kva.example"),
    ],
)
def test_one_address_in_two_spellings_is_one_value(one: str, other: str) -> None:
    theirs = fingerprints(load_settings({**PRODUCTION, "REDIS_URL": one}, folder=Path("/")), KEY)
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        _start({**STAGING, "REDIS_URL": other}, theirs.model_dump_json())


def test_a_value_is_refused_under_any_name(published: str) -> None:
    with pytest.raises(Misconfigured, match="API_WRITE_TOKEN is production's own"):
        _start({**STAGING, "API_WRITE_TOKEN": PRODUCTION["DATABASE_OWNER_URL"]}, published)


def test_production_refuses_stagings_values_as_well() -> None:
    published = fingerprints(load_settings(STAGING, folder=Path("/")), KEY).model_dump_json()
    with pytest.raises(Misconfigured, match="REDIS_URL is staging's own"):
        _start({**PRODUCTION, "REDIS_URL": STAGING["REDIS_URL"]}, published)


def test_what_is_published_shows_no_value_and_needs_the_key(published: str) -> None:
    assert "prod" not in published.replace('"production"', "")
    other_key = fingerprints(load_settings(PRODUCTION, folder=Path("/")), "z" * 40)
    assert set(json.loads(published)["fingerprints"]["REDIS_URL"]).isdisjoint(other_key.fingerprints["REDIS_URL"])


def test_unreadable_fingerprints_stop_the_start() -> None:
    with pytest.raises(Misconfigured, match="FOREIGN_FINGERPRINTS can't be read"):
        _start(STAGING, '{"production": 1}')


@pytest.mark.req("R-021", "positive")
def test_environments_that_relate_as_they_must_show_no_violation(published: str) -> None:
    ours = fingerprints(load_settings(STAGING, folder=Path("/")), KEY)
    assert list(compare(ours, parse_published(published)[0], TABLE)) == []


@pytest.mark.req("R-021", "negative")
@pytest.mark.parametrize(
    ("name", "value"),
    [("MEDIA_MAX_BYTES", "5"), ("MEDIA_MAX_DURATION_S", "5"), ("MEDIA_MAX_PIXELS", "5"), ("STORAGE_MODE", "cloudinary"),
     ("WHISPER_MODEL", "large"), ("WHISPER_LANGUAGE", "de"), ("WHISPER_COMPUTE_TYPE", "float32"),
     ("CLIPNET_PARITY_KEY", "j" * 40)],
)  # fmt: skip
def test_each_shared_setting_that_differs_is_named(name: str, value: str) -> None:
    base = {**STAGING, "WHISPER_LANGUAGE": "en"}
    production = fingerprints(load_settings({**PRODUCTION, "WHISPER_LANGUAGE": "en"}, folder=Path("/")), KEY)
    ours = fingerprints(load_settings({**base, name: value}, folder=Path("/")), KEY)
    found = [(each.variable, each.relation) for each in compare(ours, production, TABLE)]
    assert found == [(name, Relation.MUST_EQUAL)]


@pytest.mark.req("R-028", "positive")
def test_the_schema_of_staging_is_that_of_production(published: str) -> None:
    ours = fingerprints(load_settings(STAGING, folder=Path("/")), KEY)
    assert ours.schema_hash == parse_published(published)[0].schema_hash


@pytest.mark.req("R-042", "negative")
def test_the_process_ends_with_78_before_any_socket(published: str) -> None:
    program = (
        "import sys\n"
        "sys.addaudithook(lambda event, _: event.startswith('socket.') and sys.exit('a socket was used'))\n"
        "from clipnet.__main__ import main\n"
        "sys.exit(main(['serve']))\n"
    )
    values = {**STAGING, "REDIS_URL": PRODUCTION["REDIS_URL"], "FOREIGN_FINGERPRINTS": published}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/", env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root), **values},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 78, done.stderr
    assert "REDIS_URL" in done.stderr
    assert "prod-pass" not in done.stderr + done.stdout


@pytest.mark.req("R-102", "positive")
def test_api_and_worker_of_one_environment_have_one_hash() -> None:
    api = load_settings(STAGING, folder=Path("/"))
    values = {**STAGING, "CLIPNET_ROLE": "worker", "API_WRITE_TOKEN": "", "API_BASE_URL": "", "DATABASE_OWNER_URL": ""}
    worker = load_settings(
        {**values, "DATABASE_URL": "postgresql://clipnet_worker:x@DB.staging.internal/clipnet"}, folder=Path("/")
    )
    assert config_hash(api) == config_hash(worker)


@pytest.mark.parametrize(
    "change",
    [{"WHISPER_MODEL": "large"}, {"REDIS_URL": "redis://elsewhere"}, {"ENV": "production"}, {"WORKER_IO_SLOTS": "9"}],
)
def test_another_model_queue_or_environment_is_another_hash(change: dict[str, str]) -> None:
    base = load_settings(STAGING, folder=Path("/"))
    assert config_hash(base) != config_hash(load_settings({**STAGING, **change}, folder=Path("/")))
