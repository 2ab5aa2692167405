"""What every reader of a part of a watchlist file has: the document, the taxonomy, and one list of problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from services.runtime.yamlfile import Document, YamlProblem
from services.taxonomy.taxonomy import Taxonomy

Path: TypeAlias = tuple[str | int, ...]
P = TypeVar("P", bound=BaseModel)


@dataclass
class Reading:
    """Reads a part of the file, collecting problems instead of raising them."""

    document: Document
    taxonomy: Taxonomy
    problems: list[YamlProblem]

    def add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Note a problem at a place of the document."""
        self.problems.append(self.document.problem(path, message, at_key=at_key))

    def parts(self, key: str, model: type[P]) -> Iterator[tuple[int, P]]:
        """The items of a list that are right in form, with their places; of the others `validate` tells."""
        value = self.document.value.get(key)
        for index, each in enumerate(value if isinstance(value, list) else ()):
            try:
                yield index, model.model_validate(each)
            except ValidationError:
                continue
