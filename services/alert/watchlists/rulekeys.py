"""The rule of a watchlist file: `match`, `all`, `any` and `none`, with predicates and their terms."""

from __future__ import annotations

from services.alert.matching.predicates import PREDICATES
from services.alert.watchlists.reading import Path, Reading
from services.contracts.watchlists import Condition, Rule
from services.runtime.yamlmessages import did_you_mean

GROUPS = ("all", "any", "none")


class RuleReading(Reading):
    """Reads the rule."""

    def whole_rule(self) -> Rule:
        """The rule of the file: `match` together with `all`, `any` and `none` beside it."""
        value = self.document.value
        outer = {key: value[key] for key in GROUPS if key in value}
        if "match" not in value and not outer:
            self.add((), "no rule; add `match:` with at least one predicate, as `minerals: [gallium]`")
            return Rule()
        inner = self._rule(value["match"], ("match",)) if "match" in value else Rule()
        beside = self._rule(outer, ()) if outer else Rule()
        if inner.any and beside.any:
            return Rule(all=(inner, beside))
        return Rule(all=(*inner.all, *beside.all), any=(*inner.any, *beside.any), none=(*inner.none, *beside.none))

    def _rule(self, value: object, path: Path) -> Rule:
        """A mapping: each predicate must hold, and so must `all`, `any` and `none` in it."""
        if not isinstance(value, dict) or not value:
            self.add(path, "a rule is a mapping of predicates, as `minerals: [gallium]`; write at least one")
            return Rule()
        groups: dict[str, list[Rule | Condition]] = {key: [] for key in GROUPS}
        for key, each in value.items():
            if key in GROUPS:
                groups[key].extend(self._group(key, each, (*path, key)))
            elif key in PREDICATES:
                groups["all"].extend(self._condition(key, each, (*path, key)))
            else:
                near = did_you_mean(key, [*PREDICATES, *GROUPS])
                self.add((*path, key), f"unknown predicate `{key}`; {near}", at_key=True)
        return Rule(all=tuple(groups["all"]), any=tuple(groups["any"]), none=tuple(groups["none"]))

    def _group(self, key: str, value: object, path: Path) -> list[Rule | Condition]:
        if isinstance(value, list) and value:
            return [self._item(each, (*path, index)) for index, each in enumerate(value)]
        if isinstance(value, dict) and value:
            if key != "all" and len(value) > 1:
                self.add(
                    path, f"`{key}` of {len(value)} predicates: each alone or only together? Write a list of items"
                )
            return [self._item(value, path)]
        self.add(path, f"`{key}` is empty or no list; write a list of mappings, as `- minerals: [gallium]`")
        return []

    def _item(self, value: object, path: Path) -> Rule | Condition:
        rule = self._rule(value, path)
        single = len(rule.all) == 1 and not rule.any and not rule.none
        return rule.all[0] if single else rule

    def _condition(self, name: str, value: object, path: Path) -> list[Condition]:
        given: list[tuple[Path, object]] = [(path, value)]
        if isinstance(value, list):
            given = [((*path, index), each) for index, each in enumerate(value)]
        if value in ([], ""):
            self.add(path, f"`{name}` has no terms; name at least one, or remove the line")
            return []
        terms = [term for where, each in given for term in self._term(name, each, where)]
        return [Condition(predicate=name, terms=tuple(dict.fromkeys(terms)))] if terms else []

    def _term(self, name: str, value: object, path: Path) -> list[str]:
        if not isinstance(value, str):
            self.add(path, f"a term of `{name}` is a list or mapping; write plain text")
            return []
        problems = PREDICATES[name].check([value], self.taxonomy)
        for problem in problems:
            self.add(path, problem.message)
        return [] if problems else [PREDICATES[name].read(value, self.taxonomy)]
