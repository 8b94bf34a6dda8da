"""Translators between a platform and the router; one file each."""
