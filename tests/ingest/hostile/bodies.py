"""Synthetic bodies that are not what a source promises: none may become an event, none may pass for "no news"."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator

from services.ingest.source import Source
from tests.ingest.hostile import soundlists
from tests.ingest.material import example_source, feed_of

ENTRIES = [
    (f"ガリウムの輸出規制を強化 {number}", f"https://press.example.go.jp/{number}", "2026-04-08T09:00:00+09:00")
    for number in range(3)
]
LINES = [{"id": link, "source": "jp-example", "title": title, "published": day[:10]} for title, link, day in ENTRIES]
ARTICLES = [
    {"document_number": f"2026-0000{number}", "title": title, "publication_date": day[:10], "abstract": None}
    for number, (title, _, day) in enumerate(ENTRIES)
]
SOUND: dict[str, bytes] = {
    **{kind: feed_of(kind, ENTRIES).encode() for kind in ("rss2", "rss1", "atom")},
    "federal_register": json.dumps({"count": 3, "results": ARTICLES}, ensure_ascii=False).encode(),
    "jsonl": "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES).encode(),
    **soundlists.pages(ENTRIES),
}
"""A sound page of each kind, all with the same three documents."""

SOURCES: dict[str, Source] = {
    kind: example_source(kind=kind, options=soundlists.OPTIONS.get(kind, {})) for kind in SOUND
}
"""A source of each kind that reads its sound page."""

OF_LINES = ("jsonl", "csv")
"""Kinds whose pages are a row after another: one that ends after a row is a shorter page, and a sound one."""

_SAID = {
    "bad gateway": ("502 Bad Gateway", "502 不正なゲートウェイ", "502 网关错误"),
    "unavailable": ("Service temporarily unavailable", "ただいまアクセスが集中しています", "服务暂时不可用"),
    "gateway timeout": ("504 Gateway Time-out", "応答がタイムアウトしました", "网关超时,请稍后重试"),
    "forbidden": ("Access denied. Reference #18.0", "アクセスが拒否されました", "您的访问已被拒绝"),
    "not found": ("The page has moved", "お探しのページは見つかりません", "您访问的页面不存在"),
    "captcha": ("Verify you are human", "画像に表示された文字を入力してください", "请完成安全验证"),
    "challenge": ("Checking your browser", "ブラウザを確認しています", "正在检查您的浏览器"),
    "login": ("Sign in to continue", "ログインしてください", "请登录"),
    "maintenance": ("Down for maintenance", "システムメンテナンスのお知らせ", "系统维护公告"),
    "rate limit": ("Too many requests", "リクエストが多すぎます", "请求过于频繁"),
    "region": ("Not available in your region", "お住まいの地域ではご利用いただけません", "您所在的地区无法访问"),
    "session": ("Your session has expired", "セッションの有効期限が切れました", "会话已过期"),
    "consent": ("We value your privacy", "Cookieの使用に同意してください", "请接受Cookie"),
    "hotel network": ("Welcome to our Wi-Fi", "無料Wi-Fiへようこそ", "欢迎使用免费无线网络"),
    "fake list": ("<a href='/a'>Export control</a>", "<a href='/a'>輸出規制を強化</a>", "<a href='/a'>出口管制</a>"),
}
_SHELLS = {
    "fragment": "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>",
    "doctype": "<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>{0}</title></head><body><p>{0}<br></body>",
    "xhtml": '<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{0}</body></html>',
}


def _pages() -> Iterator[tuple[str, bytes]]:
    for what, said in _SAID.items():
        for language, text in zip(("en", "ja", "zh"), said, strict=True):
            for shell, form in _SHELLS.items():
                yield f"{what} {language} {shell}", form.format(text).encode()


def _cut() -> Iterator[tuple[str, bytes]]:
    for kind in sorted(set(SOUND) - set(OF_LINES)):
        whole = SOUND[kind]
        for part in range(16):
            yield f"{kind} cut after {part}/16", whole[: len(whole) * part // 16]
        yield f"{kind} without its last byte", whole.rstrip()[:-1]
    for kind in OF_LINES:
        first = SOUND[kind].splitlines()[0]
        for part in range(1, 6):
            yield f"{kind} cut in its first line at {part}/6", first[: len(first) * part // 6]


def _damaged() -> Iterator[tuple[str, bytes]]:
    """Sound feeds that something on the way has changed."""
    whole = SOUND["rss2"]
    text = whole.decode()
    yield "twice packed", gzip.compress(whole)
    yield "base64", base64.b64encode(whole)
    yield "hex", whole.hex().encode()
    yield "EBCDIC", text.encode("cp037", "replace")
    yield "Shift_JIS and UTF-8 mixed", whole + "輸出規制".encode("cp932")
    yield "overlong slash", whole.replace(b"/", b"\xc0\xaf", 1)
    yield "lone surrogate", whole.replace("輸".encode(), b"\xed\xa0\x80", 1)
    yield "a bit turned", whole.replace("輸".encode(), b"\xe8\x3c\xb8", 1)
    yield "bytes beyond Unicode", whole.replace("輸".encode(), b"\xf5\x80\x80\x80", 1)
    yield "angle brackets escaped", text.replace("<", "&lt;").encode()
    yield "as a JSON string", json.dumps(text).encode()
    yield "in a script", f"<script>var feed = {json.dumps(text)}</script>".encode()
    yield "quoted-printable", b"=3Crss=3E"
    yield "another encoding declared and broken", whole.replace(b"UTF-8", b"UTF-16").replace(b"<item>", b"<it\xff")
    yield "in ISO-2022-JP broken off", text.replace("UTF-8", "ISO-2022-JP").encode("iso2022_jp")[:-40] + b"\x1b$B!"
    yield "PHP warning before", b"<br />\n<b>Warning</b>: mysql_connect()\n" + whole
    yield "PHP error after", whole + b"<br />\n<b>Fatal error</b>"
    yield "two documents", whole + whole
    yield "tags in capitals", text.replace("<rss", "<RSS").replace("</rss", "</RSS").encode()
    yield "names swapped", text.replace("<item>", "<item><title>").encode()
    yield "in a SOAP envelope", f"<Envelope><Body>{text.partition('?>')[2]}</Body></Envelope>".encode()
    yield "wrong end", text.replace("</channel>", "</chanel>").encode()


def _attacks() -> Iterator[tuple[str, bytes]]:
    """What exploits readers of XML and JSON; each on a feed that is otherwise sound."""
    feed = SOUND["rss2"].decode().partition("?>")[2]
    laughs = "".join(f'<!ENTITY a{number + 1} "{f"&a{number};" * 10}">' for number in range(9))
    doctypes = {
        "billion laughs": f'<!DOCTYPE rss [<!ENTITY a0 "ha">{laughs}]>',
        "quadratic blowup": f'<!DOCTYPE rss [<!ENTITY a9 "{"x" * 50_000}">]>',
        "file entity": '<!DOCTYPE rss [<!ENTITY a9 SYSTEM "file:///etc/hostname">]>',
        "web entity": '<!DOCTYPE rss [<!ENTITY a9 SYSTEM "http://127.0.0.1:9/x">]>',
        "parameter entity": '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        "external subset": '<!DOCTYPE rss SYSTEM "file:///etc/hostname">',
        "public subset": '<!DOCTYPE rss PUBLIC "-//X//Y" "http://127.0.0.1:9/x.dtd">',
        "entity of itself": '<!DOCTYPE rss [<!ENTITY a9 "&a9;">]>',
        "lower case doctype": '<!doctype rss [<!ENTITY a9 "x">]>',
        "attribute list": '<!DOCTYPE rss [<!ATTLIST item title CDATA "輸出規制">]>',
    }
    for name, doctype in doctypes.items():
        for where, before in (("first", ""), ("after a comment", "<!-- x -->"), ("after a declaration", "<?xml-x?>")):
            yield f"{name} {where}", (before + doctype + feed.replace("輸出", "&a9;", 1)).encode()
    yield "nesting of 200,000", b"<rss><channel>" + b"<item>" * 200_000
    yield "nesting of 5,000 that ends", b"<rss><channel>" + b"<b>" * 5_000 + b"</b>" * 5_000 + b"</channel></rss>"
    yield "very many attributes", b"<rss " + b"".join(b'a%d="" ' % each for each in range(50_000)) + b"/>"
    yield "the same attribute again and again", b"<rss " + b'a="" ' * 50_000 + b"/>"
    yield "very many namespaces", b"<rss " + b"".join(b'xmlns:n%d="u" ' % each for each in range(20_000)) + b"/>"
    yield "a name of a megabyte", b"<" + b"a" * 1_000_000 + b"/>"
    yield "very many open sections", b"<rss>&" + b"<![CDATA[" * 100_000
    yield "very many open comments", b"<!--" * 200_000
    yield "very many instructions", b"<??>" * 200_000
    yield "very many bare ampersands", b"<rss>" + b"&" * 500_000
    yield "a megabyte of spaces", b" " * 1_000_000
    yield "a megabyte of NUL", b"\0" * 1_000_000
    yield "a megabyte of escapes", b"\x1b[" * 500_000
    yield "reference to nothing", feed.replace("輸出", "&#0;", 1).encode()
    yield "reference beyond Unicode", feed.replace("輸出", "&#x110000;", 1).encode()
    yield "reference to a surrogate", feed.replace("輸出", "&#xD800;", 1).encode()
    yield "inclusion of a file", b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'
    yield "style sheet", b'<?xml-stylesheet href="file:///etc/hostname"?><xsl:stylesheet xmlns:xsl="u"/>'


def _json() -> Iterator[tuple[str, bytes]]:
    yield "JSON 10,000 deep", b"[" * 10_000 + b"]" * 10_000
    yield "JSON objects 10,000 deep", b'{"count": ' * 10_000 + b"1" + b"}" * 10_000
    yield "JSON results 10,000 deep", b'{"count": 1, "results": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
    yield "JSON of 5,000 digits", b'{"count": ' + b"9" * 5_000 + b', "results": [{"title": "x"}]}'
    yield "JSON id of 5,000 digits", b'{"id": ' + b"9" * 5_000 + b', "source": "jp-example", "title": "x"}'
    for word in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"null", b"true", b'""', b"[]", b"-0.5"):
        yield f"JSON {word.decode()}", word
        yield f"JSON count {word.decode()}", b'{"count": ' + word + b', "results": [' + word + b"]}"
        yield f"JSON title {word.decode()}", b'{"id": "a", "source": "jp-example", "title": ' + word + b"}"
    yield "JSON lone surrogate", b'{"id": "a", "source": "jp-example", "title": "\\ud800"}'
    yield "JSON comma too many", b'{"id": "a", "source": "jp-example", "title": "x",}'
    yield "JSON single quotes", b"{'id': 'a', 'source': 'jp-example', 'title': 'x'}"
    yield "JSON comment", b'{"id": "a", /* x */ "source": "jp-example", "title": "x"}'
    yield "JSON control character", b'{"id": "a", "source": "jp-example", "title": "a\x00b"}'
    yield "JSON of invisible characters", '{"id": "a", "source": "jp-example", "title": "\u202e\u200b\u00ad"}'.encode()
    yield "JSON error with status 200", b'{"status": 500, "error": "Internal Server Error", "path": "/feed"}'
    yield "JSON of another service", b'{"data": {"items": [{"title": "x"}]}, "ok": true}'
    yield "JSON of another source", b'{"id": "a", "source": "xx-other", "title": "x"}'
    yield "JSON with results for nobody", b'{"count": 5, "results": []}'
    yield "JSON problem details", b'{"type": "about:blank", "title": "Too Many Requests", "status": 429}'


def _other() -> Iterator[tuple[str, bytes]]:
    yield "feed without entries", feed_of("rss2", []).encode()
    yield "feed of one blank entry", feed_of("atom", [(" \u3000\u200b", "", "")]).encode()
    yield "CSV", "id,title\r\n1,輸出規制\r\n".encode()
    yield "calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    yield "mail", b"From: a@example.org\r\nSubject: x\r\n\r\nx"
    yield "robots", b"User-agent: *\nDisallow: /\n"
    yield "zip", b"PK\x03\x04" + bytes(26)
    yield "office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    yield "sitemap index", b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>'
    yield "S3 error", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    yield "WSDL", b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>'


def bad_bodies() -> dict[str, bytes]:
    """Every body by its name; bad for every kind."""
    return dict([*_pages(), *_cut(), *_damaged(), *_attacks(), *_json(), *_other()])
