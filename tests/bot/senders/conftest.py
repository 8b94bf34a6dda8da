"""The router's rig, for the tests of this room."""

from tests.bot.hall import hall
from tests.bot.rig import ann, api_settings, grant, ledger, router, services

__all__ = ["ann", "api_settings", "grant", "hall", "ledger", "router", "services"]
