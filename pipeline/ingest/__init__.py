"""Brings a source into a job's folder: from a link, a platform, or a local path."""

from pipeline.ingest.ingest import Ingested, ingest

__all__ = ["Ingested", "ingest"]
