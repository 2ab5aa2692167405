"""Describes settings for the reference page: name, type, default, environment names, meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from services.runtime.settingsnames import PREFIX, all_fields, service_name

_MODULES = re.compile(r"\b(?:\w+\.)+(?=\w)")


@dataclass(frozen=True)
class SettingRow:
    """One setting as the reference page shows it; `services` is empty for those that all have."""

    name: str
    services: tuple[str, ...]
    kind: str
    default: str
    environment: tuple[str, ...]
    description: str


def describe_settings(models: Mapping[str, type[BaseModel]]) -> tuple[SettingRow, ...]:
    """One row per setting, common ones first, for the generated reference."""
    base = set.intersection(*(set(model.model_fields) for model in models.values())) if models else set()
    rows: list[SettingRow] = []
    for name in sorted(all_fields(models), key=lambda field: (field not in base, field)):
        owners = tuple(service for service, model in models.items() if name in model.model_fields)
        rows.append(_row(name, owners, models, common=name in base))
    return tuple(rows)


def _row(name: str, owners: tuple[str, ...], models: Mapping[str, type[BaseModel]], *, common: bool) -> SettingRow:
    infos = [models[owner].model_fields[name] for owner in owners]
    defaults = dict(zip(owners, (_shown_default(info) for info in infos), strict=True))
    same = len(set(defaults.values())) == 1
    return SettingRow(
        name=name,
        services=() if common else owners,
        kind=_kind(infos[0]),
        default=defaults[owners[0]] if same else ", ".join(f"{owner}: {value}" for owner, value in defaults.items()),
        environment=(PREFIX + name.upper(), *(service_name(owner, name) for owner in owners)),
        description=_description(models[owners[0]], name),
    )


def is_secret(info: FieldInfo) -> bool:
    """Whether the field's value must never be shown."""
    return "SecretStr" in _kind(info)


def _kind(info: FieldInfo) -> str:
    annotation = info.annotation
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return _MODULES.sub("", name)


def _description(model: type[BaseModel], name: str) -> str:
    """The description of a field; one that only changes a default keeps what its base says."""
    bases = (base for base in model.__mro__ if issubclass(base, BaseModel) and name in base.model_fields)
    return next((text for base in bases if (text := base.model_fields[name].description)), "")


def _shown_default(info: FieldInfo) -> str:
    if info.is_required():
        return "(required)"
    value = info.get_default(call_default_factory=True, validated_data={})
    if is_secret(info) and value is not None:
        return "(secret)"
    return "" if value is None or value is PydanticUndefined else str(value)
