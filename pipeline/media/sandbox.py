"""Starts a tool with less power than its parent: limits, no new privileges, and Landlock where the kernel has it.

Run as a script by the runner: `python -I -S sandbox.py POLICY_JSON -- TOOL ARGUMENT…`. It needs the standard library
only and ends in `execv`, so nothing of it runs beside the tool. A process of its own, and not a `preexec_fn`, because
code between fork and exec in a process with threads can deadlock.
"""

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from dataclasses import asdict, dataclass

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1
VERSION_FLAG = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE = 1 << 14
IOCTL_DEV = 1 << 15
READ = EXECUTE | READ_FILE | READ_DIR
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
FS_RIGHTS_BY_ABI = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
TCP_RIGHTS = 3
SCOPES = 3

SYSTEM_READ = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/dev/urandom",
    "/dev/zero",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the tool may touch and use. Paths that don't exist are passed over."""

    parent: int
    read: tuple[str, ...]
    write: tuple[str, ...]
    memory_bytes: int
    file_bytes: int
    cpu_s: int
    nice: int
    network: bool = False

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 where it is absent or switched off."""
    answer: int = ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, 0, VERSION_FLAG)
    return max(answer, 0)


def restrict(policy: Policy, abi: int) -> None:
    """Takes everything from this process but the paths of `policy`. Raises OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    rights = FS_RIGHTS_BY_ABI[min(abi, len(FS_RIGHTS_BY_ABI) - 1)]
    attributes = struct.pack("=QQQ", rights, 0 if policy.network else TCP_RIGHTS, SCOPES)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = libc.syscall(CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused the rules")
    for path in (*policy.read, *SYSTEM_READ):
        _allow(libc, ruleset, path, READ & rights)
    for path in (*policy.write, "/dev/null"):
        _allow(libc, ruleset, path, rights & ~EXECUTE)
    if libc.syscall(RESTRICT_SELF, ruleset, 0) != 0:
        raise OSError(ctypes.get_errno(), "Landlock refused to restrict")
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):  # noqa: PTH112 — pathlib would cost a fifth of the start-up time
        rights &= FILE_ONLY
    rule = struct.pack("=Qi", rights, handle)
    if libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0) != 0:
        raise OSError(ctypes.get_errno(), f"Landlock refused {path}")
    os.close(handle)


def _limit(policy: Policy) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, policy.memory_bytes),
        (resource.RLIMIT_FSIZE, policy.file_bytes),
        (resource.RLIMIT_CPU, policy.cpu_s),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (ceiling, ceiling))
    os.nice(policy.nice)


def main(arguments: list[str]) -> None:
    """Applies the policy, then becomes the tool."""
    policy = Policy(**json.loads(arguments[0]))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != policy.parent:
        sys.exit("the parent is gone")
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _limit(policy)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    abi = landlock_abi()
    if abi > 0:
        restrict(policy, abi)
    tool = arguments[2:]
    os.execv(tool[0], tool)  # noqa: S606 — becoming the tool is this script's purpose


if __name__ == "__main__":
    main(sys.argv[1:])
