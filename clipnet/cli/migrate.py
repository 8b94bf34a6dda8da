"""`clipnet migrate`: bring the database to the newest schema and mark it for this environment."""

import argparse
import asyncio

from clipnet.cli.surroundings import surroundings
from clipnet.errors import Misconfigured
from clipnet.settings import load_settings


def main(argv: list[str]) -> int:
    """Exit status 78 when the database belongs to another environment or its owner's URL is not given."""
    argparse.ArgumentParser(prog="clipnet migrate", description=__doc__).parse_args(argv)
    with surroundings() as found:
        if found.embedded:
            print("The embedded database is at the newest schema.")
            return 0
        settings = load_settings()
        if settings.database.owner_url is None:
            raise Misconfigured("DATABASE_OWNER_URL is not set.", hint="Migrations run as the owner of the database.")
        from db.migrate import migrate

        print(asyncio.run(migrate(settings.database.owner_url, settings.env)))
    return 0
