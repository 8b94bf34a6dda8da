"""The languages that communities are spoken to in: one gettext file each, and the place where replies are told."""
