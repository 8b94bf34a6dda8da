"""What a check of the installation saw."""

from dataclasses import dataclass
from typing import Literal

State = Literal["good", "note", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw; `mend` says what to do unless it is good. A `note` is no fault. Neither holds a secret."""

    part: str
    state: State
    saw: str
    mend: str = ""
