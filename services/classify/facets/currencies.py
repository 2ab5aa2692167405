"""What documents call money: signs before a number, units and words after it, and the scales of numbers."""

from __future__ import annotations

SCALES = {
    **dict.fromkeys(["thousand", "k"], 10**3),
    **dict.fromkeys(["lakh", "lakhs"], 10**5),
    **dict.fromkeys(["million", "mn", "mln", "m"], 10**6),
    **dict.fromkeys(["crore", "crores", "cr"], 10**7),
    "hundred million": 10**8,
    **dict.fromkeys(["billion", "bn", "b"], 10**9),
    "thousand crore": 10**10,
    **dict.fromkeys(["trillion", "tn", "trn", "lakh crore"], 10**12),
    "million crore": 10**13,
}
COUNTED = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
}  # fmt: skip
"""Numbers in words that may stand before a scale."""

HOME = {"US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "TW": "TWD"}
"""Whose `$` it is by the code of the issuer; anybody else's is the US one."""

OWN = ""
"""A sign or word that is read as the issuer's own currency."""

_CODES = (
    "USD", "EUR", "GBP", "JPY", "CNY", "INR", "KRW", "AUD", "CAD", "CHF", "TWD", "HKD", "SGD", "NZD", "RUB", "BRL",
    "IDR", "ZAR", "SEK", "NOK", "DKK", "PHP", "MYR", "THB", "VND", "MXN", "PLN", "CZK", "HUF", "AED", "SAR", "ILS",
    "KZT",
)  # fmt: skip
_BY_CODE = {code.lower(): code for code in _CODES}

_SIGNS = {
    OWN: "$",
    "USD": "us$ u.s.$ usd$",
    "AUD": "a$ au$",
    "CAD": "c$ ca$ cdn$",
    "NZD": "nz$",
    "HKD": "hk$ 港币 港幣",
    "SGD": "s$",
    "TWD": "nt$ 新台币 新台幣 新臺幣",
    "BRL": "r$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹ rs. rs",
    "KRW": "₩",
    "RUB": "₽",
    "CNY": "rmb 人民币 人民幣",
}
_UNITS = {
    OWN: "ドル",
    "JPY": "円 日元 日圆 日圓",
    "USD": "米ドル 美元 美金 米元",
    "AUD": "豪ドル 澳元 澳大利亚元",
    "CAD": "カナダドル 加元 加拿大元",
    "HKD": "香港ドル 港元 港币",
    "TWD": "台湾ドル 新台湾ドル 新台币 新台幣 新臺幣",
    "SGD": "シンガポールドル",
    "EUR": "ユーロ 欧元 歐元",
    "GBP": "ポンド 英ポンド 英镑 英鎊",
    "CNY": "元 人民元 人民币 元人民币 人民幣 元人民幣",
    "KRW": "ウォン 韩元 韓元",
    "INR": "ルピー インドルピー 卢比 印度卢比",
    "RUB": "ルーブル 卢布",
    "CHF": "スイスフラン 瑞士法郎",
    "BRL": "レアル 雷亚尔",
    "IDR": "ルピア 印尼盾",
    "MYR": "リンギット 林吉特",
    "THB": "バーツ 泰铢",
    "VND": "越南盾",
}
_WORDS = {
    OWN: ["dollars"],
    "USD": ["us dollars", "u.s. dollars", "american dollars"],
    "AUD": ["australian dollars"],
    "CAD": ["canadian dollars"],
    "HKD": ["hong kong dollars"],
    "TWD": ["taiwan dollars"],
    "SGD": ["singapore dollars"],
    "EUR": ["euros", "euro"],
    "GBP": ["pounds sterling", "british pounds"],
    "JPY": ["yen", "japanese yen"],
    "CNY": ["yuan", "chinese yuan", "renminbi", "rmb"],
    "KRW": ["won", "korean won", "south korean won"],
    "INR": ["rupees", "indian rupees"],
    "RUB": ["rubles", "roubles"],
    "CHF": ["swiss francs"],
    "BRL": ["reais"],
    "MYR": ["ringgit"],
    "THB": ["baht"],
}
SIGNS = {sign: code for code, signs in _SIGNS.items() for sign in signs.split()} | _BY_CODE
"""What stands before a number, folded, by currency."""

UNITS = {unit: code for code, units in _UNITS.items() for unit in units.split()}
"""What stands right after a number in Japanese and Chinese."""

WORDS = {word: code for code, words in _WORDS.items() for word in words} | _BY_CODE
"""What stands after a number and a blank in English."""

NEEDS_SCALE = frozenset({"won", *_BY_CODE})
"""Words that mean something else beside a bare small number (`won 3 awards`, `3 CAD models`)."""
