"""The command line: `clipnet VERB …`; each verb's code is imported only when it is asked for."""

import sys
from collections.abc import Sequence
from importlib import import_module

from clipnet.cli.verbs import VERBS, overview
from clipnet.errors import EX_CONFIG, ClipNetError, Misconfigured

EX_USAGE = 64


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status: 64 unknown verb or usage, 78 refused configuration, 1 failure."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        sys.stdout.write(overview())
        return 0
    verb = VERBS.get(words[0])
    if verb is None:
        sys.stderr.write(f"clipnet: there is no verb {words[0]!r}.\n\n{overview()}")
        return EX_USAGE
    try:
        status: int = import_module(verb.module).main(words[1:])
    except ClipNetError as error:
        sys.stderr.write(f"clipnet: {error.sentence} {error.hint}".rstrip() + "\n")
        return EX_CONFIG if isinstance(error, Misconfigured) else 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
