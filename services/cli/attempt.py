"""`noroshi try`: what is found in a text, on which words, and who would be told and why, or why not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from services.alert.lifecycle.decision import may_alert
from services.alert.matching.match import Explanation, explain
from services.alert.settings import AlertSettings
from services.alert.watchlists.news import wants_first
from services.alert.watchlists.sets import WatchlistSet, load_watchlists
from services.classify.core import Classification, Classifier, to_json
from services.classify.plugin import load_suggester
from services.classify.settings import ClassifySettings
from services.cli.reading import Hints, read_argument
from services.cli.settings import load
from services.contracts.events import Event
from services.contracts.measures import Act, Amount, Relation
from services.contracts.vocab import Basis, Bound, Modality, Urgency
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

_BASES = {
    Basis.ISSUER: "who published it",
    Basis.PAIR: "pair form",
    Basis.ORDER: "place in the sentence",
    Basis.DISCOURSE: "said in another clause",
    Basis.LAW: "by law",
    Basis.MENTION: "only mentioned",
}
_BOUNDS = {Bound.ABOUT: "about", Bound.UP_TO: "at most", Bound.AT_LEAST: "at least"}


@click.command("try")
@click.argument("text_file_or_url")
@click.option("--lang", help="Language of the text: en, ja, zh-Hans or zh-Hant; default: seen from the text.")
@click.option("--source", help="Key of the source, e.g. us-federal-register: says whose act it is.")
@click.option("--published", help="Day of publication, e.g. 2024-12-03; default: today.")
@click.option("--title", help="Title; default: the first line.")
@click.option("--watchlists", type=click.Path(path_type=Path), help="Folder of watchlists; default from the settings.")
@click.option("--suggester", help="Plug-in that suggests measure types; default from the settings, which is none.")
@click.option("--explain", "whole", is_flag=True, help="Show every clause of every watchlist, and what was rejected.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")
def command(
    text_file_or_url: str,
    lang: str | None,
    source: str | None,
    published: str | None,
    title: str | None,
    watchlists: Path | None,
    suggester: str | None,
    whole: bool,
    as_json: bool,
) -> None:
    """Show what is found in a text, a file (text, HTML, .jsonl; - is standard input) or an address, and who is told.

    Needs no broker; nothing is sent or kept.
    """
    taxonomy = default_taxonomy()
    lists = load_watchlists(load(AlertSettings, watchlists=watchlists).watchlists, taxonomy)
    named = load(ClassifySettings, suggester=suggester).suggester
    classifier = Classifier(taxonomy, suggester=load_suggester(named, taxonomy))
    for event in read_argument(text_file_or_url, Hints(title, lang, source, published)):
        found = classifier.classify(event, explain=True)
        if as_json:
            click.echo(json.dumps(_as_json(found, lists, taxonomy), ensure_ascii=False))
        else:
            click.echo("\n".join(_Report(event, found, lists, taxonomy, whole=whole).lines()))


def _as_json(found: Classification, lists: WatchlistSet, taxonomy: Taxonomy) -> dict[str, Any]:
    told = [
        {
            "act": number,
            "watchlist": watchlist.id,
            "told": explanation.holds and may_alert(act) and wants_first(watchlist.news, act, taxonomy),
            "matched": [term.model_dump() for term in explanation.matched],
            "missing": list(explanation.missing),
        }
        for number, act in enumerate(found.acts)
        for watchlist in lists.watchlists
        for explanation in (explain(watchlist, act, taxonomy),)
    ]
    rejected = [{"words": each.words, "rule": each.rule, "reason": each.reason} for each in found.rejected]
    return to_json(found) | {"told": told, "rejected": rejected}


class _Report:
    """One event's findings as lines of text."""

    def __init__(
        self, event: Event, found: Classification, lists: WatchlistSet, taxonomy: Taxonomy, *, whole: bool
    ) -> None:
        self._event, self._found, self._lists, self._taxonomy, self._whole = event, found, lists, taxonomy, whole
        self._bold = sys.stdout.isatty()

    def lines(self) -> Iterator[str]:
        """The report, top to bottom."""
        day = self._event.published_on or self._event.seen_at.date()
        yield self._strong(self._event.title or "(no title)")
        yield f"  {self._found.lang}, published {day}, source {self._event.source}"
        if not self._found.acts:
            yield f"  no measure: {self._found.reason}. Nobody would be told."
        else:
            verdict = "relevant" if self._found.relevant else "not relevant"
            yield f"  {verdict} ({self._found.reason}), urgency {self._found.urgency}"
        for number, act in enumerate(self._found.acts, 1):
            yield ""
            yield from self._act_lines(number, act)
            yield from self._told_lines(act)
        yield from self._suggested_lines()
        if self._whole:
            yield from self._rejected_lines()
        yield ""

    def _act_lines(self, number: int, act: Act) -> Iterator[str]:
        label = self._taxonomy.label
        types = ", ".join(f"{each} ({label('measures', each, 'en')})" for each in act.types)
        yield self._strong(f"  Act {number}: {types}")
        rows = {
            "stage": f"{act.stage}, {act.direction}, {act.modality}, urgency {act.urgency}",
            "imposing": self._countries(act.imposing),
            "target": self._countries(act.target),
            "affected": self._countries(act.affected),
            "beneficiary": self._countries(act.beneficiary),
            "partner": self._countries(act.partner),
            "minerals": ", ".join(act.minerals),
            "technologies": ", ".join(act.technologies),
            "codes": ", ".join((*act.hs_codes, *act.eccns, *act.cas_numbers)),
            "dates": ", ".join(f"{fact.role} {fact.value}" for fact in act.dates),
            "amounts": ", ".join(_amount(each) for each in act.amounts),
            "identifiers": ", ".join(f"{each.scheme} {each.value}" for each in act.identifiers),
            "confidence": ", less for: ".join(filter(None, (f"{act.confidence:.2f}", ", ".join(act.doubts)))),
        }
        for name, text in rows.items():
            if text:
                yield f"    {name:<13} {text}"
        for relation in act.relations:
            yield f"    {relation.kind:<13} {self._other(relation)}  “{_cut(relation.words.text, 60)}”"
        yield "    words"
        for each in act.evidence:
            tag = f"{each.facet}:{each.tag}"
            basis = "" if each.basis is Basis.NONE else f" ({_BASES.get(each.basis, each.basis)})"
            yield f"      {tag:<38} “{_cut(each.text, 60)}”  {each.field} {each.start}–{each.end}  {each.rule}{basis}"

    def _countries(self, codes: tuple[str, ...]) -> str:
        return ", ".join(f"{code} ({self._taxonomy.label('countries', code, 'en')})" for code in codes)

    def _other(self, relation: Relation) -> str:
        return f"{relation.to.scheme} {relation.to.value}" if relation.to else f"of {self._countries(relation.of)}"

    def _told_lines(self, act: Act) -> Iterator[str]:
        yield "    who would be told"
        if not may_alert(act):
            yield f"      nobody: {_refusal(act)}"
        found = [(each, explain(each, act, self._taxonomy)) for each in self._lists.watchlists]
        for watchlist, explanation in sorted(found, key=lambda pair: not pair[1].holds):
            where = ", ".join(f"{each.channel} {each.address}" for each in watchlist.destinations)
            wanted = wants_first(watchlist.news, act, self._taxonomy)
            told = explanation.holds and may_alert(act) and wanted
            yield f"      {'✓' if explanation.holds else '✗'} {watchlist.id}{f' → {where}' if told else ''}"
            if explanation.holds and not wanted:
                yield f"          not told: its `news` asks only for {', '.join(watchlist.news)}"
            yield from (f"          {line}" for line in self._why(explanation))

    def _why(self, explanation: Explanation) -> Iterator[str]:
        if self._whole:
            yield from explanation.tree.lines()
        elif explanation.holds:
            terms = (f"{each.predicate} {each.term} ({', '.join(each.tags)})" for each in explanation.matched)
            yield "because " + "; ".join(terms)
        else:
            yield _cut("since " + "; ".join(explanation.missing))

    def _suggested_lines(self) -> Iterator[str]:
        added = self._found.suggestions
        if added.found:
            yield ""
            yield "  suggested by a plug-in; nobody is told because of it"
        for each in added.found:
            tag = f"{each.tag} ({self._taxonomy.label('measures', each.tag, 'en')})"
            where = f"{each.words.field} {each.words.start}–{each.words.end}"
            yield f"    {tag}, at most {each.score:.2f}  “{_cut(each.words.text, 60)}”  {where}"
        yield from (f"  suggestion refused: {reason}" for reason in added.refused)

    def _rejected_lines(self) -> Iterator[str]:
        yield ""
        yield "  found and rejected" if self._found.rejected else "  nothing was found and rejected"
        for each in self._found.rejected:
            yield f"    “{_cut(each.words, 60)}”  {each.reason}  [{each.rule}]"

    def _strong(self, text: str) -> str:
        return click.style(text, bold=True) if self._bold else text


def _amount(amount: Amount) -> str:
    whole, _, part = amount.value.partition(".")
    value = f"{int(whole):,}{'.' + part if part else ''}"
    return f"{amount.currency} {value}{'' if amount.bound is Bound.EXACT else f' ({_BOUNDS[amount.bound]})'}"


def _cut(text: str, width: int = 130) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _refusal(act: Act) -> str:
    if act.modality is not Modality.ASSERTED:
        return f"the text states it as {act.modality}, and only what is asserted alerts"
    return "its urgency is archive" if act.urgency is Urgency.ARCHIVE else "it fills history"
