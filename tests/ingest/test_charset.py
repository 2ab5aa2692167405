"""Text is decoded right whatever the label says, or refused."""

from __future__ import annotations

import pytest

from services.contracts.vocab import Language
from services.ingest.charset import decode_page
from services.ingest.core import read_page
from services.ingest.page import UnreadablePageError
from tests.ingest.material import example_page, example_source

JA = "経済産業省は、半導体製造装置の輸出について、外国為替及び外国貿易法に基づく規制を強化することを決定しました。"
HANS = "商务部公告：为维护国家安全和利益，决定对镓、锗相关物项实施出口管制，自公布之日起施行。"
HANT = "經濟部國際貿易署公告：修正戰略性高科技貨品輸出管制清單，並自公告日起實施，請業者注意。"
TEXTS = [
    ("utf-8", JA, Language.JA), ("cp932", JA, Language.JA), ("euc_jp", JA, Language.JA),
    ("iso2022_jp", JA, Language.JA), ("utf-8", HANS, Language.ZH_HANS), ("gb18030", HANS, Language.ZH_HANS),
    ("utf-8", HANT, Language.ZH_HANT), ("big5hkscs", HANT, Language.ZH_HANT),
]  # fmt: skip
LABELS = [
    "utf-8",
    "Shift_JIS",
    "EUC-JP",
    "gb2312",
    "Big5",
    "iso-8859-1",
    "windows-1252",
    "no-such-charset",
    "hex",
    None,
]


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(("codec", "text", "language"), TEXTS, ids=[f"{row[2]}-{row[0]}" for row in TEXTS])
def test_text_is_decoded_right_under_any_label(codec: str, text: str, language: Language, label: str | None) -> None:
    assert decode_page(text.encode(codec), (label, None), language) == text
    assert decode_page(text.encode(codec), (None, label), language) == text


@pytest.mark.parametrize("text", ["①～②の髙﨑㈱は㍻の", "№1 ｶﾞﾘｳﾑを規制し、輸出を許可制とする措置について"])
def test_a_page_labelled_shift_jis_is_what_browsers_take_it_for(text: str) -> None:
    item = f"<item><title>{text}{JA}</title></item>"
    page = f'<?xml version="1.0" encoding="Shift_JIS"?><rss><channel>{item}</channel></rss>'
    found = read_page(example_source(), example_page(page.encode("cp932"), charset="utf-8"))
    assert [each.title for each in found.documents] == [text + JA]


@pytest.mark.parametrize(
    "content",
    [
        JA.encode("cp932")[:-1] + b"\xff",
        JA.encode() + b"\xff\xfe",
        HANT.encode("big5") + JA.encode("cp932"),
        b"\xff" * 40,
    ],
)
def test_bytes_in_no_encoding_that_fits_are_refused(content: bytes) -> None:
    with pytest.raises(UnreadablePageError, match="encoding"):
        decode_page(content, ("Shift_JIS", None), Language.JA)


def test_a_western_page_is_read_as_labelled() -> None:
    text = "Décision d’exécution – contrôle des exportations"
    assert decode_page(text.encode("cp1252"), ("iso-8859-1", None), Language.EN) == text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_wins_over_the_label(codec: str) -> None:
    assert decode_page(JA.encode(codec), ("Shift_JIS", "Shift_JIS"), Language.JA) == JA
