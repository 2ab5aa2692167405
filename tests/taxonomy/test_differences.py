from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.taxonomy.differences import Difference, Edit, compare_taxonomies
from services.taxonomy.load import default_taxonomy
from services.taxonomy.taxonomy import Taxonomy

GALLIUM = default_taxonomy().minerals["gallium"]


def changed(**update: object) -> Taxonomy:
    """The packaged vocabulary with another gallium."""
    taxonomy = default_taxonomy()
    return replace(taxonomy, minerals={**taxonomy.minerals, "gallium": GALLIUM.model_copy(update=update)})


def without(*ids: str) -> Taxonomy:
    taxonomy = default_taxonomy()
    return replace(taxonomy, minerals={id_: each for id_, each in taxonomy.minerals.items() if id_ not in ids})


def test_a_vocabulary_does_not_differ_from_itself() -> None:
    assert compare_taxonomies(default_taxonomy(), default_taxonomy()) == ()


def test_a_word_that_came_and_one_that_went_are_named_with_their_place() -> None:
    new = changed(names={**GALLIUM.names, "ja": ("ガリウム金属",)})
    assert compare_taxonomies(default_taxonomy(), new) == (
        Difference("minerals", "gallium", "names.ja", Edit.ADDED, "ガリウム金属"),
        Difference("minerals", "gallium", "names.ja", Edit.REMOVED, "ガリウム"),
    )


def test_another_parent_and_a_changed_policy_are_differences_too() -> None:
    ambiguous = (GALLIUM.ambiguous[0].model_copy(update={"deny": (*GALLIUM.ambiguous[0].deny, "gallium maltolate")}),)
    found = compare_taxonomies(default_taxonomy(), changed(groups=("rare_metals",), ambiguous=ambiguous))
    assert {(each.part, each.edit, each.value) for each in found} == {
        ("ambiguous.deny", Edit.ADDED, "gallium maltolate"),
        ("groups", Edit.ADDED, "rare_metals"),
        ("groups", Edit.REMOVED, "minor_metals"),
    }


def test_an_entry_that_went_or_came_is_one_difference() -> None:
    assert compare_taxonomies(default_taxonomy(), without("gallium")) == (
        Difference("minerals", "gallium", "", Edit.REMOVED),
    )
    assert compare_taxonomies(without("gallium"), default_taxonomy()) == (
        Difference("minerals", "gallium", "", Edit.ADDED),
    )


def test_an_entry_that_kept_its_words_under_another_id_is_renamed() -> None:
    left = without("gallium")
    new = replace(left, minerals={**left.minerals, "ga_metal": GALLIUM.model_copy(update={"id": "ga_metal"})})
    assert compare_taxonomies(default_taxonomy(), new) == (
        Difference("minerals", "gallium", "", Edit.RENAMED, "ga_metal"),
    )


def test_an_entry_with_other_words_is_not_taken_for_a_renamed_one() -> None:
    found = compare_taxonomies(without("gallium"), without("tungsten"))
    assert [each.edit for each in found] == [Edit.ADDED, Edit.REMOVED]


@pytest.mark.parametrize("facet", ["technologies", "measures", "stages", "countries", "groups"])
def test_every_facet_is_compared(facet: str) -> None:
    taxonomy = default_taxonomy()
    entries = dict(getattr(taxonomy, facet))
    gone = next(iter(entries))
    left = {id_: each for id_, each in entries.items() if id_ != gone}
    new = Taxonomy(**vars(taxonomy) | {facet: left})
    assert Difference(facet, gone, "", Edit.REMOVED) in compare_taxonomies(taxonomy, new)


@settings(max_examples=8)
@given(st.sets(st.sampled_from(sorted(default_taxonomy().minerals)), max_size=5))
def test_what_one_way_adds_the_other_way_removes(ids: set[str]) -> None:
    there = compare_taxonomies(default_taxonomy(), without(*ids))
    back = compare_taxonomies(without(*ids), default_taxonomy())
    assert {each.id for each in there} == {each.id for each in back} == ids
    assert {each.edit for each in there} <= {Edit.REMOVED}
    assert {each.edit for each in back} <= {Edit.ADDED}
