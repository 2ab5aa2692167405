"""Reads the vocabulary files into a `Taxonomy`, or reports everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from services.runtime.yamlfile import Document, YamlError, YamlProblem, load_yaml, validate
from services.taxonomy.check import faults
from services.taxonomy.files import Files
from services.taxonomy.model import (
    CountriesFile,
    Country,
    FacetName,
    MeasuresFile,
    Mineral,
    MineralsFile,
    TechnologiesFile,
)
from services.taxonomy.taxonomy import Closure, Taxonomy, closure, inverse
from services.taxonomy.territories import country_codes

__all__ = ["Taxonomy", "TaxonomyError", "default_taxonomy", "load_taxonomy"]

_FILES: Mapping[str, type[BaseModel]] = {
    "minerals": MineralsFile,
    "technologies": TechnologiesFile,
    "measures": MeasuresFile,
    "countries": CountriesFile,
}


class TaxonomyError(YamlError):
    """The vocabulary files are wrong; carries every problem with file, line and column."""


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


EntryT = TypeVar("EntryT", bound=_Entry)


def load_taxonomy(directory: Path | None = None) -> Taxonomy:
    """Return the taxonomy of a directory that holds the four vocabulary files; by default the packaged one.

    Raises TaxonomyError with every problem of all files.
    """
    documents, files = _read(directory or Path(__file__).parent)
    problems = [documents[fault.file].problem(fault.path, fault.message) for fault in faults(files)]
    if problems:
        raise TaxonomyError(problems)
    return _taxonomy(files)


@cache
def default_taxonomy() -> Taxonomy:
    """Return the packaged taxonomy, read once."""
    return load_taxonomy()


def _read(directory: Path) -> tuple[dict[str, Document], Files]:
    documents: dict[str, Document] = {}
    files: dict[str, Any] = {}
    problems: list[YamlProblem] = []
    for name, model in _FILES.items():
        try:
            documents[name] = load_yaml(directory / f"{name}.yml")
            files[name] = validate(model, documents[name])
        except YamlError as error:
            problems.extend(error.problems)
    if problems:
        raise TaxonomyError(problems)
    return documents, Files(**files)


def _taxonomy(files: Files) -> Taxonomy:
    minerals = _by_id(files.minerals.entries)
    technologies = _by_id(files.technologies.entries)
    measures = _by_id(files.measures.entries)
    umbrella = _umbrellas(files)
    above: dict[FacetName, Closure] = {
        "minerals": closure(lambda each: (*each.of, *each.groups, *umbrella.get(each.id, ())), minerals),
        "technologies": closure(lambda each: (each.parent,) if each.parent else (), technologies),
        "measures": closure(lambda each: (each.parent,) if each.parent else (), measures),
    }
    return Taxonomy(
        minerals=minerals,
        technologies=technologies,
        measures=measures,
        stages=_by_id(files.measures.lifecycle),
        countries=_countries(files),
        groups=_by_id(files.countries.groups),
        lists=_by_id(files.minerals.lists),
        schemes=files.technologies.schemes,
        eccn_map=files.technologies.eccn_map,
        cn_code_map=files.technologies.cn_code_map,
        general_controls=files.minerals.controls_general,
        matching=files.minerals.matching,
        roles=files.measures.roles,
        date_cues=files.measures.date_cues,
        above=MappingProxyType(above),
        below=MappingProxyType({facet: inverse(each) for facet, each in above.items()}),
    )


def _by_id(entries: Iterable[EntryT]) -> Mapping[str, EntryT]:
    return MappingProxyType({each.id: each for each in entries})


def _countries(files: Files) -> Mapping[str, Country]:
    given = {each.id: each for each in files.countries.entries}
    return MappingProxyType({code: given.get(code) or Country(id=code) for code in sorted(country_codes())})


def _umbrellas(files: Files) -> dict[str, tuple[str, ...]]:
    """Return for every mineral on an official list the umbrellas that cover the list."""
    covering: list[Mineral] = [each for each in files.minerals.entries if each.covers_lists]
    return {
        each.id: tuple(over.id for over in covering if set(over.covers_lists) & set(each.lists))
        for each in files.minerals.entries
    }
