"""What every group of settings is made of."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Env = Literal["dev", "test", "staging", "production"]


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Folder = Annotated[Path, AfterValidator(Path.absolute)]
Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Section(BaseModel):
    """A group of settings; every section knows its environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_default=True, hide_input_in_errors=True)

    env: Env = Field(validation_alias="ENV")
