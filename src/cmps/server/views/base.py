"""What several views share."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text cannot hold the character NUL")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_without_nul)]
"""A name, an id or a code."""
Text = Annotated[
    str, StringConstraints(max_length=2000, strip_whitespace=True), AfterValidator(_without_nul)
]
"""Some sentences."""
Id = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_without_nul)]
"""The id of something that is stored."""
Chance = Annotated[float, Field(ge=0, le=1)]
"""A probability."""


class Taken(BaseModel):
    """What a client sends; a field that nobody knows is refused, so that no typo goes unseen."""

    model_config = ConfigDict(extra="forbid")


class Answered(BaseModel):
    """What the server answers."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
