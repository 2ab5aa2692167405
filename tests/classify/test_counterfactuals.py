"""What is read follows the words that say it, and nothing else: countries, years, spelling, order, neighbours."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.classify.core import Classifier
from services.classify.normalise import fold
from services.contracts.events import Event
from services.contracts.measures import Act
from services.contracts.vocab import Facet, Field
from tests.classify.events import event_of

_LANGS = ("en", "ja", "zh-Hans")
_COUNTRIES = {
    "US": ("the United States", "米国", "美国"),
    "CN": ("China", "中国", "中国"),
    "JP": ("Japan", "日本", "日本"),
    "EU": ("the European Union", "欧州連合", "欧盟"),
    "RU": ("Russia", "ロシア", "俄罗斯"),
    "IN": ("India", "インド", "印度"),
    "KR": ("South Korea", "韓国", "韩国"),
    "TW": ("Taiwan", "台湾", "台湾"),
    "ID": ("Indonesia", "インドネシア", "印度尼西亚"),
    "AU": ("Australia", "豪州", "澳大利亚"),
    "CA": ("Canada", "カナダ", "加拿大"),
    "GB": ("the United Kingdom", "英国", "英国"),
    "MX": ("Mexico", "メキシコ", "墨西哥"),
    "VN": ("Vietnam", "ベトナム", "越南"),
}
_MINERALS = {
    "gallium": ("gallium", "ガリウム", "镓"),
    "germanium": ("germanium", "ゲルマニウム", "锗"),
    "antimony": ("antimony", "アンチモン", "锑"),
    "graphite": ("graphite", "黒鉛", "石墨"),
    "tungsten": ("tungsten", "タングステン", "钨"),
    "cobalt": ("cobalt", "コバルト", "钴"),
    "rare_earths": ("rare earths", "レアアース", "稀土"),
}
# `{A}` imposes on `{B}`, which concerns `{M}` in the year `{Y}`.
_WORDINGS = {
    "en": (
        "{A} bans {M} exports to {B}",
        "{A} banned exports of {M} to {B} in {Y}.",
        "{A} imposed export controls on {M} shipped to {B} in {Y}.",
        "In {Y}, {A} imposed anti-dumping duties on {M} from {B}.",
        "{A} launched an anti-dumping investigation into imports of {M} from {B} on 3 March {Y}.",
        "{A} raises tariffs on {M} from {B} to 25% in {Y}",
        "{A} adds 12 companies of {B} to its entity list over {M} in {Y}",
        "{A} will require licences for {M} exports to {B} from 1 March {Y}",
        "In {Y} {A} lifted its ban on {M} exports to {B}.",
    ),
    "ja": (
        "{A}が{B}向け{M}の輸出を規制",
        "{A}政府は{Y}年、{B}向けの{M}の輸出管理措置を実施した。",
        "{A}は{Y}年に{B}産の{M}に対する反ダンピング税を課した。",
        "{A}は{Y}年3月、{B}からの{M}の輸入に対する不当廉売の調査を開始した。",
        "{A}は{Y}年、{B}産{M}に25%の追加関税を課した。",
        "{A}は{Y}年、{M}を扱う{B}企業12社をエンティティーリストに追加した。",
        "{A}は{Y}年、{B}からの{M}の輸入を禁止した。",
        "{A}は{Y}年3月1日から{B}向けの{M}の輸出を許可制にする。",
        "{A}は{Y}年、{B}に対する{M}の輸出規制を解除した。",
        "{A}は{Y}年、{B}に対し{M}の輸出を禁止した。",
    ),
    "zh-Hans": (
        "{A}自{Y}年3月1日起限制{M}对{B}出口",
        "{A}{Y}年宣布对{B}实施{M}出口管制。",
        "{A}{Y}年对原产于{B}的进口{M}征收反倾销税。",
        "{A}于{Y}年3月对原产于{B}的{M}发起反倾销调查。",
        "{A}{Y}年对{B}的{M}加征25%关税",
        "{A}{Y}年将{B}12家{M}企业列入实体清单",
        "{A}{Y}年对{B}{M}企业实施制裁",
        "{A}{Y}年禁止从{B}进口{M}",
        "{A}{Y}年解除对{B}的{M}出口禁令",
        "{A}宣布暂停对{B}的{M}出口管制至{Y}年11月",
    ),
}
# Headlines of authorities: who imposes is who publishes, and only the country aimed at can change.
_OFFICIAL = (
    ("us-federal-register", "en", "{M} From {B}: Antidumping Duty Order"),
    ("us-federal-register", "en", "Additional Export Controls on {M} Destined to {B}"),
    ("jp-kanpo", "ja", "{B}産{M}に対する不当廉売関税に関する調査開始の件"),
    ("cn-mofcom", "zh-Hans", "关于对原产于{B}的进口{M}征收反倾销税的公告"),
)
_NEWS = {"en": "News", "ja": "ニュース", "zh-Hans": "新闻"}
_BYSTANDERS = {
    "en": (
        "The choir sang on Sunday in the old town hall.",
        "Visitors may park behind the library.",
        "For further information contact the press office, +81 3 1234 5678.",
        "* * *",
    ),
    "ja": (
        "天気は晴れです。",
        "駐車場は建物の裏にある。",
        "お問い合わせは広報室(電話03-1234-5678)まで。",
        "※",
    ),
    "zh-Hans": ("图书馆周末开放。", "停车场在大楼后面。", "详情请咨询新闻办公室,电话010-12345678。", "※"),
}
_DISTRACTORS = {
    "en": (
        "Copper was mined in Chile long before that.",
        "Germany won the football match against Brazil.",
        "The museum opened on 4 May 1998.",
        "The company sells wine, bread and lithium-ion batteries.",
    ),
    "ja": (
        "チリでは古くから銅が採れる。",
        "ドイツはブラジルとの試合に勝った。",
        "博物館は1998年5月4日に開館した。",
        "同社はワインとパンと蓄電池を売る。",
    ),
    "zh-Hans": (
        "智利自古产铜。",
        "德国队战胜了巴西队。",
        "博物馆于1998年5月4日开放。",
        "该公司销售葡萄酒、面包和蓄电池。",
    ),
}
_SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_WIDEST = 4
_COUNTED = ("types", "imposing", "target", "minerals", "technologies")


@dataclass(frozen=True)
class _Statement:
    """A sentence that states one measure, with everything it says as a choice."""

    lang: str
    wording: str
    imposer: str
    target: str
    mineral: str
    year: int

    @property
    def text(self) -> str:
        at = _LANGS.index(self.lang)
        text = self.wording.format(
            A=_COUNTRIES[self.imposer][at], B=_COUNTRIES[self.target][at], M=_MINERALS[self.mineral][at], Y=self.year
        )
        return text[0].upper() + text[1:]


@st.composite
def _statements(draw: st.DrawFn, lang: str | None = None) -> _Statement:
    spoken = lang or draw(st.sampled_from(_LANGS))
    imposer, target = draw(st.lists(st.sampled_from(sorted(_COUNTRIES)), min_size=2, max_size=2, unique=True))
    mineral, year = draw(st.sampled_from(sorted(_MINERALS))), draw(st.integers(2010, 2035))
    return _Statement(spoken, draw(st.sampled_from(_WORDINGS[spoken])), imposer, target, mineral, year)


def _read(classifier: Classifier, text: str, lang: str, *, in_body: bool = False) -> tuple[Act, ...]:
    return classifier.classify(_event(text, lang, in_body=in_body)).acts


def _event(text: str, lang: str, *, in_body: bool = False, source: str = "press-desk") -> Event:
    if in_body:
        return event_of(_NEWS[lang], text, lang=lang, source=source)
    return event_of(text, lang=lang, source=source)


def _core(act: Act) -> tuple[object, ...]:
    """What an act says, but for who and when."""
    return act.types, act.minerals, act.technologies, act.stage, act.direction, act.modality, act.affected


def _whole(act: Act) -> tuple[object, ...]:
    return (*_core(act), act.imposing, act.target)


@given(_statements(), st.booleans())
@_SETTINGS
def test_who_imposes_and_who_is_aimed_at_are_read_as_said(
    classifier: Classifier, statement: _Statement, in_body: bool
) -> None:
    (act,) = _read(classifier, statement.text, statement.lang, in_body=in_body)
    assert (act.imposing, act.target) == ((statement.imposer,), (statement.target,))
    assert act.minerals == (statement.mineral,)


@given(_statements(), st.booleans())
@_SETTINGS
def test_swapping_imposer_and_target_swaps_the_roles_and_nothing_else(
    classifier: Classifier, statement: _Statement, in_body: bool
) -> None:
    swapped = replace(statement, imposer=statement.target, target=statement.imposer).text
    (before,) = _read(classifier, statement.text, statement.lang, in_body=in_body)
    (after,) = _read(classifier, swapped, statement.lang, in_body=in_body)
    assert (after.imposing, after.target) == (before.target, before.imposing)
    assert _core(after) == _core(before)


@given(_statements(), st.integers(2010, 2035))
@_SETTINGS
def test_another_year_changes_neither_type_nor_mineral_nor_role(
    classifier: Classifier, statement: _Statement, year: int
) -> None:
    (before,) = _read(classifier, statement.text, statement.lang)
    (after,) = _read(classifier, replace(statement, year=year).text, statement.lang)
    for facet in _COUNTED:
        assert getattr(after, facet) == getattr(before, facet)


@given(_statements(), st.sampled_from(sorted(_COUNTRIES)), st.sampled_from(("imposer", "target")))
@_SETTINGS
def test_another_country_changes_neither_type_nor_mineral_nor_stage(
    classifier: Classifier, statement: _Statement, country: str, which: str
) -> None:
    assume(country not in (statement.imposer, statement.target))
    (before,) = _read(classifier, statement.text, statement.lang)
    other = replace(statement, imposer=country) if which == "imposer" else replace(statement, target=country)
    (after,) = _read(classifier, other.text, statement.lang)
    assert _core(after) == _core(before)


@given(_statements(), st.sampled_from(sorted(_MINERALS)))
@_SETTINGS
def test_another_mineral_changes_the_mineral_and_nothing_else(
    classifier: Classifier, statement: _Statement, mineral: str
) -> None:
    (before,) = _read(classifier, statement.text, statement.lang)
    (after,) = _read(classifier, replace(statement, mineral=mineral).text, statement.lang)
    assert after.minerals == (mineral,)
    assert _whole(after)[2:] == _whole(before)[2:]
    assert after.types == before.types


@given(st.sampled_from(_OFFICIAL), st.data())
@_SETTINGS
def test_an_official_headline_keeps_its_type_and_mineral_whatever_country_it_names(
    classifier: Classifier, headline: tuple[str, str, str], data: st.DataObject
) -> None:
    source, lang, wording = headline
    mineral = data.draw(st.sampled_from(sorted(_MINERALS)))
    countries = data.draw(
        st.lists(st.sampled_from(sorted(set(_COUNTRIES) - {"US", "JP", "CN"})), min_size=2, max_size=2)
    )
    read = []
    for code in countries:
        text = _Statement(lang, wording, code, code, mineral, 2026).text
        (act,) = classifier.classify(_event(text, lang, source=source)).acts
        assert (act.target, act.minerals) == ((code,), (mineral,))
        read.append(_core(act))
    assert read[0] == read[1]


@given(_statements(), st.sampled_from(("before", "after", "both")), st.data())
@_SETTINGS
def test_a_paragraph_beside_it_takes_nothing_from_an_act(
    classifier: Classifier, statement: _Statement, place: str, data: st.DataObject
) -> None:
    beside = data.draw(st.sampled_from([*_BYSTANDERS[statement.lang], *_DISTRACTORS[statement.lang]]))
    paragraphs = [*[beside] * (place != "after"), statement.text, *[beside] * (place != "before")]
    alone = _read(classifier, statement.text, statement.lang, in_body=True)
    among = _read(classifier, "\n\n".join(paragraphs), statement.lang, in_body=True)
    assert {_whole(act) for act in alone} <= {_whole(act) for act in among}


@given(st.data())
@_SETTINGS
def test_a_paragraph_between_two_acts_takes_nothing_from_either(classifier: Classifier, data: st.DataObject) -> None:
    first = data.draw(_statements())
    second = data.draw(_statements(first.lang))
    beside = data.draw(st.sampled_from([*_BYSTANDERS[first.lang], *_DISTRACTORS[first.lang]]))
    near = _read(classifier, f"{first.text}\n\n{second.text}", first.lang, in_body=True)
    apart = _read(classifier, f"{first.text}\n\n{beside}\n\n{second.text}", first.lang, in_body=True)
    assert {_whole(act) for act in near} <= {_whole(act) for act in apart}


@given(st.sampled_from(_OFFICIAL), st.sampled_from(sorted(_MINERALS)), st.data())
@_SETTINGS
def test_a_paragraph_below_an_official_headline_leaves_its_act_whole(
    classifier: Classifier, headline: tuple[str, str, str], mineral: str, data: st.DataObject
) -> None:
    source, lang, wording = headline
    title = _Statement(lang, wording, "IN", "IN", mineral, 2026).text
    first, second = (data.draw(st.sampled_from([*_BYSTANDERS[lang], *_DISTRACTORS[lang]])) for _ in range(2))
    (short,) = classifier.classify(event_of(title, first, lang=lang, source=source)).acts
    (longer,) = classifier.classify(event_of(title, f"{first}\n\n{second}", lang=lang, source=source)).acts
    assert (longer.types, longer.imposing, longer.direction) == (short.types, short.imposing, short.direction)
    for facet in ("target", "minerals", "technologies"):
        assert set(getattr(short, facet)) <= set(getattr(longer, facet))


@given(st.sampled_from(_LANGS).flatmap(lambda lang: st.lists(_statements(lang), min_size=2, max_size=4)), st.data())
@_SETTINGS
def test_the_order_of_independent_paragraphs_does_not_matter(
    classifier: Classifier, statements: list[_Statement], data: st.DataObject
) -> None:
    lang, texts = statements[0].lang, [each.text for each in statements]
    shuffled = data.draw(st.permutations(texts))
    before = _read(classifier, "\n\n".join(texts), lang, in_body=True)
    after = _read(classifier, "\n\n".join(shuffled), lang, in_body=True)
    assert _union(before) == _union(after)


def _union(acts: Iterable[Act]) -> dict[str, set[str]]:
    listed = list(acts)
    return {facet: {tag for act in listed for tag in getattr(act, facet)} for facet in _COUNTED}


@given(_statements(), st.integers(2, 4))
@_SETTINGS
def test_a_paragraph_said_again_says_nothing_more(classifier: Classifier, statement: _Statement, times: int) -> None:
    once = _read(classifier, statement.text, statement.lang, in_body=True)
    again = _read(classifier, "\n\n".join([statement.text] * times), statement.lang, in_body=True)
    assert [_whole(act) for act in again] == [_whole(act) for act in once]


@given(_statements(), st.booleans())
@_SETTINGS
def test_reading_twice_gives_the_same_records(classifier: Classifier, statement: _Statement, in_body: bool) -> None:
    event = _event(statement.text, statement.lang, in_body=in_body)
    assert classifier.classify(event) == classifier.classify(event)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Zl", "Zp", "Cc")), max_size=60))
@settings(max_examples=1000, deadline=None)
def test_folded_text_folds_to_itself(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(_statements(), st.booleans(), st.integers(1, 4), st.randoms(use_true_random=False))
@_SETTINGS
def test_an_equivalent_spelling_is_read_as_the_plain_one_on_the_same_words(
    classifier: Classifier, statement: _Statement, declared: bool, every: int, random: Random
) -> None:
    plain = unicodedata.normalize("NFKC", statement.text)
    respelt = _respell(plain, every, random)
    lang = statement.lang if declared else None
    acts, others = (classifier.classify(event_of(text, lang=lang)).acts for text in (plain, respelt))
    assert [_whole(act) for act in others] == [_whole(act) for act in acts]
    for (facet, tag, words), (facet_, tag_, words_) in zip(
        _evidence(acts, plain), _evidence(others, respelt), strict=True
    ):
        # A character that stands for several (`⒑` for `10.`) is shown whole.
        assert (facet, tag) == (facet_, tag_)
        assert words in words_
        assert len(words_) <= len(words) + 2 * _WIDEST


@given(_statements(), st.lists(st.tuples(st.integers(0, 200), st.sampled_from("\u00ad\u200b\u2060\ufe0f\u2067\ufeff"))))
@_SETTINGS
def test_characters_nobody_sees_change_nothing(
    classifier: Classifier, statement: _Statement, marks: list[tuple[int, str]]
) -> None:
    hidden = statement.text
    for at, mark in marks:
        hidden = hidden[: at % (len(hidden) + 1)] + mark + hidden[at % (len(hidden) + 1) :]
    acts, others = (_read(classifier, text, statement.lang) for text in (statement.text, hidden))
    assert [_whole(act) for act in others] == [_whole(act) for act in acts]
    assert _evidence(others, hidden) == _evidence(acts, statement.text)


def _evidence(acts: Sequence[Act], title: str) -> list[tuple[Facet, str, str]]:
    """What the evidence shows, folded; each piece must stand in the title where it says."""
    found = []
    for act in acts:
        for each in act.evidence:
            assert each.field is Field.TITLE
            assert title[each.start : each.end] == each.text
            found.append((each.facet, each.tag, fold(each.text).text.strip()))
    return found


def _respell(text: str, every: int, random: Random) -> str:
    """The text with about one in `every` characters, or groups of them, in another compatible form."""
    forms, at = _equivalents(), 0
    out: list[str] = []
    while at < len(text):
        size = next((size for size in range(_WIDEST, 0, -1) if text[at : at + size] in forms), 0)
        if size and random.random() * every < 1:
            out.append(random.choice(forms[text[at : at + size]]))
        else:
            size = 1
            out.append(text[at])
        at += size
    return "".join(out)


@cache
def _equivalents() -> Mapping[str, list[str]]:
    """Every character or cluster that NFKC turns into something else, by what it turns into."""
    forms: dict[str, list[str]] = defaultdict(list)
    for point in (*range(0x80, 0xD800), *range(0xE000, 0x30000)):
        plain = unicodedata.normalize("NFKC", chr(point))
        if plain != chr(point) and not any(char.isspace() for char in plain):
            forms[plain].append(chr(point))
    for base in range(0x3041, 0x30FB):
        split = unicodedata.normalize("NFD", chr(base))
        if len(split) > 1:
            forms[chr(base)] += [split, unicodedata.normalize("NFKC", split[0]) + split[1:]]
    return forms
