"""Who may push what: tokens and secrets from the settings, and the sources each may write. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pydantic import SecretStr, TypeAdapter, ValidationError

from services.contracts.errors import UsageError
from services.contracts.events import SourceKey
from services.runtime.signatures import read_secret

_OURS = "noroshi-"
_LEAST_TOKEN = 32
_MAKE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]*\*?|\*")
_KEY: TypeAdapter[str] = TypeAdapter(SourceKey)


@dataclass(frozen=True)
class Caller:
    """Somebody with a token: digests of the tokens that name it, and which sources it may write."""

    name: str
    tokens: tuple[bytes, ...]
    sources: tuple[str, ...]

    def may_write(self, key: str, polled: Collection[str]) -> bool:
        """Whether documents of that source are taken; a source that is polled has to be named, no pattern gives it.

        Two writers of one source disagree about what a document says, and each change alerts. Keys that begin with
        `noroshi-` are our own and nobody's.
        """
        if key.startswith(_OURS):
            return False
        return key in self.sources or (key not in polled and any(fnmatchcase(key, each) for each in self.sources))


@dataclass(frozen=True)
class Callers:
    """All who may push: by token, and by the key of the source whose secret signs."""

    by_token: tuple[Caller, ...]
    keys: Mapping[str, tuple[bytes, ...]]

    def find(self, authorization: str) -> Caller | None:
        """The caller whose token an Authorization header holds; takes as long whoever it is, or nobody."""
        scheme, _, token = authorization.partition(" ")
        digest = _digest(token.strip()) if scheme.lower() == "bearer" else b""
        found = None
        for caller in self.by_token:
            for known in caller.tokens:
                if hmac.compare_digest(known, digest):
                    found = caller
        return found


def read_callers(
    tokens: Mapping[str, SecretStr], sources: Mapping[str, Collection[str]], secrets: Mapping[str, SecretStr]
) -> Callers:
    """Who may push, from the settings; a value may hold several tokens or secrets, separated by spaces.

    Raises UsageError for the first that cannot be used: what, where and how to mend it, without its value.
    """
    if not tokens and not secrets:
        raise UsageError("push_tokens: nobody may push; add a token with the sources it may write, or push_secrets")
    for name in sorted(set(sources) - set(tokens)):
        raise UsageError(f"push_sources: {name}: has no token; add one to push_tokens under the same name")
    callers = tuple(_caller(name, text, sources.get(name, ())) for name, text in sorted(tokens.items()))
    _refuse_shared(callers)
    return Callers(callers, {key: _keys(key, text) for key, text in secrets.items()})


def _caller(name: str, text: SecretStr, sources: Collection[str]) -> Caller:
    tokens = text.get_secret_value().split()
    if not tokens or min(map(len, tokens)) < _LEAST_TOKEN:
        raise UsageError(f"push_tokens: {name}: a token has at least {_LEAST_TOKEN} characters; make one with: {_MAKE}")
    if not sources:
        raise UsageError(f'push_sources: {name}: may write nothing; list source keys, as ["xx-partner", "xx-team-*"]')
    for each in sources:
        if not _PATTERN.fullmatch(each):
            raise UsageError(f"push_sources: {name}: {each!r} is no source key; only a last `*` stands for more")
    return Caller(name, tuple(map(_digest, tokens)), tuple(sources))


def _refuse_shared(callers: Iterable[Caller]) -> None:
    owners: dict[bytes, str] = {}
    for caller in callers:
        for token in caller.tokens:
            if owners.setdefault(token, caller.name) != caller.name:
                raise UsageError(
                    f"push_tokens: {caller.name}: has the same token as {owners[token]}; make one for each"
                )


def _keys(key: str, text: SecretStr) -> tuple[bytes, ...]:
    if key.startswith(_OURS):
        raise UsageError(f"push_secrets: {key}: keys that begin with {_OURS} are our own; choose another")
    try:
        _KEY.validate_python(key)
    except ValidationError as error:
        raise UsageError(f"push_secrets: {key!r} is no source key; write one such as xx-partner-notices") from error
    stated = text.get_secret_value().split()
    return tuple(read_secret(each, f"push_secrets: {key}") for each in stated or [""])


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
