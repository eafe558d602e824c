"""The base of every piece of a pack."""

from pydantic import BaseModel, ConfigDict


class Rule(BaseModel):
    """Base of every piece of a pack: immutable, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
