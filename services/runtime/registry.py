"""The one registry mechanism: list a package's folder, import on demand, expect one named object."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from services.contracts.errors import UsageError


def list_plugins(package: str) -> tuple[str, ...]:
    """The names of the modules and packages in `package`, sorted; private ones (leading _) are left out."""
    path = import_module(package).__path__
    return tuple(sorted(found.name for found in pkgutil.iter_modules(path) if not found.name.startswith("_")))


_REQUIRED = object()


def load_plugin(package: str, name: str, attribute: str, default: Any = _REQUIRED) -> Any:
    """The object `attribute` of the plug-in `name`, or `default` where it has none.

    Raises UsageError naming the known plug-ins if there is none of that name, and AttributeError for an attribute
    that is missing and has no default.
    """
    known = list_plugins(package)
    if name not in known:
        raise UsageError(f"no {package.rpartition('.')[2]} plug-in named {name!r}; there are: {', '.join(known)}")
    module = import_module(f"{package}.{name}")
    return getattr(module, attribute) if default is _REQUIRED else getattr(module, attribute, default)


def load_plugins(package: str, attribute: str) -> Mapping[str, Any]:
    """Every plug-in's `attribute` by name."""
    return {name: load_plugin(package, name, attribute) for name in list_plugins(package)}
