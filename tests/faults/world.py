"""A small world of documents whose facts are known because they were written from them.

What must be delivered follows from the facts alone, by the plainest matching there is: no classifier, no index, no
ledger of the product is asked. Every document carries a mark that its messages show.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

SOURCE = "test-press"
CHANNELS = {
    "graphite": "C0GRAPHITE",
    "china": "C0CHINA",
    "remedies": "C0REMEDY",
    "light-metals": "C0LIGHT",
    "russia": "C0RUSSIA",
}
SECOND_CHANNEL = "C0OPS"
"""The watchlist on Russia tells two channels, so that one act makes several alerts."""

FAR_DAY = "2099-08-01"
"""When the dated measures take effect: so far ahead that no reminder of it falls due by itself."""

DATED_IN_BATCH = 2
"""So many new measures of each batch at least have a date."""

_MARK = re.compile(r"NRS\d+x\d+")


@dataclass(frozen=True)
class Facts:
    """What a document says; `stage` orders the documents of one measure, `effective` is the day of effect if stated."""

    type: str
    imposing: str
    target: str
    mineral: str
    stage: int = 1
    effective: str = ""


@dataclass(frozen=True)
class Template:
    """A title with the facts it states; `follow_up` is the title of the measure's next stage."""

    lang: str
    facts: Facts
    title: str
    follow_up: str = ""


def _remedies() -> Iterator[Template]:
    goods = {"graphite electrodes": "graphite_electrode", "silicon metal": "silicon", "magnesium": "magnesium"}
    who = "The US Department of Commerce"
    for words, mineral in goods.items():
        for country, code in {"China": "CN", "Russia": "RU", "Vietnam": "VN"}.items():
            facts, said = Facts("anti_dumping", "US", code, mineral), f"antidumping duties on {words} from {country}"
            yield Template("en", facts, f"{who} proposes {said}", f"{who} imposes {said}")


TEMPLATES = (
    *_remedies(),
    Template("en", Facts("export_control", "CN", "JP", "gallium"), "China imposes export controls on gallium to Japan"),
    Template(
        "en", Facts("export_control", "CN", "US", "tungsten"), "China imposes export controls on tungsten to the US"
    ),
    Template("ja", Facts("export_ban", "CN", "JP", "gallium"), "中国商務部、日本向けのガリウムの輸出を禁止"),
    Template("ja", Facts("anti_dumping", "JP", "RU", "magnesium"), "経済産業省、ロシア産マグネシウムに不当廉売関税"),
    Template("zh-Hans", Facts("export_control", "CN", "JP", "gallium"), "商务部公告对日本出口镓实施出口管制"),
    Template("zh-Hans", Facts("anti_dumping", "US", "RU", "magnesium"), "美国商务部对原产于俄罗斯的镁征收反倾销税"),
)
DATED = (
    Template(
        "en",
        Facts("export_control", "CN", "JP", "gallium", effective=FAR_DAY),
        "China imposes export controls on gallium to Japan, effective 1 August 2099",
    ),
    Template(
        "ja",
        Facts("anti_dumping", "JP", "RU", "magnesium", effective=FAR_DAY),
        "経済産業省、2099年8月1日からロシア産マグネシウムに不当廉売関税",
    ),
    Template(
        "zh-Hans",
        Facts("export_control", "CN", "JP", "gallium", effective=FAR_DAY),
        "商务部公告自2099年8月1日起对日本出口镓实施出口管制",
    ),
)
"""Measures with a date, which have no next stage: their reminders are the only news there is of them."""
NOISE = (
    Template("en", Facts("", "", "", ""), "Sunshine Act meeting notice of the week"),
    Template("ja", Facts("", "", "", ""), "大臣会見の概要を掲載しました"),
    Template("zh-Hans", Facts("", "", "", ""), "商务部召开例行新闻发布会"),
)

_LISTS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "graphite": {"minerals": ["graphite_electrode"]},
    "china": {"imposing": ["CN"]},
    "remedies": {"types": ["anti_dumping"]},
    "light-metals": {"minerals": ["silicon", "magnesium"]},
    "russia": {"target": ["RU"]},
}
_FACT_OF = {"minerals": "mineral", "imposing": "imposing", "target": "target", "types": "type"}


@dataclass(frozen=True)
class Item:
    """One document of the world; documents with the same `measure` are one measure's life."""

    mark: str
    measure: str
    template: Template
    facts: Facts

    @property
    def line(self) -> str:
        """The document as a JSON line of its source."""
        title = self.template.title if self.facts.stage == 1 else self.template.follow_up
        record = {
            "id": f"world:{self.mark}",
            "source": SOURCE,
            "lang": self.template.lang,
            "published": f"2026-01-{4 + self.facts.stage:02}",
            "title": f"{self.mark}: {title}",
            "identifiers": {"docket": self.measure},
        }
        return json.dumps(record, ensure_ascii=False)

    @property
    def follows(self) -> bool:
        """Whether the document is a later stage of a measure that was told before."""
        return self.facts.stage > 1

    def channels(self) -> frozenset[str]:
        """The channels that must hear of the document, once each."""
        lists = [name for name, rule in _LISTS.items() if _matches(rule, self.facts)]
        second = {SECOND_CHANNEL} if "russia" in lists else set()
        return frozenset({CHANNELS[name] for name in lists} | second)


def _matches(rule: Mapping[str, Sequence[str]], facts: Facts) -> bool:
    return all(getattr(facts, _FACT_OF[field]) in allowed for field, allowed in rule.items())


def watchlist_files() -> Iterator[tuple[str, str]]:
    """The watchlists of this world for the product to read, as file name and text."""
    for name, rule in _LISTS.items():
        destinations = [{"slack": CHANNELS[name]}]
        if name == "russia":
            destinations.append({"slack": SECOND_CHANNEL})
        content = {"id": name, "name": name, "language": "en", "match": dict(rule), "destinations": destinations}
        yield f"{name}.yml", yaml.safe_dump(content, sort_keys=False)


def make_batch(number: int, count: int, earlier: Iterable[Item], rng: random.Random) -> list[Item]:
    """So many documents: next stages of earlier measures, measures with a date, then new ones and noise by halves."""
    ready = [item for item in earlier if item.template.follow_up and not item.follows]
    chosen = rng.sample(ready, min(len(ready), count // 6))
    items = [
        replace(each, mark=f"NRS{number}x{place}", facts=replace(each.facts, stage=2))
        for place, each in enumerate(chosen)
    ]
    for place in range(len(items), count):
        dated = place < len(chosen) + DATED_IN_BATCH
        template = rng.choice(DATED if dated else NOISE if rng.random() < 0.5 else TEMPLATES)
        items.append(Item(f"NRS{number}x{place}", f"NRS-{number}-{place}", template, template.facts))
    return items


def find_mark(text: str) -> str | None:
    """The mark of the document a message tells of."""
    found = _MARK.search(text)
    return found[0] if found else None
