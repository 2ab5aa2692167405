"""What a page and its address say of a source besides its documents: country, language, name; to be looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.contracts.vocab import Language
from services.ingest.pages.charset import decode_page
from services.ingest.pages.page import Page, UnreadablePageError
from services.ingest.pages.plaintext import clean_line, from_markup

UNKNOWN_COUNTRY = "XX"

_COUNTRIES = {"gov": "US", "mil": "US", "uk": "GB", "eu": "EU"}
_NO_COUNTRY = {"io", "ai", "co", "me", "tv"}
_OF_COUNTRY = {
    "JP": Language.JA, "CN": Language.ZH_HANS, "TW": Language.ZH_HANT, "HK": Language.ZH_HANT,
    **dict.fromkeys(("US", "GB", "AU", "CA", "IN", "NZ", "IE", "SG", "EU"), Language.EN),
}  # fmt: skip
_DECLARED = re.compile(rb"(?:\blang=[\"']?|<language>\s*)([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)")
_TITLE = re.compile(r"<title[^>]*>(.{1,500}?)</title>", re.S | re.I)
_KANA = re.compile("[ぁ-ヺ]")
_LOOKED_AT = 20_000


@dataclass(frozen=True)
class Facts:
    """What is stated of a source that is to be written, with the names that its `source.yml` has for it."""

    key: str
    url: str
    name: str
    publisher: str
    country: str
    language: Language
    zone: str
    reached: bool
    holidays: str | None = None

    @property
    def folder(self) -> str:
        """The name of its folder: the country, then the rest of the key."""
        words = re.split(r"[-_.]", self.key)
        country = self.country.lower()
        return "_".join([country, *(words[1:] if words[0] == country and len(words) > 1 else words)])


def country_of(url: str) -> str:
    """The country that the address ends with (ISO 3166, EU); `XX` where it says none."""
    ending = (urlsplit(url).hostname or "").rpartition(".")[2].lower()
    if ending in _COUNTRIES:
        return _COUNTRIES[ending]
    is_country = re.fullmatch("[a-z]{2}", ending) and ending not in _NO_COUNTRY
    return ending.upper() if is_country else UNKNOWN_COUNTRY


def language_of(content: bytes, country: str) -> Language:
    """The language the page names, or is in by its letters, or that is usual in its country; else English."""
    text = content[:_LOOKED_AT].decode("utf-8", "ignore")
    if len(_KANA.findall(text)) > 5:
        return Language.JA
    found = _DECLARED.search(content[:_LOOKED_AT])
    return _named(found[1].decode().lower()) if found else _OF_COUNTRY.get(country, Language.EN)


def _named(tag: str) -> Language:
    if tag.startswith("zh"):
        return Language.ZH_HANT if tag.endswith(("tw", "hk", "mo", "hant")) else Language.ZH_HANS
    return next((each for each in (Language.EN, Language.JA) if tag.partition("-")[0] == each.value), Language.OTHER)


def title_of(page: Page, language: Language) -> str:
    """What the page calls itself; its host where it has no title that can be read."""
    try:
        text = decode_page(page.content, (page.charset,), language)
    except UnreadablePageError:
        text = ""
    found = _TITLE.search(text[:_LOOKED_AT])
    stated = from_markup(found[1].removeprefix("<![CDATA[").removesuffix("]]>")) if found else ""
    return clean_line(stated, 200) or (urlsplit(page.url).hostname or page.url)
