"""The locks are in step, and each way to be out of step is seen."""

import pytest

from tests.install.locks import Lock, faults, main

HASH = " \\\n    --hash=sha256:00"
PYPROJECT = {
    "project": {"dependencies": ["alpha>=2"], "optional-dependencies": {"dev": ["beta"]}},
    "tool": {"clipnet": {"carriers": ["gamma==1.0"]}},
}
REQUIREMENTS = f"alpha==2.1{HASH}\nbeta==1 ; python_version < '3.12'{HASH}\nbeta==2 ; python_version >= '3.12'{HASH}\n"
CARRIERS = f"gamma==1.0{HASH}\n"


def test_the_committed_locks_are_in_step() -> None:
    assert main() == 0


def test_locks_that_satisfy_everything_have_no_fault() -> None:
    assert list(faults(PYPROJECT, Lock(REQUIREMENTS), Lock(CARRIERS))) == []


@pytest.mark.parametrize(
    ("requirements", "carriers", "fault"),
    [
        (REQUIREMENTS.replace("alpha==2.1", "alpha==1.9"), CARRIERS, "pins alpha 1.9"),
        (REQUIREMENTS.replace("alpha", "omega"), CARRIERS, "doesn't pin alpha"),
        (REQUIREMENTS, CARRIERS.replace("1.0", "1.1"), "pins gamma 1.1"),
        (REQUIREMENTS, CARRIERS + f"delta==1{HASH}\n", "pins delta, which"),
        (REQUIREMENTS, "gamma==1.0\n", "no hash for gamma"),
        ("--index-url https://example.org\n" + REQUIREMENTS, CARRIERS, "names a host"),
    ],
)
def test_each_fault_is_named(requirements: str, carriers: str, fault: str) -> None:
    if requirements.startswith("--"):
        requirements = f"# {requirements}{REQUIREMENTS}"
    assert fault in " ".join(faults(PYPROJECT, Lock(requirements), Lock(carriers)))
