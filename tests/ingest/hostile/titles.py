"""Synthetic titles as ministries write them, in the characters that tell encodings apart."""

from __future__ import annotations

from services.contracts.vocab import Language

JA = (
    "お知らせ",
    "「輸出貿易管理令の一部を改正する政令」が閣議決定されました",
    "外国為替及び外国貿易法に基づく補完的輸出規制の見直しについて",
    "ガリウム、ゲルマニウム等に係る輸出許可申請の取扱いについて(お知らせ)",
    "半導体製造装置(露光装置を含む)の輸出管理に関する意見募集の結果について",
    "令和8年度 重要鉱物助成金の公募を開始します",
    "中華人民共和国産黒鉛電極に対する不当廉売関税の課税期間の延長について",
    "経済安全保障推進法に基づく特定重要物資の指定",
    "シリコンウエハーの関税率表解釈例規を改正しました",
    "㈱例示工業に対する行政制裁(輸出の禁止)について①~③",
    "髙橋大臣閣議後記者会見の概要",
    "㍻30年度のレアアース輸入量(速報)",
    "ガリウムの輸出規制",
    "高純度フッ化水素:包括許可から個別許可へ",
    "株式会社〇〇の外為法違反に対する警告",
)
ZH_HANS = (
    "公告",
    "商务部 海关总署公告2026年第0号 公布对镓、锗相关物项实施出口管制的决定",
    "关于对原产于日本的进口光刻胶发起反倾销立案调查的公告",
    "国务院关税税则委员会关于调整部分商品进口关税的公告",
    "不可靠实体清单工作机制关于将有关企业列入不可靠实体清单的公告",
    "关于对稀土相关技术实施出口管制的决定",
    "中华人民共和国两用物项出口管制条例",
    "关于钨、碲、铋、钼、铟相关物项的出口管制",
    "商务部新闻发言人就石墨物项出口管制政策答记者问",
    "关于公布《禁止出口限制出口技术目录》的公告",
    "碳化硅外延片",
    "暂停执行对美部分管控措施",
    "海关总署关于进出口商品检验的通知",
    "工业和信息化部就《稀土总量调控管理办法》公开征求意见",
)
ZH_HANT = (
    "公告",
    "修正「戰略性高科技貨品輸出管制清單」,並自公告日起實施",
    "經濟部國際貿易署公告:預告修正輸出規定",
    "財政部關務署:對自中國大陸進口碳鋼冷軋鋼品課徵反傾銷稅",
    "行政院核定「國家核心關鍵技術」項目清單",
    "有關鎵、鍺、銻等關鍵礦物輸出入管理之說明",
    "半導體先進製程設備輸出許可申請須知",
    "增列實體名單601家,請廠商注意",
    "投資審議司公布對外投資審查辦法修正草案",
    "石墨電極",
    "稀土永久磁鐵進口貨品分類號列調整",
    "貿易法第十三條修正條文",
)
TITLES = {Language.JA: JA, Language.ZH_HANS: ZH_HANS, Language.ZH_HANT: ZH_HANT}
CODECS = {
    "Shift_JIS": "cp932",
    "EUC-JP": "euc_jp",
    "ISO-2022-JP": "iso2022_jp",
    "GB18030": "gb18030",
    "Big5": "big5hkscs",
    "UTF-8": "utf-8",
}
"""The encodings by their label, and what a publisher's software writes under that name."""

USUAL = {
    Language.JA: ("UTF-8", "Shift_JIS", "EUC-JP", "ISO-2022-JP"),
    Language.ZH_HANS: ("UTF-8", "GB18030"),
    Language.ZH_HANT: ("UTF-8", "Big5"),
}


def encodable(language: Language, encoding: str) -> tuple[str, ...]:
    """The titles of a language that the encoding can write, as far as Python can."""
    return tuple(title for title in TITLES[language] if _fits(title, CODECS[encoding]))


def _fits(title: str, codec: str) -> bool:
    try:
        return title.encode(codec).decode(codec) == title
    except UnicodeError:
        return False
