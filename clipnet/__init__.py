"""What every ClipNet process shares and nothing of the domain."""

from typing import Final

__version__: Final = "0.1.0"
