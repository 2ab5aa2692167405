"""Reads settings from flags, environment, secret files and a TOML file, and says where each value came from.

From the strongest to the weakest: flags (`overrides`), `NOROSHI_<SERVICE>_<FIELD>`, `NOROSHI_<FIELD>`, the files
`noroshi_<service>_<field>` and `noroshi_<field>` of the secrets folder, the `[<service>]` table and then the top of
the TOML file, the default. What nobody knows is refused wherever it stands, all at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from services.contracts.errors import UsageError
from services.runtime.settingsnames import (
    CONFIG,
    PREFIX,
    SECRETS_DIR,
    unknown_environment,
    unknown_overrides,
    unknown_secrets,
    unknown_toml,
)
from services.runtime.settingsrows import is_secret

DEFAULT_FILE = Path("noroshi.toml")
DEFAULT_SECRETS = Path("/run/secrets")


S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class LoadedSettings(Generic[S]):
    """Settings with the place each value came from, e.g. `environment NOROSHI_BROKER` or `default`."""

    settings: S
    origins: Mapping[str, str]


@dataclass(frozen=True)
class _Found:
    """A value somebody gave, and where."""

    value: Any
    origin: str


def load_settings(
    model: type[S],
    service: str,
    *,
    known: Mapping[str, type[BaseModel]],
    environ: Mapping[str, str],
    file: Path | None = None,
    secrets_dir: Path | None = None,
    overrides: Mapping[str, object] | None = None,
) -> S:
    """The settings of one service; `known` holds the models of all services, so that each may find its own.

    Raises UsageError with every problem at once: unknown names with the nearest known one, values that do not
    fit with where they stand.
    """
    loaded = load_with_origins(
        model, service, known=known, environ=environ, file=file, secrets_dir=secrets_dir, overrides=overrides
    )
    return loaded.settings


def load_with_origins(
    model: type[S],
    service: str,
    *,
    known: Mapping[str, type[BaseModel]],
    environ: Mapping[str, str],
    file: Path | None = None,
    secrets_dir: Path | None = None,
    overrides: Mapping[str, object] | None = None,
) -> LoadedSettings[S]:
    """Like `load_settings`, with the origin of each value."""
    models: dict[str, type[BaseModel]] = {**known, service: model}
    toml = _toml_path(file, environ)
    table = _read_toml(toml) if toml else {}
    secrets = _secret_files(_secrets_path(secrets_dir, environ))
    problems = [
        *unknown_environment(environ, models),
        *unknown_toml(table, models, toml),
        *unknown_secrets(secrets, models),
        *unknown_overrides(overrides or {}, model),
    ]
    layers = [
        *_toml_layers(table, service, model, toml),
        *_secret_layers(secrets, service, model),
        *_environment_layers(environ, service, model),
        {name: _Found(value, "command line") for name, value in (overrides or {}).items() if value is not None},
    ]
    found: dict[str, _Found] = {}
    for layer in layers:
        found.update(layer)
    return _validated(model, {name: found[name] for name in found if name in model.model_fields}, problems)


def _toml_path(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = file or (Path(environ[CONFIG]) if environ.get(CONFIG) else None)
    if named is not None and not named.is_file():
        raise UsageError(f"{named}: no such settings file; check --config or {CONFIG}")
    return named or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)


def _secrets_path(folder: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = folder or (Path(environ[SECRETS_DIR]) if environ.get(SECRETS_DIR) else None)
    if named is not None and not named.is_dir():
        raise UsageError(f"{named}: no such folder of secrets; check {SECRETS_DIR}")
    return named or (DEFAULT_SECRETS if DEFAULT_SECRETS.is_dir() else None)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _secret_files(folder: Path | None) -> Mapping[str, Path]:
    found = folder.iterdir() if folder else ()
    return {path.name.lower(): path for path in found if path.name.lower().startswith(PREFIX.lower())}


def _toml_layers(
    table: Mapping[str, Any], service: str, model: type[BaseModel], path: Path | None
) -> Iterator[dict[str, _Found]]:
    own = table.get(service)
    common = {name: value for name, value in table.items() if not isinstance(value, dict) or name in model.model_fields}
    yield {name: _Found(value, f"{path}: {name}") for name, value in common.items()}
    if isinstance(own, dict):
        yield {name: _Found(value, f"{path}: [{service}] {name}") for name, value in own.items()}


def _secret_layers(files: Mapping[str, Path], service: str, model: type[BaseModel]) -> Iterator[dict[str, _Found]]:
    for prefix in (PREFIX.lower(), f"{PREFIX}{service}_".lower()):
        named = {name: files[prefix + name] for name in model.model_fields if prefix + name in files}
        yield {name: _Found(_read_secret(path), f"secret file {path}") for name, path in named.items()}


def _read_secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"secret file {path}: cannot be read: {error}") from error


class _GivenEnvironment(EnvSettingsSource):
    """The environment source of pydantic-settings, over a mapping instead of the process's own."""

    def __init__(self, model: type[BaseModel], prefix: str, environ: Mapping[str, str]) -> None:
        self._environ = environ
        kinds = {name: info.annotation for name, info in model.model_fields.items()}
        shape = type("Shape", (BaseSettings,), {"__annotations__": kinds, "__module__": __name__})
        super().__init__(shape, case_sensitive=False, env_prefix=prefix, env_ignore_empty=True)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items() if value}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """A list or table as JSON; anything else as a comma list, which validation then judges."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return [part.strip() for part in str(value).split(",")]


def _environment_layers(
    environ: Mapping[str, str], service: str, model: type[BaseModel]
) -> Iterator[dict[str, _Found]]:
    for prefix in (PREFIX, f"{PREFIX}{service.upper()}_"):
        values = _GivenEnvironment(model, prefix, environ)()
        yield {name: _Found(value, f"environment {prefix}{name.upper()}") for name, value in values.items()}


def _validated(model: type[S], found: Mapping[str, _Found], problems: list[str]) -> LoadedSettings[S]:
    settings: S | None = None
    try:
        settings = model.model_validate({name: each.value for name, each in found.items()})
    except ValidationError as error:
        problems.extend(_value_problems(model, found, error))
    if problems or settings is None:
        raise UsageError("settings: " + "\n          ".join(problems))
    origins = {name: found[name].origin if name in found else "default" for name in model.model_fields}
    return LoadedSettings(settings, origins)


def _value_problems(model: type[BaseModel], found: Mapping[str, _Found], error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False):
        name = str(each["loc"][0]) if each["loc"] else ""
        where = found[name].origin if name in found else name
        message = str(each["msg"]).removeprefix("Value error, ")
        if each["type"] == "missing":
            yield f"{name}: is needed; set {PREFIX}{name.upper()}"
        elif not name or is_secret(model.model_fields[name]):
            yield f"{where}: {message}".lstrip(": ")
        else:
            yield f"{where} = {_plain(each['input'])!r}: {message}"


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
