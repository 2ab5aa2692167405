"""The four vocabulary files as parsed, and what a check says is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from services.taxonomy.model import CountriesFile, MeasuresFile, MineralsFile, TechnologiesFile

ValuePath = tuple[str | int, ...]


@dataclass(frozen=True)
class Files:
    """The four vocabulary files, parsed."""

    minerals: MineralsFile
    technologies: TechnologiesFile
    measures: MeasuresFile
    countries: CountriesFile


@dataclass(frozen=True)
class Fault:
    """One thing that does not hold: in which file, at which value, what and how to mend it."""

    file: str
    path: ValuePath
    message: str
