"""Fixtures of the classifier's tests."""

from __future__ import annotations

import pytest

from services.classify.core import Classifier
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return default_taxonomy()


@pytest.fixture(scope="session")
def classifier(taxonomy: Taxonomy) -> Classifier:
    return Classifier(taxonomy)
