"""Alembic's entry: runs the revisions on the connection that `db.migrate` hands in."""

from alembic import context


def run() -> None:
    """One transaction for all revisions that are due."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


run()
