"""What the score counts."""

from __future__ import annotations

from tests.mutation.__main__ import judge, read_verdicts

LISTED = """
    services.alert.a.x_find__mutmut_1: killed
    services.alert.a.x_find__mutmut_2: timeout
    services.alert.a.x_find__mutmut_3: survived
    services.alert.b.xǁBǁadd__mutmut_1: no tests
"""


def test_only_mutants_that_fail_a_test_are_killed_and_the_others_are_named() -> None:
    report, score = judge(dict(read_verdicts(LISTED.splitlines())))
    assert score == 50.0
    assert [line.split()[0] for line in report[:2]] == [
        "services.alert.a.x_find__mutmut_3:",
        "services.alert.b.xǁBǁadd__mutmut_1:",
    ]
    assert [line.split() for line in report[-3:]] == [
        ["services.alert.a", "3", "2", "1", "66.7", "%"],
        ["services.alert.b", "1", "0", "1", "0.0", "%"],
        ["all", "4", "2", "2", "50.0", "%"],
    ]


def test_of_no_mutants_nothing_is_proven() -> None:
    assert judge({})[1] == 0.0
