"""What names a measure where no number does: the product and origin of a trade remedy, the title of a law.

A trade remedy keeps the formula of its product through its whole life (`imports of X originating in Y`,
`原产于Y的进口X`, `Y産X`), and a draft the title that it will be adopted under. Text is the folded headline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.contracts.events import Identifier

_DUMPING = re.compile(r"dumping|less[- ]than[- ]fair|反倾销|反傾銷|傾銷|倾销|不当廉売")
_SUBSIDY = re.compile(r"countervail|anti-?subsid|\bcvd\b|反补贴|反補貼|相殺関税|補助金")
_SAFEGUARD = re.compile(r"safeguard|保障措施|緊急関税|セーフガード")
_KINDS = (("AD", _DUMPING), ("CVD", _SUBSIDY), ("SG", _SAFEGUARD))
REMEDY_TYPES = {"anti_dumping": "AD", "countervailing": "CVD", "safeguard": "SG"}

_PRODUCTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bimports?(?: (?:in)?to (?:the )?[a-z ]{2,20}?)? of (?P<p>[^;:]{3,160}?),?"
        r" (?:originating in|exported from|consigned from|from)\b",
        r"^(?P<p>[^:;]{3,120}?),? from (?:the )?[^:;]{3,200}[:;]",
        r"(?:原产于|原產於)[^。;]{1,60}?的(?:进口|進口)?(?P<p>[^,。;]{2,40}?)"
        r"(?:所)?(?:适用|適用)?的?(?=进行|進行|发起|發起|启动|啟動|实施|继续|繼續|作出|征收|采取|开展|终止|期终|相关"
        r"|反倾销|反傾銷|反补贴|反補貼|倾销|保障措施)",
        r"(?:対して|に対し|に係る)?(?:[^。、「]{2,80}産)(?P<p>[^。、産]{2,40}?)(?:に対する|に対して|に対し|に係る|の輸入)",
    )
)
_NOISE = re.compile(r"^(?:certain|new|相关|相關|进口|進口|輸入)\s?|['\"]|\([^)]*\)")

_INSTRUMENT = re.compile(r"《(?P<name>[^《》]{4,60})》(?P<after>[^,。;]{0,12})")
_MADE_BEFORE = re.compile(
    r"(?:公布|发布|發布|印发|印發|修订|修訂|修改|废止|廢止|出台|施行|起草)(?:了)?(?:修订后的|新版的?|新的)?$"
)
_MADE_AFTER = re.compile(
    r"(?:\([^)]*\))?\s?(?:正式)?(?:公布|发布|發布|印发|施行|出台|通过|生效|公开征求意见|征求意见|的决定$)"
)
_KINDS_OF_LAW = re.compile(
    r"(?:法|条例|條例|办法|辦法|规定|規定|规则|目录|目錄|清单|清單|细则|細則)(?:\(\d{4}年?版?\))?$"
)
_DRAFT = re.compile(r"\((?:公开|修订|修正)?(?:草案|二次审议稿|三次审议稿|送审稿|征求意见稿|试行|暂行)[^)]*\)")
_JAPANESE_LAW = re.compile(
    r"(?P<name>[\u4e00-\u9fff\u3041-\u309f・ー\u30a1-\u30fa]{4,60}(?:に関する|等の)(?:特別措置)?法律)」?"
    r"(?:案)?(?:\([^)]{3,20}\))?(?:が|を|は|の)?[^。、]{0,12}?(?:成立|可決|公布|施行期日|施行され|を施行|が施行|閣議決定|国会(?:に)?提出)"
)


def remedy_kinds(headline: str, types: Iterable[str]) -> tuple[str, ...]:
    """The trade remedies an act is about (`AD`, `CVD`, `SG`): those of its types, else those its headline names."""
    stated = [REMEDY_TYPES[each] for each in types if each in REMEDY_TYPES]
    return tuple(stated or (kind for kind, pattern in _KINDS if pattern.search(headline)))


def find_proceeding(headline: str, kind: str, imposing: Iterable[str], origins: Iterable[str]) -> Identifier | None:
    """The proceeding on a product from some countries that a headline names; None without a product or an origin."""
    product = next((each for pattern in _PRODUCTS if (each := _product(pattern, headline))), "")
    by, against = ",".join(sorted(imposing)), ",".join(sorted(origins))
    if not (kind and product and by and against):
        return None
    return Identifier(scheme="proceeding", value=f"{by}|{kind}|{product}|{against}"[:300])


def _product(pattern: re.Pattern[str], headline: str) -> str:
    found = pattern.search(headline)
    product = found["p"].strip() if found else ""
    while product != (shorter := _NOISE.sub("", product).strip()):
        product = shorter
    return product


def find_instrument(headline: str, country: str) -> Identifier | None:
    """The law, rule or list that a headline says is drafted, made, changed or brought into force, by its title."""
    for found in _INSTRUMENT.finditer(headline):
        made = _MADE_BEFORE.search(headline[: found.start("name") - 1]) or _MADE_AFTER.match(found["after"])
        name = _DRAFT.sub("", found["name"]).removeprefix("中华人民共和国")
        if made and not found["after"].startswith("的规定") and _KINDS_OF_LAW.search(name):
            return Identifier(scheme="instrument", value=f"{country}|{name}")
    law = _JAPANESE_LAW.search(headline)
    return Identifier(scheme="instrument", value=f"{country}|{law['name']}") if law else None
