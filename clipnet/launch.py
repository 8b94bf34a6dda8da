"""Becomes another program after tying itself to its parent and giving up rights; standard library only.

Run as a file (`python -I -S launch.py …`), never imported by what it starts. It stands between fork and exec in place
of a `preexec_fn`, which is unsafe beside threads. Exit status 126 says that the asked-for identity can't be had here.
"""

import argparse
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522
REFUSED = 126

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def prctl(option: int, first: int = 0, second: int = 0) -> None:
    """The system call; raises OSError."""
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), zero, zero))


def drop(uid: int, gid: int) -> None:
    """Become an ordinary account, for good."""
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def drop_but_reach(uid: int, gid: int) -> None:
    """Become an ordinary account that may still pass folders closed to it (CAP_DAC_OVERRIDE, kept over exec)."""
    prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    drop(uid, gid)
    wanted = 1 << CAP_DAC_OVERRIDE | _permitted() & 1 << CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    # Two sets of effective, permitted, inheritable: capabilities 0–31, then 32–63.
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)))
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        if wanted >> capability & 1:
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _permitted() -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123 - start-up of pathlib costs more than this whole program
        line = next(line for line in status if line.startswith("CapPrm:"))
    return int(line.split()[1], 16)


def namespace(uid: int, gid: int) -> None:
    """Look like an ordinary account from inside a user namespace of one entry, while staying the same outside."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(CLONE_NEWUSER))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outside_uid} 1"),
        ("gid_map", f"{gid} {outside_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - see above
            file.write(text)


IDENTITIES = {"drop": drop, "reach": drop_but_reach, "namespace": namespace}


def main(arguments: list[str]) -> None:
    """Parse, prepare, exec. Raises OSError when the program can't be executed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True, help="process id that this one dies with")
    parser.add_argument("--death-signal", type=int, default=signal.SIGKILL)
    parser.add_argument("--identity", choices=IDENTITIES)
    parser.add_argument("--uid", type=int, default=0)
    parser.add_argument("--gid", type=int, default=0)
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    command = options.command[1:] if options.command[0] == "--" else options.command
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if options.nice:
        os.nice(options.nice)
    try:
        if options.identity:
            IDENTITIES[options.identity](options.uid, options.gid)
        # An inherited working folder is usable even below a closed one; by its full path it shows what is reachable.
        os.chdir(os.getcwd())  # noqa: PTH109
    except OSError as error:
        sys.stderr.write(f"identity {options.identity} can't be had: {error}\n")
        sys.exit(REFUSED)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    # After the change of account, which clears it; then look whether the parent went before it was set.
    prctl(PR_SET_PDEATHSIG, options.death_signal)
    if os.getppid() != options.parent:
        sys.exit(REFUSED)
    os.execv(command[0], command)  # noqa: S606 - no shell on purpose


if __name__ == "__main__":
    main(sys.argv[1:])
