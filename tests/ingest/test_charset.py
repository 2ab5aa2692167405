"""Text is decoded right whatever the label says, or refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from services.contracts.vocab import Language
from services.ingest.core import read_page
from services.ingest.pages.charset import decode_page
from services.ingest.pages.page import Page, UnreadablePageError
from tests.ingest.hostile.titles import CODECS, TITLES, USUAL, encodable
from tests.ingest.material import KINDS_OF_FEED, example_page, example_source, feed_of

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


SITUATIONS = ("right label", "wrong label", "no label", "label in the page only")
CELLS = [
    (language, encoding, situation)
    for language in TITLES
    for encoding in CODECS
    for situation in SITUATIONS
    if encodable(language, encoding)
]


def labels_of(encoding: str, situation: str) -> list[tuple[str | None, str | None]]:
    """What header and page may call the encoding in a situation."""
    if situation == "wrong label":
        return [pair for each in CODECS if each != encoding for pair in ((each, None), (None, each), (each, each))]
    return [(encoding if situation == "right label" else None, encoding if "in the page" in situation else None)]


def page_in(kind: str, titles: Sequence[str], encoding: str, header: str | None, inside: str | None) -> Page:
    entries = [(title, f"https://press.example.go.jp/{number}", "") for number, title in enumerate(titles)]
    _, _, text = feed_of(kind, entries).partition("?>")
    declared = f'<?xml version="1.0" encoding="{inside}"?>' if inside else ""
    return example_page((declared + text).encode(CODECS[encoding]), charset=header)


def test_the_matrix_is_large_enough() -> None:
    assert len(CELLS) * len(KINDS_OF_FEED) >= 6 * 4 * len(KINDS_OF_FEED)


@pytest.mark.parametrize(("language", "encoding", "situation"), CELLS)
def test_a_page_in_any_encoding_under_any_label_is_read_right(
    language: Language, encoding: str, situation: str
) -> None:
    titles = encodable(language, encoding)
    for header, inside in labels_of(encoding, situation):
        for kind in KINDS_OF_FEED:
            found = read_page(
                example_source(kind=kind, language=language), page_in(kind, titles, encoding, header, inside)
            )
            if found.readable or encoding in USUAL[language]:
                assert {each.title for each in found.documents} == set(titles), (header, inside, kind)


@pytest.mark.parametrize(("language", "encoding", "situation"), CELLS)
def test_a_title_alone_is_right_or_refused_and_never_nonsense(
    language: Language, encoding: str, situation: str
) -> None:
    for title in encodable(language, encoding):
        for labels in labels_of(encoding, situation):
            try:
                assert decode_page(title.encode(CODECS[encoding]), labels, language) == title
            except UnreadablePageError:
                assert len(title) < 8


@pytest.mark.parametrize(("language", "encoding", "situation"), CELLS)
def test_lines_in_another_encoding_than_utf_8_are_refused(language: Language, encoding: str, situation: str) -> None:
    titles = encodable(language, encoding)
    lines = "".join(f'{{"id": "{title}", "source": "jp-example", "title": "{title}"}}\n' for title in titles)
    for header, _ in labels_of(encoding, situation):
        content = lines.encode(CODECS[encoding])
        found = read_page(example_source(kind="jsonl", language=language), example_page(content, charset=header))
        assert {each.title for each in found.documents} <= set(titles)
        assert len(found.documents) == len(titles) or found.problems


def test_the_characters_makers_added_are_read_in_every_japanese_encoding() -> None:
    text = "①㈱㍻髙" + JA
    euc = b"\xad\xa1\xad\xea\xad\xdf\xfc\xe2" + JA.encode("euc_jp")
    iso = b"\x1b$B\x2d\x21\x2d\x6a\x2d\x5f\x7c\x62\x1b(B" + JA.encode("iso2022_jp")
    for content in (text.encode("cp932"), euc, iso):
        assert decode_page(content, (None, None), Language.JA) == text


@pytest.mark.parametrize(
    "content",
    [b"\x1b$B7P:Q", b"\x1b$B7P:\x1b(B x", b"\x1b$)A:c\x0f", b"\x1b$B\x7f\x7f\x1b(B"],
    ids=["no end but whole", "half a character", "another set", "no character"],
)
def test_escapes_that_announce_no_japanese_text_are_refused_and_not_taken_for_letters(content: bytes) -> None:
    try:
        assert decode_page(content, ("iso-2022-jp",), Language.JA) == "経済"
    except UnreadablePageError:
        assert content != b"\x1b$B7P:Q"


@pytest.mark.parametrize("label", ["hz-gb-2312", "iso-2022-kr", "ISO-2022-CN", "utf-7"])
def test_an_encoding_in_letters_that_browsers_refuse_is_refused(label: str) -> None:
    with pytest.raises(UnreadablePageError):
        decode_page(b"~{<:Ky2;~} +Zi8-", (label,), Language.ZH_HANS)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_seen_by_its_zeros(codec: str) -> None:
    text = f"<rss>{JA}</rss>"
    assert decode_page(text.encode(codec), (None,), Language.JA) == text
