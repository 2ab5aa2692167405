"""A feed's bytes to an XML tree, strictly: no DTD, no entity, no network, no guessing what a broken page meant.

lxml and not a lenient feed reader: a truncated feed or an error page must be an error, never a shorter list of
news. Two faults that real publishers make often and that hide nothing are mended and reported: control characters
and bare ampersands.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.etree import _Element as Element

from services.ingest.pages.charset import decode_page
from services.ingest.pages.page import Page, Problem, ProblemKind, UnreadablePageError
from services.ingest.source import Source

_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROLOG = re.compile(r"\s*(<\?|<!--)")
_BARE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_NAMES = {"html": "an HTML page", "feed": "an Atom feed", "rss": "an RSS 2.0 feed", "RDF": "an RSS 1.0 feed"}


def parse_feed(source: Source, page: Page, *, root: str, form: str) -> tuple[Element, tuple[Problem, ...]]:
    """The root element of the page, which must be called `root`, and what had to be mended to read it.

    Raises UnreadablePageError for anything that is not well-formed XML of that form.
    """
    declared = _DECLARATION.match(page.content[:400].removeprefix(b"\xef\xbb\xbf"))
    label = declared.group(1).decode() if declared else None
    text = decode_page(page.content, (label, page.charset), source.language).lstrip("\ufeff \t\r\n")
    if not text:
        raise UnreadablePageError("the page is empty")
    body = _after_prolog(text)
    tree, problems = _parse(source, body)
    if (name := local_name(tree)) != root:
        raise UnreadablePageError(f"{_NAMES.get(name, f'a page whose root is <{name}>')} came where {form} is expected")
    return tree, problems


def _after_prolog(text: str) -> str:
    """The text from its root element on; raises UnreadablePageError for a DOCTYPE or for no element at all."""
    start = 0
    while found := _PROLOG.match(text, start):  # by place: cutting the text each time takes its length squared
        opening = found[1]
        end = text.find("?>" if opening == "<?" else "-->", found.end())
        if end < 0:
            raise UnreadablePageError("the page breaks off before its first element")
        start = end + len("?>" if opening == "<?" else "-->")
    text = text[start:].lstrip()
    if text[:9].upper() == "<!DOCTYPE":
        what = "an HTML page came instead of a feed" if "html" in text[9:40].lower() else "a DOCTYPE is refused"
        raise UnreadablePageError(what)
    if not text.startswith("<"):
        raise UnreadablePageError(f"no XML: the page begins with {text[:40]!r}" if text else "the page breaks off")
    return text


def _parse(source: Source, text: str) -> tuple[Element, tuple[Problem, ...]]:
    try:
        return _strictly(text), ()
    except etree.XMLSyntaxError as error:
        mended = _mend(text)
        if mended == text:
            raise UnreadablePageError(_reason(error)) from error
        message = f"control characters or bare ampersands were mended to read it ({_reason(error)})"
    try:
        return _strictly(mended), (Problem(ProblemKind.DRIFT, source.key, message),)
    except etree.XMLSyntaxError as error:
        raise UnreadablePageError(_reason(error)) from error


def _strictly(text: str) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


def _mend(text: str) -> str:
    """The text with control characters gone and bare ampersands escaped, outside of CDATA."""
    mended, rest = [], _CONTROL.sub("", text)
    place = 0
    while (start := rest.find("<![CDATA[", place)) >= 0 and (end := rest.find("]]>", start)) >= 0:
        mended += [_BARE.sub("&amp;", rest[place:start]), rest[start : end + 3]]
        place = end + 3
    return "".join((*mended, _BARE.sub("&amp;", rest[place:])))


def _reason(error: etree.XMLSyntaxError) -> str:
    return f"not well-formed XML: {error.msg}"


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: Element, name: str) -> list[Element]:
    """The child elements of that name in the namespace of `element` itself, so that no extension is mistaken."""
    namespace = etree.QName(element).namespace
    return element.findall(f"{{{namespace}}}{name}" if namespace else name)


def text_of(element: Element | None) -> str:
    """All text inside the element; empty where there is none."""
    return "" if element is None else "".join(map(str, element.itertext()))


def child_text(element: Element, *names: str) -> str:
    """The text of the first child that has any, by name; a name may carry its namespace as `{uri}name`."""
    for name in names:
        found = element.findall(name) if name.startswith("{") else children(element, name)
        for each in found:
            if (text := text_of(each)).strip():
                return text
    return ""
