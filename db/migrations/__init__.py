"""Revisions of the ledger's schema: each runs one plain SQL file of `db/schema/`, forward only."""
