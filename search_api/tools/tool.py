"""What a tool is, and how its arguments are read.

Models write arguments loosely: null for what they leave out, one value where a list belongs, a
list as a string of JSON. All of that is read as it is meant; what cannot be is refused in one
sentence that names the argument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)

from indexer.shapes import BadInput
from search_api.engine import Engine
from search_api.fields import Fields
from search_api.filters import Filters

LONGEST_QUESTION = 4000  # characters
MOST_VALUES = 20  # of one filter
LONGEST_VALUE = 300  # characters of a name or an id
LARGEST = 300_000  # characters of an answer as JSON; no tool comes near
SHOWN = 60  # characters of a refused value


def listed(value: object) -> object:
    """One value as a list of it; a JSON list written as a string as that list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            read = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
        return read if isinstance(read, list) else [value]
    return value if isinstance(value, list) else [value]


Word = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_VALUE)]
Question = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_QUESTION,
        description="Question or words, Chinese or English.",
        examples=["重复信访怎么治理", "how do bureaus handle repeated petitioning"],
    ),
]
Expand = Annotated[
    bool, Field(description="Also search the Chinese words that English ones stand for.")
]


class Arguments(BaseModel):
    """The arguments of a tool; null counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was sent
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value is not None}


CHOSEN = (Field(max_length=MOST_VALUES), BeforeValidator(listed))
Words = Annotated[list[Word], *CHOSEN]
Years = Annotated[list[int], *CHOSEN]


class Filtered(Arguments):
    """Arguments with filters: any of the values of one, and all filters together."""

    issuer: Words = Field([], description="Bureaus, or parts of their names.")
    region: Words = Field([], description="Regions at any level: names or GB/T 2260 codes.")
    year: Years = Field([], description="Years reported on.")
    level: Words = Field([], description="national, province, prefecture or county.")
    role: Words = Field([], description="Kinds of section: intro, work, duty, problems or plans.")
    report: Words = Field([], description="Ids of reports.")

    @property
    def filters(self) -> Filters:
        """As the engine takes them."""
        return Filters(
            issuer=tuple(self.issuer),
            region=tuple(self.region),
            year=tuple(self.year),
            role=tuple(self.role),
            report=tuple(self.report),
            level=tuple(self.level),
        )


@dataclass(frozen=True, slots=True)
class Tool:
    """A function over the engine with the shapes of what it takes and gives."""

    name: str
    title: str
    description: str
    arguments: type[Arguments]
    answer: type[BaseModel]
    run: Callable[[Engine, Any], Fields]

    def call(self, engine: Engine, given: Mapping[str, Any]) -> Fields:
        """The answer to arguments as a client sent them: the fields of ``answer``.

        :raises BadInput: for arguments that cannot be used, or an answer that grew too large.
        """
        try:
            arguments = self.arguments.model_validate(given)
        except ValidationError as error:
            raise refused(error) from None
        told = self.run(engine, arguments)
        fields = {name: told[name] for name in self.answer.model_fields}
        size = len(json.dumps(fields, ensure_ascii=False))
        if size > LARGEST:
            raise BadInput(
                f"the answer has {size:,} characters, more than {LARGEST:,}: ask for less of it",
                f"结果有 {size:,} 个字符，超过 {LARGEST:,}：请缩小范围",
            )
        return fields


def without(shape: type[BaseModel], *names: str) -> type[BaseModel]:
    """A shape of the interface without what a model has no use for."""
    kept = {n: (f.annotation, f) for n, f in shape.model_fields.items() if n not in names}
    made: type[BaseModel] = create_model(  # type: ignore[call-overload]
        shape.__name__, __config__=shape.model_config, __doc__=shape.__doc__, **kept
    )
    return made


def schema_of(shape: type[BaseModel], *dropped: str) -> Fields:
    """The JSON schema of arguments or answers, without the titles made from field names.

    ``dropped`` are further keywords of JSON Schema to leave out, such as examples.
    """
    plain: Fields = lightened(shape.model_json_schema(), {"title", *dropped})
    return plain


def lightened(part: Any, dropped: Set[str]) -> Any:  # noqa: ANN401 - any part of a schema
    """A part of a schema without keywords; a property of such a name stays."""
    if isinstance(part, list):
        return [lightened(one, dropped) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        key: lightened(value, dropped)
        for key, value in part.items()
        if key not in dropped or isinstance(value, dict)
    }


def refused(error: ValidationError) -> BadInput:
    """One sentence about the first arguments that are wrong."""
    parts = []
    for entry in error.errors()[:3]:
        name = ".".join(map(str, entry["loc"])) or "arguments"
        given = entry["input"]
        plain = isinstance(given, str | int | float) and entry["type"] != "missing"
        shown = f" = “{short(str(given))}”" if plain else ""
        parts.append(f"{name}{shown}: {entry['msg'][:1].lower()}{entry['msg'][1:]}")
    return BadInput("; ".join(parts))


def short(text: str) -> str:
    """The start of a refused value, on one line."""
    text = " ".join(text[: SHOWN + 1].split())
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
