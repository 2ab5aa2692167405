"""Country codes and names as CLDR (through Babel) gives them."""

from __future__ import annotations

from functools import cache

from babel import Locale
from babel.core import get_global

EXTRA_CODES = frozenset({"EU", "UN"})
"""Issuers of measures that are not countries but have a reserved ISO code."""

# In CLDR but not officially assigned in ISO 3166-1: reserved (AC CP CQ DG EA IC TA), euro zone (EZ),
# user-assigned (QO XA XB XK) and unknown (ZZ).
_NOT_ISO = frozenset(["AC", "CP", "CQ", "DG", "EA", "EZ", "IC", "QO", "TA", "XA", "XB", "XK", "ZZ"])


@cache
def country_codes() -> frozenset[str]:
    """Return every ISO 3166-1 alpha-2 code, EU and UN."""
    two_letters = {code for code in _names("en") if len(code) == 2 and code.isalpha()}
    return frozenset(two_letters - _NOT_ISO | EXTRA_CODES)


def country_name(code: str, language: str) -> str | None:
    """Return the CLDR name of a country in `en`, `ja`, `zh-Hans` or `zh-Hant`; None for an unknown code."""
    return _names(language).get(code)


def country_of_alias(code: str) -> str | None:
    """Return the country that CLDR knows under another code, as CN for CHN or GB for UK; None if not exactly one."""
    countries = get_global("territory_aliases").get(code, ())
    return str(countries[0]) if len(countries) == 1 else None


@cache
def _names(language: str) -> dict[str, str]:
    territories = Locale.parse(language, sep="-").territories
    return {str(code): str(name) for code, name in territories.items()}
