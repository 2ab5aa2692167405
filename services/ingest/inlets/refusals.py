"""Why a pushed body is not taken, as the sender hears it: one kind of outcome, one HTTP status, one sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from services.ingest.pages.bodies import Form
from services.ingest.pages.page import Problem

RETRY_SECONDS = 5
AWAY_SECONDS = 30
_MAX_SHOWN = 100


@dataclass(eq=False)
class RefusalError(Exception):
    """A body that is not taken; `sources` are the known sources that it was for."""

    outcome: str
    status: int
    error: str
    problems: tuple[dict[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return "; ".join((self.error, *(f"{each['where']}: {each['what']}" for each in self.problems[:3])))


def unauthorised() -> RefusalError:
    """Neither a token nor a signature that we know; no word about which of it is wrong."""
    return RefusalError("unauthorised", 401, "unauthorised", headers={"WWW-Authenticate": "Bearer"})


def forbidden(name: str, sources: Collection[str]) -> RefusalError:
    """The caller may not write these sources."""
    listed = ", ".join(sorted(sources)[:5])
    return RefusalError(
        "forbidden", 403, f"{name} may not write {listed}; add it to push_sources, a polled one by its name"
    )


def unsupported(forms: Sequence[Form]) -> RefusalError:
    """The body is of a form that is not read."""
    return RefusalError(
        "unsupported", 415, f"send {' or '.join(forms)} in UTF-8, not packed, and say so in Content-Type"
    )


def too_large(limit: int) -> RefusalError:
    """The body is over the limit."""
    return RefusalError("too_large", 413, f"over {limit} bytes; send it in several bodies")


def too_many(error: str, sources: frozenset[str]) -> RefusalError:
    """The body has more documents than are taken together."""
    return RefusalError("too_large", 413, error, sources=sources)


def too_slow(seconds: float) -> RefusalError:
    """The body did not arrive in time."""
    return RefusalError("timeout", 408, f"no whole body within {seconds:g} s; send it again")


def broken_off(error: Exception) -> RefusalError:
    """The body ended in the middle, or is not framed as its headers say."""
    return RefusalError("invalid", 400, f"the body cannot be read as it was sent: {type(error).__name__}")


def unreadable(error: str, sources: frozenset[str]) -> RefusalError:
    """The body as a whole is not what it says."""
    return RefusalError("invalid", 400, error, sources=sources)


def wrong_parameter(name: str, value: str) -> RefusalError:
    """A parameter of the address has a value that it cannot have."""
    return RefusalError("invalid", 400, f"{name}={value[:40]!r}; write {name}=true or leave it out")


def unsigned_parameters() -> RefusalError:
    """The address of a signed message has parameters, which the signature does not cover."""
    return RefusalError("invalid", 400, "parameters are not covered by the signature; send history to /events")


def invalid(problems: Sequence[Problem], others: int, sources: frozenset[str]) -> RefusalError:
    """Some of the documents cannot be read: the others are not taken either, since the sender is there to hear it."""
    count = len(problems) + others
    error = f"{len(problems)} of {count} documents cannot be read and nothing was taken; mend them, send all again"
    shown = tuple({"where": each.where, "what": each.message} for each in problems[:_MAX_SHOWN])
    return RefusalError("invalid", 422, error, shown, sources=sources)


def unacceptable(error: str, sources: frozenset[str]) -> RefusalError:
    """What was sent can be read and never taken."""
    return RefusalError("invalid", 422, error, sources=sources)


def busy(most: int) -> RefusalError:
    """The caller has too much in hand already."""
    error = f"{most} requests of yours are in hand; wait for their answers"
    return RefusalError("busy", 429, error, headers={"Retry-After": str(RETRY_SECONDS)})


def unavailable() -> RefusalError:
    """Broker or database do not confirm."""
    error = "not confirmed in time; send the same again, nothing is taken twice"
    return RefusalError("unavailable", 503, error, headers={"Retry-After": str(AWAY_SECONDS)})


def failed() -> RefusalError:
    """An error of ours; its details are in the log."""
    return RefusalError("failed", 500, "an error of ours, see the log of ingest; send the same again")
