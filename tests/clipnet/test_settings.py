"""Settings: what may have a default, what stops the start, and that no message shows a value."""

from pathlib import Path

import pytest

from clipnet.errors import Misconfigured
from clipnet.relations import ISOLATED, Kind, Relation, settings_of
from clipnet.settings import FOLDERS, Settings, load_settings

GOOD = {
    "ENV": "staging",
    "CLIPNET_ROLE": "api",
    "CLIPNET_PARITY_KEY": "p" * 40,
    "DATABASE_URL": "postgresql://clipnet_api:hush-db@db.staging.internal/clipnet",
    "REDIS_URL": "redis://:hush-redis@redis.staging.internal:6379/0",
    "STORAGE_MODE": "cloudinary",
    "API_BASE_URL": "https://api.staging.example",
    "API_WRITE_TOKEN": "hush-token-" + "t" * 32,
}


@pytest.mark.req("R-041", "positive")
def test_only_tunable_and_shared_settings_have_a_default() -> None:
    offenders = [
        each.variable
        for each in settings_of(Settings)
        if each.meaning.kind in ISOLATED and not each.required and each.default is not None
    ]
    assert offenders == []


def test_every_isolated_setting_differs_unless_it_is_named_here() -> None:
    equal = {
        each.variable
        for each in settings_of(Settings)
        if each.meaning.kind in ISOLATED and each.meaning.relation is not Relation.MUST_DIFFER
    }
    assert equal == {"CLIPNET_PARITY_KEY"}


@pytest.mark.req("R-049", "negative")
@pytest.mark.req("R-074", "negative")
def test_no_second_setting_leads_to_a_queue(tmp_path: Path) -> None:
    table = list(settings_of(Settings))
    assert {each.variable for each in table if each.meaning.kind is Kind.ENDPOINT} == {
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "API_BASE_URL",
    }
    words = ("redis", "valkey", "queue", "broker")
    told = {each.variable for each in table if any(w in f"{each.variable} {each.description}".lower() for w in words)}
    assert told == {"REDIS_URL"}
    others = dict.fromkeys(
        ("QUEUE_URL", "QUEUE_REDIS_URL", "REDIS_URL_2", "BROKER_URL"), "redis://other.example:6379/0"
    )
    assert load_settings({**GOOD, **others}, folder=tmp_path) == load_settings(GOOD, folder=tmp_path)


def test_good_staging_settings_load(tmp_path: Path) -> None:
    settings = load_settings(GOOD, folder=tmp_path)
    assert (settings.env, settings.role, settings.storage.folder) == ("staging", "api", "staging_clips")


@pytest.mark.req("R-041", "negative")
@pytest.mark.parametrize("env", ["staging", "production"])
def test_a_dotenv_file_is_an_error_where_it_counts(tmp_path: Path, env: str) -> None:
    (tmp_path / ".env").touch()
    with pytest.raises(Misconfigured, match=r"\.env is here"):
        load_settings({**GOOD, "ENV": env}, folder=tmp_path)


def test_a_dotenv_file_that_names_production_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in GOOD.items()))
    with pytest.raises(Misconfigured, match=r"\.env is here"):
        load_settings({}, folder=tmp_path)


def test_in_dev_a_dotenv_file_fills_what_the_environment_lacks(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WORKER_IO_SLOTS=7\nWORKER_MAX_CRASHES=9\n")
    settings = load_settings({**GOOD, "ENV": "dev", "WORKER_MAX_CRASHES": "5"}, folder=tmp_path)
    assert (settings.worker.io_slots, settings.worker.max_crashes) == (7, 5)


@pytest.mark.parametrize(
    "name", ["ENV", "DATABASE_URL", "REDIS_URL", "API_BASE_URL", "API_WRITE_TOKEN", "CLIPNET_PARITY_KEY"]
)
def test_what_is_forgotten_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        load_settings({**GOOD, name: ""}, folder=tmp_path)


def test_the_worker_needs_no_key_of_the_api(tmp_path: Path) -> None:
    values = {**GOOD, "CLIPNET_ROLE": "worker", "API_WRITE_TOKEN": "", "API_BASE_URL": ""}
    assert load_settings(values, folder=tmp_path).web.token is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_WRITE_TOKEN", "hush-short"),
        ("NET_ALLOW", "127.0.0.1:80"),
        ("CLIPNET_CRASH_AT", "queue.after-commit"),
        ("STORAGE_MODE", "local"),
        ("CLIPNET_ROLE", "hush-role"),
        ("WORKER_MEDIA_SLOTS", "hush-many"),
    ],
)
def test_what_staging_refuses_is_named_without_its_value(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as refusal:
        load_settings({**GOOD, name: value}, folder=tmp_path)
    assert "hush" not in f"{refusal.value.sentence} {refusal.value.hint}"


def test_production_on_ones_own_machine_may_store_locally(tmp_path: Path) -> None:
    values = {**GOOD, "ENV": "production", "STORAGE_MODE": "local", "SELF_HOSTED": "1"}
    assert load_settings(values, folder=tmp_path).storage.folder == "prod_clips"


def test_dev_may_reach_named_private_addresses(tmp_path: Path) -> None:
    settings = load_settings({**GOOD, "ENV": "dev", "NET_ALLOW": "127.0.0.1:80, [::1]:81"}, folder=tmp_path)
    assert settings.media.net_allow == ("127.0.0.1:80", "[::1]:81")


def test_a_repr_shows_no_secret(tmp_path: Path) -> None:
    assert "hush" not in repr(load_settings(GOOD, folder=tmp_path))


@pytest.mark.req("R-024", "positive")
def test_folder_names_are_as_founded() -> None:
    assert (FOLDERS["staging"], FOLDERS["production"]) == ("staging_clips", "prod_clips")
