"""What a date is the date of, from the words around it. Text is folded; a date without a role is an announcement.

Patterns of `before` end at the date, patterns of `after` begin at it (behind a weekday or time of day).
"""

from __future__ import annotations

import re

from services.contracts.vocab import DateRole

WINDOW = 100


def _before(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)})[ :はがを為为是]*(?:,? ?[a-z]+day,? |the )?$")


def _after(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(patterns)})")


_TIME = re.compile(
    r"\s?(?:\([^)]{1,6}\))?\s?(?:午[前後]|上午|下午)?\s?"
    r"(?:\d{1,2}(?:時|点|點|时|:\d\d)(?:\d{1,2}分)?|零时|零時|正午|,? at \d{1,2}(?::\d\d)? ?[ap]\.?m\.?)?\s?"
)

STUDIED = _before(
    r"(?:periods? of (?:review|investigation)|\bpo[ir]s?\b|(?:investigation|review) period)[^.;]{0,60}",
    r"(?:调查期(?!限)|調查期(?!限)|調査対象期間)[^。;]{0,40}",
    r"covering (?:the period |entries )?(?:of |from )?",
)
"""The time an authority looked at is no date of the measure."""
CITED = _before(
    r"\b(?:regulation|decision|directive|agreement|act|law|convention|rule|notice|order|proclamation)\b[^.;,]{0,90} of"
)
CITED_AFTER = _after(
    "版", r"(?:以来)?(?:发布|發布|公布|颁布|頒布|印发|制定|修订|公告)(?:规定|規定)?的", "公告(?:规定|規定|中|所)"
)
"""The date of another act that the text only names."""
OWN_TITLE = re.compile(
    r"^(?:(?:commission|council|implementing|delegated) ){0,3}"
    r"(?:regulation|decision|directive) \([a-z, ]+\)[^.;,]{0,20} of $"
)
"""An act of the Union opens with its own date; further on such a date is that of an act it cites."""

_COMMENT_CUE = re.compile(
    r"\bcomments?\b|submission|submit|written views|\binput\b|feedback|rebuttal"
    r"|意見|意见|パブリック・?コメント|パブコメ|反馈|反饋|评论|評論|陳述|陈述"
)
_COMMENT_BEFORE = _before(
    r"\b(?:by|before|until|till|through|due|due on|due by|on or before|not? later than|within)(?: and including)?"
    r"(?: the)?(?: close of business| end of (?:the )?day| midnight| \d{1,2}(?::\d\d)? ?[ap]\.?m\.?[a-z ,()]{0,30})?"
    r"(?: on)?",
    r"\b(?:clos(?:es?|ing)|ends?|ending)(?: date)?(?: is)?(?: on)?",
    r"\bdeadline\b[^.;]{0,40}(?: is| to| until)?",
    r"\bextended (?:to|until|through)",
    r"(?:締切|締め切り|期限|期日|截止)[^。;]{0,10}",
    r"[至到于於]|から|~|-",
)
_COMMENT_AFTER = _after("まで", "必着", "締切", "以前", "之?前", "止", "截止")
_PAST = re.compile(r"\b(?:received|submitted|filed|published|made|reopened) on $")

_BY = r"(?:by|on|before|no later than|in)"
_REVIEW_BEFORE = _before(
    rf"\b(?:be )?(?:reviewed|re-?assessed|re-?examined|re-?evaluated)[^.;]{{0,30}}{_BY}(?: the end of)?",
    rf"\b(?:carry out|conduct|complete|undertake) (?:a|its|the|their) (?:\w+ )?review[^.;]{{0,40}}{_BY}",
    r"\breview (?:date|clause)(?: is)?",
    r"(?:見直し|再検討)(?:の)?(?:時期|期限|予定日)",
    r"(?:复核|复审|评估)(?:时间|日期)",
)
_REVIEW_AFTER = _after(
    r"(?:まで)?(?:に|を目途に|をめどに)[^。、]{0,14}(?:見直|再検討|再評価)",
    r"(?:底|末)?(?:之?前|时|時)?[^。,;]{0,8}(?:重新(?:评估|审议|評估|審議)|进行(?:评估|复核)|進行(?:評估|覆核))",
)

_EFFECT = (
    r"(?:effect(?:ive date)?|implementation|application|force|compliance"
    r"|tariffs?|dut(?:y|ies)|rules?|orders?|measures?)\b"
)
_DELAYED = _before(
    r"\bnot (?:take effect|apply|enter into force|come into (?:force|effect)|be (?:applied|enforced))[^.;]{0,20}"
    r" (?:until|before)",
    rf"\b(?:postpon|delay|deferr?)(?:e|es|s|ed|ing)?\b[^.;]{{0,60}}{_EFFECT}[^.;]{{0,20}}(?:until|till|to)",
    rf"\b{_EFFECT}[^.;]{{0,40}}(?:postponed|delayed|deferred)[^.;]{{0,20}}(?:until|till|to)",
    r"(?:施行|適用|実施|実施時期|开始实施|实施日期)[^。]{0,10}(?:延期|推迟|推遲)(?:至|到)",
)
"""Until then a measure is not in effect."""
_FAR = 260
_DELAYED_DATE = re.compile(
    r"(?:\b(?:postpon|delay|deferr?)(?:e|es|s|ed|ing)?\b[^;]{0,40}\beffective date\b"
    r"|\beffective date\b[^;]{0,160}\b(?:postponed|delayed|deferred)\b)[^;]{0,120} (?:until|till|to) $"
)
"""A day of effect that is moved, however long the name of the rule is that stands between."""
_DELAYED_JA = re.compile(r"(?:施行|適用|発効|発動|実施)(?:期日|日|時期)?を$")
_DELAYED_JA_AFTER = _after("(?:まで|に)(?:再度|再び)?(?:延期|先送り|繰り下げ)")

_EXPIRY_BEFORE = _before(
    r"\b(?:until|till|through|thru)(?: and including)?(?: the end of| at least)?",
    r"\bexpir(?:e|es|ed|ing|y|ation)(?: date)?(?: is| of)?(?: at midnight)?(?: on| in| at the end of)?",
    r"\bvalid(?: up)? (?:to|until)|\bextended to|\bup to",
    r"\b(?:laps|sunset|terminat|end)(?:s|es)?(?: on| in)?",
    r"(?<!year )(?<!quarter )(?<!months )\bending(?: on)?",
    r"(?:有効期限|有効期間|失効日|終了日)(?:の満了)?",
    r"有效期(?:限)?[^。;,]{0,4}(?:至|到|截至|截止)?|失效日期|(?<!截)(?:至|到期日)",
    r"(?:延长|延長|延期|顺延|順延|展期|暂停(?:实施)?|暫停(?:實施)?)[^。,;]{0,12}[至到]",
)
_EXPIRY_AFTER = _after(
    r"まで(?:と|の|は|継続|有効|延長|停止|猶予|適用|維持|実施|。|、|$)",
    r"(?:を?もって|に|で)(?:失効|終了(?!した)|廃止|満了)",
    r"(?:を|に)?限り",
    r"(?:起)?(?:止|为止|為止|到期|届满|屆滿|失效|终止|終止)",
)

_EFFECTIVE_BEFORE = _before(
    r"\beffective(?: date)?(?: is)?(?: of| on| as of| from)?",
    r"\b(?:effective|effect|force|applicable)\b(?:[^.;]|[ap]\.m\.){0,50} (?:on|from|as of)",
    r"\b(?:takes?|took|taking|go(?:es)? into|with|put into|in) effect(?: in stages)?(?: on| from| as of)?",
    r"\b(?:ent(?:er|ers|ered|ering)|com(?:e|es|ing)|came) into (?:force|effect|operation)(?: on| from| as of)?",
    r"\bin force (?:from|since|as of|on)",
    r"\bappl(?:y|ies|ied)(?: effective| to [^.;]{1,60})? (?:from|as from|as of|on or after|beginning|starting)",
    r"\bentered[^.;]{0,60} on or after|\bon or after",
    r"\bapplicable|\bretroactive(?:ly)? to|\bas from",
    r"\b(?:beginning|starting|commencing)(?: on| from)?",
    r"(?:施行期?|適用|運用開始|適用開始|発効|実施)(?:年月)?日|(?:施行|発効|運用開始|適用開始)(?=は)",
    r"(?:生效|施行|实施|實施|执行|執行)(?:(?:日期|时间|時間|日)|(?= ?:))",
)
_EFFECTIVE_AFTER = _after(
    r"(?:付け?で|を?もって|から|より|に)?(?:に)?(?:施行|発効|適用を?開始|運用を?開始|発動)",
    r"(?:から|より)(?:適用|実施|新たに|、|。|$)|の?運用開始",
    r"起?(?:正式)?(?:施行|实施|實施|执行|執行|生效)",
    r"(?:零时|零時)?起,?(?:将|將|正式|开始|開始|全面|分阶段)?"
    r"(?:对|對|暂停|暫停|停止|取消|禁止|限制|加征|加徵|恢复|恢復|调整|調整|[征徵课課]|上调|下调|提高|降低|不再|免[征徵]|实行|實行|纳入|納入)"
    r"(?![^。;]{0,24}(?:访问|訪問|出访|考察|磋商|征求意见))",
)
_IN_EFFECT = _after(r"(?:起|から|より|に)?(?:正式)?(?:施行|实施|實施|生效|発効)")
"""Straight behind a day these say what it is, whatever stands around them on comments."""
_COUNTS_FROM = _before("自", "从", "從", "於", "于", "[。,;(]", "^")
_FROM_THEN = _after(r"(?:零时|零時)?\)?起(?!草|诉|訴)")
_WEAK_FROM = _before(r"\bfrom", r"\bas of", "自", "从", "從")
_FROM_DAY = _before(r"\bfrom", "自", "从", "從")
_FROM_DAY_ON = _after(r"(?:から|より)(?![^。]{0,20}(?:まで|にかけて|増|減|開催|訪|会談|会合))")
_SINCE = re.compile(r"(?:以来|以來|以降|至今|以后|以後|から(?:増|減|続))")
_TO = re.compile(r",? ?(?:to|until|through|till|-|~)\b|[至到~]")
VALIDITY = re.compile(
    r"\bvalid|in force|effect|\bappl(?:y|ies|ication|icable)|suspen|extend|tariff|\bdut(?:y|ies)|quota"
    r"|\bban(?:s|ned)?\b|\bbarred|exempt|restrict|prohibit|licen[cs]|available|relief|credit|subsid"
    r"|有效期|有効|適用|期限|暂停|暫停|停止|施行|实施|實施|実施"
    r"|[征课課]|徴収|关税|關稅|関税|延长|延長|延期|管制|規制|猶予|免除|减免|減免|補助"
)
"""Words that show that a stretch of time is one in which a measure holds."""

_ADOPTED_BEFORE = _before(
    r"\b(?:enacted|signed|adopted|approved|promulgated|passed|ratified)(?: into law)?(?: on| in)?",
    r"\bdated|\bdone at [a-z ]{2,30}",
    r"(?:公布|制定|颁布|頒布|通过|通過)(?:日期|时间|時間|日)",
)
_ADOPTED_AFTER = _after(
    r"に?公布(?:され|し|する|。|$)|付け?で?公布",
    r"に?[^。]{0,60}?(?:成立した|可決|決定された|公布された|設立された|着工)",
    r",?[^。,]{0,20}(?:通过|通過|設立|设立|决定|決定(?!された)|签署|簽署)",
    r"(?:公布|颁布|頒布)(?!的|之)",
)

_AFTER = (
    (DateRole.REVIEW, _REVIEW_AFTER),
    (DateRole.EFFECTIVE, _EFFECTIVE_AFTER),
    (DateRole.EXPIRY, _EXPIRY_AFTER),
)
_BEFORE = (
    (DateRole.REVIEW, _REVIEW_BEFORE),
    (DateRole.EFFECTIVE, _DELAYED),
    (DateRole.EXPIRY, _EXPIRY_BEFORE),
    (DateRole.EFFECTIVE, _EFFECTIVE_BEFORE),
    (DateRole.ADOPTED, _ADOPTED_BEFORE),
)


def invites_comment(text: str) -> bool:
    """Whether a folded sentence asks for comments, replies or submissions."""
    return bool(_COMMENT_CUE.search(text))


def find_role(text: str, start: int, end: int, *, is_day: bool = True) -> DateRole | None:
    """The role of the date at a span of a folded sentence; None for one that is no date of the measure.

    What holds `from` a day takes effect on it; from a month or year on it may also be a figure that changed.
    """
    before, after = text[max(0, start - WINDOW) : start], text[end : end + WINDOW]
    rest = after[found.end() :] if (found := _TIME.match(after)) else after
    own = bool(OWN_TITLE.match(text[:start]))
    if STUDIED.search(before) or CITED_AFTER.match(after) or (CITED.search(before) and not own):
        return None
    is_deadline = (_COMMENT_BEFORE.search(before) or _COMMENT_AFTER.match(rest)) and not _IN_EFFECT.match(rest)
    if is_deadline and _COMMENT_CUE.search(before + " " + rest[:30]) and not _PAST.search(before):
        return DateRole.COMMENT_DEADLINE
    if (is_day and _is_from_day(before, rest)) or is_moved(text[:start], rest):
        return DateRole.EFFECTIVE
    return _role(before, rest) or (DateRole.ADOPTED if own else DateRole.ANNOUNCED)


def _is_from_day(before: str, after: str) -> bool:
    if _TO.match(after) or _SINCE.match(after):
        return False
    return bool(_FROM_DAY.search(before) or _FROM_DAY_ON.match(after))


def is_moved(before: str, after: str) -> bool:
    """Whether a day of effect is put off to the date between these words."""
    before = before[-_FAR:]
    if _DELAYED_JA_AFTER.match(after) and _DELAYED_JA.search(before):
        return True
    return "effective date" in before and bool(_DELAYED_DATE.search(before))


def _role(before: str, after: str) -> DateRole | None:
    if _SINCE.match(after):
        return None
    for role, pattern in _AFTER:
        if pattern.match(after):
            return role
    if _FROM_THEN.match(after) and _COUNTS_FROM.search(before):
        return DateRole.EFFECTIVE
    for role, pattern in _BEFORE:
        if pattern.search(before):
            return role
    if _ADOPTED_AFTER.match(after):
        return DateRole.ADOPTED
    from_then = _WEAK_FROM.search(before) and not _TO.match(after) and VALIDITY.search(before + after[:50])
    return DateRole.EFFECTIVE if from_then else None
