"""PostgreSQL and a Redis-protocol server of our own, from what packages carry, in one folder and with no trace left."""

from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.stack import EmbeddedStack, StackUrls
from clipnet.embedded.valkey import ValkeyServer

__all__ = ["EmbeddedStack", "PostgresServer", "StackUrls", "ValkeyServer"]
