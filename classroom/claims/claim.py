"""One claim as a value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Status = Literal["cited", "recomputed", "contested", "not-reproducible"]
STATUSES: tuple[Status, ...] = get_args(Status)
TALK = "The 2015 talk"  # the one source that no link leads to


def _traced(source: str) -> str:
    if "](https://" not in source and not source.startswith(TALK):
        raise ValueError(f"a source must hold a link, got {source!r:.60}. Write [authors year](https://...), table 1")
    return source


Source = Annotated[str, Field(min_length=1), AfterValidator(_traced)]
State = Annotated[Mapping[str, bool | int | float | str], AfterValidator(MappingProxyType)]


class Side(BaseModel):
    """What one side of a dispute says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    says: str = Field(min_length=1)  # Markdown, as is every text here
    source: Source


class Claim(BaseModel):
    """A sentence with its numbers, the slide that shows it, and what it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    slide: str
    status: Status
    says: str = Field(min_length=1)
    source: Source | None = None  # of a recomputed claim: who made it first, if anybody did
    state: State = Field(default_factory=lambda: MappingProxyType({}))  # of the exhibit, beside the slide's own
    sides: tuple[Side, ...] = ()

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        if self.status == "contested" and len(self.sides) < 2:
            raise ValueError(f"a contested claim must have two sides, got {len(self.sides)}. Add `sides:`")
        if self.status != "contested" and self.sides:
            raise ValueError(f"only a contested claim has sides, got {self.status}. Delete `sides:`")
        if self.status in ("cited", "not-reproducible") and not self.source:
            raise ValueError(f"a claim that is {self.status} must have a source, got none. Add `source:`")
        if self.status != "recomputed" and self.state:
            raise ValueError(f"only a recomputed claim has a state, got {self.status}. Delete `state:`")
        return self
