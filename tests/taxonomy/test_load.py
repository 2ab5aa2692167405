"""A wrong vocabulary file is refused with every problem at its line; a right one loads fast and unchanged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import services.taxonomy
from services.taxonomy.load import TaxonomyError, default_taxonomy, load_taxonomy

PACKAGED = Path(services.taxonomy.__file__).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for file in PACKAGED.glob("*.yml"):
        shutil.copy(file, tmp_path)
    return tmp_path


def spoil(copy: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` in a file by `new`; return the line where the replacement starts."""
    path = copy / f"{file}.yml"
    before, found, after = path.read_text(encoding="utf-8").partition(old)
    assert found, f"{old!r} is not in {file}.yml"
    path.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


def problems(copy: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(TaxonomyError) as caught:
        load_taxonomy(copy)
    return [(Path(each.path).stem, each.line, each.message) for each in caught.value.problems]


def test_the_packaged_files_load_and_are_read_once() -> None:
    assert default_taxonomy() is default_taxonomy()
    assert default_taxonomy().minerals.keys() == load_taxonomy(PACKAGED).minerals.keys()


# file, what stands there, what is written instead, the problem
Spoilt = tuple[str, str, str, str]

SHAPES: list[Spoilt] = [
    ("minerals", "cas: 7440-55-3", "cas: 7440-55-4", "CAS number '7440-55-4' fails its check digit; correct it"),
    ("minerals", "cas: 7440-56-4", "cas: Ge", "CAS number 'Ge' is not of the form 7440-55-3; correct it"),
    ("minerals", "hs: ['8112.92'", "hs: ['811292'", "HS code '811292' is not six digits as 8112.92; correct it"),
    ("minerals", "kind: element", "kind: elment", "`kind` is 'elment'; did you mean `element`?"),
    ("minerals", "    symbol: Al", "    symbl: Al", "unknown key `symbl`; did you mean `symbol`?"),
    ("minerals", "ja: [ガリウム]", "jp: [ガリウム]", "language `jp` is not known; write one of en, ja"),
    ("minerals", "ja: [ハフニウム]", "ja: ['ハフニウム ']", "stray space or empty text 'ハフニウム '; write the words"),
    ("minerals", "policy: deny", "policy: denied", "`policy` is 'denied'; did you mean `deny`?"),
    ("minerals", "effective: '2024-09-15'", "effective: soon", "`effective` is 'soon'; write a date as 2026-01-31"),
    ("technologies", "prefix: 4A090", "prefix: A4090", "`prefix` is 'A4090'; "),
    ("measures", "direction: restrictive", "direction: harsh", "`direction` is 'harsh'; write one of"),
    ("measures", "en: [Export ban]", "en: []", "`en` has 0 items; give at least 1"),
    ("countries", "members: [US, JP", "members: [no, JP", "`members[0]` is 'no'; "),
]
CROSS_REFERENCES: list[Spoilt] = [
    ("minerals", "of: [aluminum]", "of: [aluminium]", "unknown `aluminium`; did you mean `aluminum`?"),
    ("minerals", "groups: [minor_metals]", "groups: [minor]", "unknown `minor`; "),
    ("minerals", "    lists: [eu_crma_critical", "    lists: [eu_crma", "unknown `eu_crma`; did you mean"),
    ("minerals", "implies: [technologies/compound_", "implies: [technologies/compond_", "unknown `technologies/comp"),
    ("minerals", "by: CN\n        instr", "by: ZZ\n        instr", "unknown `ZZ`; correct it or add the entry"),
    ("minerals", "{country: CN, share_pct: 60}", "{country: AC, share_pct: 60}", "unknown `AC`; "),
    ("minerals", "issuer: US", "issuer: XX", "unknown `XX`; "),
    ("minerals", "count: 50", "count: 51", "`us_usgs_2022` has 50 different members, not 51; correct the list"),
    ("technologies", "parent: artificial_intelligence", "parent: ai", "unknown `ai`; "),
    ("technologies", "related_minerals: [", "related_minerals: [unobtainium, ", "unknown `unobtainium`; "),
    ("technologies", "us_cet_2024: [semiconductors]", "us_cet_2024: [chips]", "unknown `chips`; correct it"),
    ("technologies", "jp_20_fields: [3]", "jp_20_fields: [21]", "unknown `21`; "),
    ("technologies", "technology: hbm", "technology: hbn", "unknown `hbn`; did you mean"),
    ("technologies", "to: minerals/samarium", "to: minerals/samarum", "unknown `minerals/samarum`; did you mean"),
    ("technologies", "prefix: 4A090", "prefix: 3A090", "prefix 3A090 a second time; keep one row"),
    ("measures", "parent: export_control", "parent: export_controls", "unknown `export_controls`; did you mean"),
    ("measures", "order: 10", "order: 11", "stage `considered` with order 11 is not that of contracts/vocab.py"),
    ("countries", "- id: TW", "- id: ZQ", "unknown `ZQ`; correct it or add the entry"),
    ("countries", "members: [US, JP", "members: [UK, JP", "unknown `UK`; "),
]


def found_after(folder: Path, spoilts: list[Spoilt]) -> dict[Spoilt, tuple[int, list[tuple[str, int, str]]]]:
    """Write all of `spoilts` into one copy and load it once; each then looks for its own problem."""
    for file in PACKAGED.glob("*.yml"):
        shutil.copy(file, folder)
    lines = [spoil(folder, file, old, new) for file, old, new, _ in spoilts]
    found = problems(folder)
    return {each: (line, found) for each, line in zip(spoilts, lines, strict=True)}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[Spoilt, tuple[int, list[tuple[str, int, str]]]]:
    shapes, references = tmp_path_factory.mktemp("shapes"), tmp_path_factory.mktemp("references")
    return found_after(shapes, SHAPES) | found_after(references, CROSS_REFERENCES)


@pytest.mark.parametrize("spoilt", SHAPES + CROSS_REFERENCES, ids=lambda spoilt: f"{spoilt[0]}: {spoilt[2]}")
def test_a_wrong_value_is_refused_in_its_line(
    loaded: dict[Spoilt, tuple[int, list[tuple[str, int, str]]]], spoilt: Spoilt
) -> None:
    file, _, _, message = spoilt
    line, found = loaded[spoilt]
    assert any(where == file and line <= at <= line + 1 and said.startswith(message) for where, at, said in found), (
        found
    )


def test_an_id_given_twice_is_refused_at_the_second(copy: Path) -> None:
    line = spoil(copy, "minerals", "  - id: bauxite\n", "  - id: aluminum\n")
    assert ("minerals", line, "id `aluminum` a second time; merge the two entries") in problems(copy)


def test_a_roll_up_in_a_circle_is_refused(copy: Path) -> None:
    spoil(copy, "minerals", "    hs: ['7601.10'", "    of: [bauxite]\n    hs: ['7601.10'")
    found = [message for _, _, message in problems(copy)]
    assert "`aluminum` belongs to itself; break the circle" in found
    assert "`bauxite` belongs to itself; break the circle" in found


def test_a_member_that_does_not_name_its_list_is_refused_in_the_list(copy: Path) -> None:
    spoil(copy, "minerals", "    lists: [jp_espa_minerals]\n", "")
    assert any("does not name the list `jp_espa_minerals`" in message for _, _, message in problems(copy))


def test_an_entry_that_names_a_list_without_it_is_refused(copy: Path) -> None:
    line = spoil(copy, "minerals", "    of: [aluminum]\n", "    of: [aluminum]\n    lists: [eu_crma_critical]\n")
    what = "the list `eu_crma_critical` does not hold `bauxite`; correct one of the two"
    assert ("minerals", line + 1, what) in problems(copy)


def test_producer_shares_that_do_not_descend_are_refused(copy: Path) -> None:
    line = spoil(copy, "minerals", "top: [{country: CN, share_pct: 60}", "top: [{country: CN, share_pct: 5}")
    assert ("minerals", line, "producer shares do not descend within 100 per cent; correct them") in problems(copy)


def test_a_stage_that_code_knows_and_the_file_lacks_is_refused(copy: Path) -> None:
    spoil(copy, "measures", "  - id: lifted\n", "  - id: raised\n")
    found = [message for _, _, message in problems(copy)]
    assert "stage `lifted` of contracts/vocab.py is missing; add it" in found
    assert any(message.startswith("stage `raised` with order 80 is not") for message in found)


def test_a_form_of_two_ids_without_a_note_is_refused_at_the_second(copy: Path) -> None:
    line = spoil(copy, "minerals", "ja: [ハフニウム", "ja: [ガリウム, ハフニウム")
    what = "'ガリウム' is also a form of mineral/gallium; add an ambiguity note of policy lang or dual"
    assert ("minerals", line, what) in problems(copy)


def test_a_chinese_form_of_two_ids_is_refused_across_facets(copy: Path) -> None:
    spoil(copy, "technologies", "zh-Hans: [人工智能", "zh-Hans: [镓, 人工智能")
    assert any("'镓' is also a form of mineral/gallium" in message for _, _, message in problems(copy))


def test_a_form_shared_with_a_note_is_accepted(copy: Path) -> None:
    note = "    ambiguous:\n      - {form: ガリウム, lang: ja, means: both, policy: dual}\n"
    spoil(copy, "minerals", "  - id: promethium\n", "  - id: promethium\n" + note)
    spoil(copy, "minerals", "ja: [プロメチウム]", "ja: [ガリウム, プロメチウム]")
    assert "ガリウム" in load_taxonomy(copy).minerals["promethium"].names["ja"]


def test_an_ambiguity_note_on_no_form_of_the_entry_is_refused(copy: Path) -> None:
    line = spoil(copy, "minerals", "      - form: バリウム\n", "      - form: バリュウム\n")
    what = "ambiguity note on 'バリュウム' (ja), which is no form of the entry; correct one of them"
    assert ("minerals", line, what) in problems(copy)


def test_a_policy_that_accepts_nothing_is_refused(copy: Path) -> None:
    spoil(copy, "technologies", "        allow: [GPU, 半導体, AI]\n", "")
    assert any("policy `context` on '画像処理装置' accepts nothing" in message for _, _, message in problems(copy))


def test_a_short_kana_form_without_a_note_is_refused(copy: Path) -> None:
    line = spoil(copy, "minerals", "ja: [ガリウム]", "ja: [ガリウム, ガリ]")
    what = "short kana form 'ガリ' stands inside many words; add an ambiguity note"
    assert problems(copy) == [("minerals", line, what)]


def test_the_problems_of_all_files_are_reported_at_once(copy: Path) -> None:
    spoil(copy, "minerals", "cas: 7440-55-3", "cas: 1-1-1")
    spoil(copy, "measures", "flow: export", "flow: Export!")
    (copy / "countries.yml").unlink()
    assert {file for file, _, _ in problems(copy)} == {"minerals", "measures", "countries"}


def test_loading_is_quick_in_a_fresh_process() -> None:
    timed = (
        "import time; from services.taxonomy.load import load_taxonomy; "
        "start = time.process_time(); load_taxonomy(); print(time.process_time() - start)"
    )
    root = PACKAGED.parent.parent
    ran = subprocess.run([sys.executable, "-c", timed], cwd=root, capture_output=True, text=True, check=True)
    assert float(ran.stdout) < 0.7
