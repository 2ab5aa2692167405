"""On which days the offices of a country are closed, weekends aside."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from functools import lru_cache

UNION = "EU"
"""The institutions of the European Union, who share a calendar as if they were a country."""

_SEATS = {"AU": "ACT", "CA": "ON", "GB": "ENG"}
"""Where national holidays are few, those of the part in which the government sits."""

_YEAR_ENDS = {"JP": ((12, 29), (1, 3)), UNION: ((12, 24), (1, 2))}
"""First and last day of a closure over the new year that no list of public holidays has.

Japan: Act on Holidays of Administrative Organs (Act No. 91 of 1988), article 1. Union: the days between the
holidays, which the institutions' yearly list of office closures joins.
"""


@lru_cache(maxsize=64)
def closed_days(country: str) -> Container[date]:
    """The days on which offices in `country` (ISO 3166, or EU) are closed; raises KeyError if nobody knows them."""
    import holidays  # loads a parser of dates, which only sources with a calendar need

    try:
        if country == UNION:
            return _Closed(holidays.financial_holidays("XECB"), *_YEAR_ENDS[UNION])
        public = holidays.country_holidays(country, subdiv=_SEATS.get(country))
    except NotImplementedError as error:
        raise KeyError(country) from error
    return _Closed(public, *_YEAR_ENDS[country]) if country in _YEAR_ENDS else public


class _Closed:
    """Public holidays, and a closure over the new year."""

    def __init__(self, public: Container[date], first: tuple[int, int], last: tuple[int, int]) -> None:
        self._public, self._first, self._last = public, first, last

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        place = (day.month, day.day)
        return place >= self._first or place <= self._last or day in self._public
