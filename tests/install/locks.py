"""`python -m tests.install.locks`: are the two locks in step with pyproject.toml? Asks nobody outside."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[2]
_HOST = re.compile(r"://|^\s*(-i|--(extra-)?index-url|--find-links|--trusted-host)\b| @ ", re.MULTILINE)


class Lock:
    """The pins of one lock file, by canonical name."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pins: dict[str, list[str]] = {}
        self.unhashed: list[str] = []
        for entry in re.split(r"\n(?=\S)", text.strip()):
            if entry.startswith("#"):
                continue
            requirement = Requirement(entry.partition("\\")[0].strip())
            version = str(requirement.specifier).removeprefix("==")
            self.pins.setdefault(canonicalize_name(requirement.name), []).append(version)
            if "--hash=sha256:" not in entry:
                self.unhashed.append(requirement.name)


def faults(pyproject: Mapping[str, Any], requirements: Lock, carriers: Lock) -> Iterator[str]:
    """Every way in which the locks are out of step, in words."""
    project = pyproject["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    yield from _unsatisfied(wanted, requirements, "requirements.lock")
    declared = pyproject["tool"]["clipnet"]["carriers"]
    yield from _unsatisfied(declared, carriers, "carriers.lock")
    surplus = carriers.pins.keys() - {canonicalize_name(Requirement(each).name) for each in declared}
    yield from (f"carriers.lock pins {name}, which pyproject.toml doesn't name" for name in sorted(surplus))
    for name, lock in (("requirements.lock", requirements), ("carriers.lock", carriers)):
        yield from (f"{name} has no hash for {pin}" for pin in lock.unhashed)
        if _HOST.search(lock.text):
            yield f"{name} names a host"


def _unsatisfied(wanted: Sequence[str], lock: Lock, file: str) -> Iterator[str]:
    for requirement in map(Requirement, wanted):
        versions = lock.pins.get(canonicalize_name(requirement.name))
        if not versions:
            yield f"{file} doesn't pin {requirement.name}"
        elif not all(requirement.specifier.contains(version, prereleases=True) for version in versions):
            pinned = ", ".join(versions)
            yield f"{file} pins {requirement.name} {pinned}, but pyproject.toml says {requirement.specifier}"


def main(checkout: Path = CHECKOUT) -> int:
    """Exit status 1 when something is out of step."""
    pyproject = tomllib.loads((checkout / "pyproject.toml").read_text())
    found = list(
        faults(
            pyproject,
            Lock((checkout / "requirements.lock").read_text()),
            Lock((checkout / "carriers.lock").read_text()),
        )
    )
    sys.stderr.writelines(f"{fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
