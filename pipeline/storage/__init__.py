"""Where finished media lies: one small interface; the folder comes from the environment and from nowhere else."""

from clipnet.errors import Misconfigured
from clipnet.settings import Settings
from pipeline.storage.interface import Kind, Storage, Stored
from pipeline.storage.local import LocalStorage

__all__ = ["Kind", "LocalStorage", "Storage", "Stored", "open_storage"]


def open_storage(settings: Settings) -> Storage:
    """The store of this environment.

    Raises:
        Misconfigured: there is no store of the mode that is set.
    """
    if settings.storage.mode == "local":
        return LocalStorage(settings.storage.root, settings.storage.folder)
    raise Misconfigured(f"STORAGE_MODE {settings.storage.mode} is not supported yet.", hint="Use local.")
