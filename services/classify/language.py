"""Which language a document is in: the declared one first, otherwise its script."""

from __future__ import annotations

import re
import unicodedata

from services.contracts.vocab import Language

_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile("[A-Za-z]")
_TRADITIONAL = re.compile("[兩國對關產發實應進單體點從與為這來時會個開於動種員業東長門車見話說請貿]")
_SIMPLIFIED = re.compile("[两国对关产发实应进单体点从与为这来时会个开于动种员业东长门车见话说请贸]")
_SAMPLE = 4000
_KANA_SHARE = 0.05
_HAN_SHARE = 0.15


def detect_language(declared: Language | None, title: str, body: str | None) -> Language:
    """The declared language where there is one, otherwise what the script of title and first page shows."""
    if declared is not None and declared is not Language.OTHER:
        return declared
    sample = unicodedata.normalize("NFKC", f"{title[:_SAMPLE]}\n{(body or '')[:_SAMPLE]}")
    kana, han, latin = (len(pattern.findall(sample)) for pattern in (_KANA, _HAN, _LATIN))
    if kana and kana >= _KANA_SHARE * (kana + han + latin):
        return Language.JA
    if han and han >= _HAN_SHARE * (han + latin):
        simplified = len(_SIMPLIFIED.findall(sample)) >= len(_TRADITIONAL.findall(sample))
        return Language.ZH_HANS if simplified else Language.ZH_HANT
    return Language.EN if latin else Language.OTHER
