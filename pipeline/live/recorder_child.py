"""Starts the recorder alone: `python -I recorder_child.py PLAN_JSON`.

The sandbox lets it read two rooms of the house and not the folder above them, where secrets may lie; so it loads them
by their places instead of by a search.
"""

import importlib.util
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
ROOMS = ("clipnet", "pipeline")


def enter(room: str) -> None:
    place = HOUSE / room
    spec = importlib.util.spec_from_file_location(room, place / "__init__.py", submodule_search_locations=[str(place)])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[room] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    for name in ROOMS:
        enter(name)
    from pipeline.live.recorder import main

    sys.exit(main(sys.argv[1:]))
