"""Where pasted values go: into .env in dev and test; in staging and production nowhere, only their names are told."""

from collections.abc import Mapping
from pathlib import Path

from dotenv import set_key

from clipnet.settings import GUARDED, Settings, load_settings, variables

OWNER_ONLY = 0o600


class Values:
    """The variables of this installation while it is being set up."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = environ
        self._folder = folder
        self._pasted: dict[str, str] = {}
        self.to_set: list[str] = []
        """Names of what has to be set by hand, because it can't or mustn't be written down here."""

    @property
    def guarded(self) -> bool:
        """Whether values are kept out of files here."""
        return self._environ.get("ENV") in GUARDED

    @property
    def settings(self) -> Settings:
        """What holds now. Raises `Misconfigured`."""
        return load_settings({**self._environ, **self._pasted}, folder=self._folder)

    def get(self, name: str) -> str | None:
        """A variable as it holds now."""
        return {**variables(self._environ, self._folder), **self._pasted}.get(name)

    def put(self, values: Mapping[str, str]) -> None:
        """Keep values for good where that is allowed, else for this run."""
        for name, value in values.items():
            changed = self.get(name) != value
            self._pasted[name] = value
            if not changed:
                continue
            if self.guarded or self._environ.get(name):
                self.to_set.append(name)
            else:
                self._write(name, value)

    def _write(self, name: str, value: str) -> None:
        file = self._folder / ".env"
        file.touch(mode=OWNER_ONLY)
        file.chmod(OWNER_ONLY)
        set_key(file, name, value)
