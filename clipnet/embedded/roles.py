"""The accounts of a cluster and who may enter a database: owner, api, worker, read, and nobody else."""

import json
import os
import secrets
from pathlib import Path

import asyncpg

ROLES = ("owner", "api", "worker", "read")
DATABASE = "clipnet"


def account(role: str) -> str:
    """The name of the PostgreSQL account of one role, `api` → `clipnet_api`."""
    return f"clipnet_{role}"


def load_secrets(path: Path) -> dict[str, str]:
    """Random passwords by name, made at the first call and kept in `path` for its owner's eyes only."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {"superuser", "redis", "parity", *ROLES} - kept.keys()
    if missing:
        kept |= {name: secrets.token_urlsafe(24) for name in sorted(missing)}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(kept, file)
        part.rename(path)
    return kept


async def provision(superuser_url: str, passwords: dict[str, str], *, database: str = DATABASE) -> None:
    """Make the accounts with these passwords and the database, or bring them into this state; safe to repeat."""
    connection = await asyncpg.connect(superuser_url)
    try:
        for role in ROLES:
            await _role(connection, account(role), passwords[role])
        await create_database(connection, database)
    finally:
        await connection.close()


async def create_database(connection: asyncpg.Connection, name: str, *, template: str = "template0") -> None:
    """Make a database that belongs to the owner account and that only our accounts may enter; safe to repeat."""
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER {account("owner")} TEMPLATE "{template}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    for role in ROLES[1:]:
        await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {account(role)}')


async def _role(connection: asyncpg.Connection, name: str, password: str) -> None:
    known = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if known else "CREATE"
    # A role statement takes no parameters; the server itself quotes the password.
    statement = await connection.fetchval(
        "SELECT format($1, $2::text)",
        f"{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE PASSWORD %L",
        password,
    )
    await connection.execute(statement)
