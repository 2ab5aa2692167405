"""A source: who publishes what, where, in which form and how often. One folder each, found by its `source.yml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from services.contracts.canary import refuse_key
from services.contracts.events import SourceKey
from services.contracts.vocab import Language
from services.ingest.closures import closed_days
from services.ingest.pages.expressions import check_selector
from services.runtime.registry import list_plugins, load_plugin
from services.runtime.yamlfile import YamlError, YamlProblem, load_yaml, validate, validate_part

KINDS = "services.ingest.kinds"
SOURCE_FILE = "source.yml"
PUSH = "push"
"""The kind of a source that is not asked: its documents are pushed or dropped."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindOptions(_Part):
    """What a kind lets a source say under `options`; a kind with options names its own model `Options`."""


class Schedule(_Part):
    """How often the source is asked."""

    every_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)]


_NOT_OURS = frozenset(
    {"host", "cookie", "content-length", "content-type", "transfer-encoding", "user-agent", "accept-encoding"}
)
_NO_PACE = Schedule.model_construct(every_minutes=0)


class Expected(_Part):
    """What a sound page looks like; anything else is reported, so that a redesign cannot pass for silence.

    `fields` are those that documents have beyond what their form always has; `categories` and `types` of documents
    are all there are, where they are listed.
    """

    min_items: Annotated[int, Field(ge=0)] = 1
    max_items: Annotated[int, Field(ge=1)] = 1000
    longest_gap_days: Annotated[int, Field(ge=1)]
    fields: tuple[Text, ...] = ()
    categories: tuple[Text, ...] = ()
    types: tuple[Text, ...] = ()


class Publishes(_Part):
    """On which days the publisher works: days of the week, less the holidays of a country and other days.

    `holidays` is a country of ISO 3166, or EU for the institutions of the Union.
    """

    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    holidays: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    closed: tuple[date, ...] = ()

    @field_validator("holidays")
    @classmethod
    def _known_calendar(cls, value: str | None) -> str | None:
        try:
            closed_days(value) if value else None
        except KeyError as error:
            raise ValueError(f"no holidays of {value!r} are known; leave it out and list `closed` days") from error
        return value


class Detail(_Part):
    """Where a list has only titles: what the page of one document is, and which part of it is the text.

    `select` is a CSS selector for HTML; without it the longest text of the page counts. Pages are looked for on the
    source's own host and on `hosts`. A document whose page cannot be had is published without that text after
    `wait_hours`. Where `recheck_days` is given, the page of a document that the list brought no longer ago is looked
    at once a day, and another text is a new revision; with `withdrawal: gone`, one that is no longer there at two such
    looks is withdrawn.
    """

    form: Literal["html", "pdf", "text"]
    select: str = ""
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$")], ...] = ()
    wait_hours: Annotated[float, Field(ge=0, le=7 * 24)] = 3
    recheck_days: Annotated[int, Field(ge=0, le=90)] = 0
    withdrawal: Literal["never", "gone"] = "never"

    @field_validator("select")
    @classmethod
    def _sound_selector(cls, value: str) -> str:
        return check_selector(value)

    @model_validator(mode="after")
    def _looks_again(self) -> Detail:
        if self.withdrawal == "gone" and self.recheck_days < 2:
            raise ValueError("`withdrawal: gone` needs two looks a day apart: give `recheck_days` of 2 or more")
        return self


class Access(_Part):
    """What the address wants besides being asked: a key of one's own in a header, a question in the body of a POST.

    The key is `prefix` and what the setting `source_keys` holds by the source's key; it is never written in the file.
    """

    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$|^$")] = ""
    prefix: Annotated[str, StringConstraints(pattern=r"^[ -~]*$")] = ""
    body: dict[str, Any] | None = None

    @field_validator("header")
    @classmethod
    def _is_ours_to_set(cls, value: str) -> str:
        if value.lower() in _NOT_OURS:
            raise ValueError(
                f"`{value}` is not a header for a key; write the one that the publisher's documentation names"
            )
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Access:
        if not self.header and self.body is None:
            raise ValueError("`access` has neither `header` nor `body`; leave it out")
        return self


class Lookups(_Part):
    """Odd values of the source and what they mean, as data."""

    date: dict[str, str] = {}
    agency: dict[str, str] = {}
    document_type: dict[str, str] = {}


class Source(_Part):
    """One list of one publisher, as its `source.yml` says.

    `tier` says how near to the law the publisher stands: what it says is binding (official), it reports what another
    authority decided (agency news), or it gathers the news of others (aggregator). `address` says how sure we are of
    the URL: read from here with genuine pages (verified), taken from the publisher's documentation (documented), or
    to be looked up by whoever turns the source on (unverified).

    `placeholder_times` are times of day, in the source's zone, that the publisher writes where it knows only
    the day: such a date is kept as a day and not as an instant.

    A source of kind `push` has no `url`; its `schedule`, if it has one, says how often somebody should call at least.
    """

    key: Annotated[SourceKey, AfterValidator(refuse_key)]
    name: Text
    publisher: Text
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    language: Language
    kind: str
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S*$", max_length=4000)] = Field(
        "", validate_default=True
    )
    zone: str
    schedule: Schedule = Field(_NO_PACE, validate_default=True)
    expected: Expected
    tier: Literal["official", "news", "aggregator"] = "news"
    address: Literal["verified", "documented", "unverified"] = "documented"
    publishes: Publishes = Publishes()
    terms: str = ""
    options: dict[str, Any] = {}
    access: Access | None = None
    detail: Detail | None = None
    placeholder_times: tuple[time, ...] = ()
    lookups: Lookups = Lookups()
    status: Literal["active", "paused"] = "active"
    notes: str = ""

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value: str) -> str:
        if value not in (known := list_plugins(KINDS)):
            raise ValueError(f"`kind` is {value!r}; write one of {', '.join(known)}")
        return value

    @field_validator("url", mode="wrap")
    @classmethod
    def _has_address(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> str:
        is_pushed = info.data.get("kind") == PUSH
        if not value and not is_pushed:
            raise PydanticCustomError("missing", "Field required")
        if value and is_pushed:
            raise ValueError("a source of kind push is not asked; leave `url` out")
        return str(validate(value)) if value else ""

    @field_validator("schedule", mode="wrap")
    @classmethod
    def _has_pace(cls, value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Schedule:
        if value == _NO_PACE and info.data.get("kind") == PUSH:
            return _NO_PACE
        if value == _NO_PACE:
            raise PydanticCustomError("missing", "Field required")
        return Schedule.model_validate(validate(value))

    @field_validator("access")
    @classmethod
    def _is_sent_in_secret(cls, value: Access | None, info: ValidationInfo) -> Access | None:
        if value and value.header and not str(info.data.get("url", "")).startswith("https://"):
            raise ValueError("a key is only sent over https; write the https address in `url`")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"`zone` is {value!r}; write an IANA name such as Asia/Tokyo") from error
        return value

    @property
    def is_pushed(self) -> bool:
        """Whether its documents come by themselves, so that nobody asks for them."""
        return self.kind == PUSH

    @property
    def has_rhythm(self) -> bool:
        """Whether it is known how often we should hear of it; of one that is pushed only if its file says so."""
        return self.schedule != _NO_PACE

    @property
    def tz(self) -> ZoneInfo:
        """The zone whose calendar the publisher's days belong to."""
        return ZoneInfo(self.zone)


def options_model(kind: str) -> type[KindOptions]:
    """The model of a kind's options; one without fields for a kind that has none."""
    found: type[KindOptions] = load_plugin(KINDS, kind, "Options", KindOptions)
    return found


def find_source_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """The `source.yml` of every source folder in `folders`, sorted by folder name."""
    return tuple(sorted((path for folder in folders for path in folder.glob(f"*/{SOURCE_FILE}")), key=str))


def load_sources(folders: Iterable[Path]) -> tuple[Source, ...]:
    """Every source in `folders`, sorted by key.

    Raises YamlError with every problem of every file: file:line:column, what, and how to mend it.
    """
    problems: list[YamlProblem] = []
    loaded: dict[str, tuple[Source, Path]] = {}
    for path in find_source_files(folders):
        try:
            source = load_source(path)
        except YamlError as error:
            problems.extend(error.problems)
            continue
        problems.extend(_repeated(source, path, loaded.get(source.key)))
        loaded.setdefault(source.key, (source, path))
    if problems:
        raise YamlError(problems)
    return tuple(source for _, (source, _path) in sorted(loaded.items()))


def load_source(path: Path) -> Source:
    """The source that one file describes; raises YamlError with every problem in it."""
    document = load_yaml(path)
    source = validate(Source, document)
    validate_part(options_model(source.kind), document, ["options"], source.options)
    if not path.parent.name.startswith(f"{source.country.lower()}_"):
        message = f"`country` is {source.country!r} but the folder is {path.parent.name!r}; make the two agree"
        raise YamlError([document.problem(["country"], message)])
    return source


def _repeated(source: Source, path: Path, earlier: tuple[Source, Path] | None) -> Iterator[YamlProblem]:
    if earlier is not None:
        message = f"`key` {source.key!r} is taken by {earlier[1]}; choose another"
        yield load_yaml(path).problem(["key"], message)
