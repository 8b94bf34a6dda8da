"""The speech child: `python -m pipeline.inference.whisper_child MODEL COMPUTE_TYPE THREADS`.

Reads one `Ask` a line on standard input and answers on standard output; ends when its input does.
"""

import logging
import os
import sys

from pipeline.inference.wire import Answer, Ask, Line, Ready, Refused, Share


def _say(out: int, line: Line) -> None:
    data = line.model_dump_json().encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]


def main(model: str, compute_type: str, threads: str) -> int:
    """Serves until standard input ends. Returns the exit status."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Whatever a library prints must not get between the lines.
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        from pipeline.inference.recognise import Recogniser

        recogniser = Recogniser(model, compute_type=compute_type, threads=int(threads))
    except Exception as error:
        _say(out, Refused(why=f"{type(error).__name__}: {error}"))
        return 1
    _say(out, Ready(model=model))
    for text in sys.stdin.buffer:
        ask = Ask.model_validate_json(text)
        heard = recogniser.recognise(ask.items, lambda done, ask=ask: _say(out, Share(id=ask.id, done=done)))  # type: ignore[misc]
        _say(out, Answer(id=ask.id, heard=tuple(heard)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
