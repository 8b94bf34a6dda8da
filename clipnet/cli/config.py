"""`clipnet config export`: keyed fingerprints of the settings, for the other environments' FOREIGN_FINGERPRINTS."""

import argparse

from clipnet.errors import Misconfigured
from clipnet.isolation import fingerprints
from clipnet.settings import load_settings


def main(argv: list[str]) -> int:
    """Print one JSON document without any value in it."""
    parser = argparse.ArgumentParser(prog="clipnet config", description=__doc__)
    parser.add_argument("action", choices=["export"])
    parser.parse_args(argv)
    settings = load_settings()
    if settings.parity_key is None:
        raise Misconfigured(
            "CLIPNET_PARITY_KEY is not set.", hint="It keys the fingerprints; the same in all environments."
        )
    print(fingerprints(settings, settings.parity_key).model_dump_json())
    return 0
