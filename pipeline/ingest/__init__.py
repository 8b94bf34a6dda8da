"""Brings a source into a job's folder: from a URL, a platform, or a local path."""
