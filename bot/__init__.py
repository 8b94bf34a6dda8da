"""The command vocabulary, the router, user commands and adapters."""
