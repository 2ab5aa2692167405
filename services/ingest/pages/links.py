"""Links as identities: absolute, free of tracking, and the same however they were written."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"(?:utm_[^=]*|fbclid|gclid|dclid|msclkid|yclid|mc_cid|mc_eid|igshid|_ga|_gl|_hs(?:enc|mi)|wt\.mc_id)(?:=|$)", re.I
)
_POSITIONAL = re.compile(r"(?:[a-z]*[\s_:.-]?)\d{1,4}", re.I)
_UNSAFE = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]")
_HOST = re.compile(r"[\w.:-]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LINK = 1000
MAX_QUESTION = 4000
"""The longest address a source may be asked at, with all its conditions."""


def absolute_link(link: str, base: str, *, longest: int = MAX_LINK) -> str | None:
    """The link as an absolute http(s) address without tracking, credentials and dots; None if it is no such link.

    One of more than `longest` characters is no link.
    """
    parts = _split(link.strip(), base)
    if parts is None:
        return None
    netloc = parts.hostname or ""
    netloc = f"[{netloc}]" if ":" in netloc else netloc
    if parts.port not in (None, _DEFAULT_PORTS[parts.scheme]):
        netloc = f"{netloc}:{parts.port}"
    query = "&".join(each for each in parts.query.split("&") if each and not _TRACKING.match(each))
    fragment = "" if parts.fragment.startswith(":~:") else parts.fragment
    made = urlunsplit((parts.scheme, netloc, _without_dots(parts.path), query, fragment))
    made = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", made)
    return made if len(made) <= longest else None


def link_identity(link: str) -> str:
    """The identity an absolute link gives a document: http and https are the same place."""
    return "https://" + link.partition("://")[2]


def is_positional(guid: str) -> bool:
    """Whether a guid only numbers the places of a list (`item_1`, `12`) and so names no document."""
    return _POSITIONAL.fullmatch(guid.strip()) is not None


def _without_dots(path: str) -> str:
    """The path without its `.` and `..` (RFC 3986, 5.2.4): urljoin leaves those of an address that is absolute."""
    parts = path.split("/")[1:]
    kept: list[str] = []
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if parts and parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _split(link: str, base: str) -> SplitResult | None:
    """The parts of an http(s) link with a host and a sound port; None for anything else."""
    try:
        parts = urlsplit(urljoin(base, link))
        is_sound = parts.scheme in _DEFAULT_PORTS and parts.port != 0 and _HOST.fullmatch(parts.hostname or "")
    except ValueError:
        return None
    return parts if link and is_sound else None
