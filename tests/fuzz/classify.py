"""Feed the classifier texts that a coverage-guided fuzzer makes: `python -m tests.fuzz.classify -runs=200000`.

The options are those of libFuzzer; without any, at most 200 000 runs or 5 minutes. A text that fails an assertion
or raises is written to `crash-*` in the working directory, and the command ends with an error.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["services.classify"]):
    from services.classify.core import Classifier
    from services.taxonomy.load import default_taxonomy

from tests.classify.events import event_of, field_text

BOUNDS = ["-runs=200000", "-max_total_time=300", "-max_len=2000", "-timeout=20"]
SOURCES = ("press-desk", "us-federal-register", "jp-kanpo", "cn-mofcom", "cn-cctv-xwlb", "eu-council-press")
LANGS = (None, "en", "ja", "zh-Hans", "zh-Hant")
WORDS = (
    "China imposed export controls on gallium shipped to Japan. ",
    "中国商務省はガリウムの輸出管理措置を実施した。",
    "商务部公告2024年第46号：原则上不予许可镓、锗对美国出口。",
    "effective March 4, 2025, ECCN 3A001, HS 2853.90, case A-570-001; ",
    "ｶﾞﾘｳﾑ㈱⿊鉛\u200b",
    "\n\n",
)


def check(data: bytes) -> None:
    """Classify what the bytes spell: no exception, and every evidence span is the text it claims."""
    take = atheris.FuzzedDataProvider(data)
    source, lang = take.PickValueInList(list(SOURCES)), take.PickValueInList(list(LANGS))
    title = _text(take)
    event = event_of(title, _text(take) or None, source=source, lang=lang)
    for act in _CLASSIFIER.classify(event).acts:
        for each in act.evidence:
            assert field_text(event, each.field)[each.start : each.end] == each.text


def _text(take: atheris.FuzzedDataProvider) -> str:
    """Known words with anything between them, unpaired surrogates left out as no event can hold them."""
    parts = []
    for _ in range(take.ConsumeIntInRange(0, 5)):
        parts.append(take.PickValueInList(list(WORDS)))
        parts.append(take.ConsumeUnicodeNoSurrogates(take.ConsumeIntInRange(0, 60)))
    return "".join(parts)


_CLASSIFIER = Classifier(default_taxonomy())


def main() -> None:
    """Run until the bounds are reached or a text fails."""
    atheris.Setup([sys.argv[0], *(sys.argv[1:] or BOUNDS)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
