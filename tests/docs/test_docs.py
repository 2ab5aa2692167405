from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest

from services.alert import slack_errors
from services.alert.delivery.protocol import Reaction, Refused
from services.alert.settings import AlertSettings
from services.cli import noroshi
from services.cli.settings import SETTINGS
from services.contracts.vocab import ALERTING_REASONS, DeliveryState, Reason
from services.runtime.settingsnames import unknown_environment
from tests.docs.pages import DOCS, GUIDES, ROOT, Command, commands, first_cells, name_of, pages, prose, rows, words

PAGES = pages()
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=name_of)


def guide(name: str) -> str:
    return (GUIDES / f"{name}.md").read_text(encoding="utf-8")


# ---- every page ------------------------------------------------------------------------------------------------


@EVERY_PAGE
def test_every_command_on_a_page_is_one_that_the_command_line_takes(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problems = []
    for found in commands(page):
        for argument in found.arguments:
            if argument.endswith((".json", ".jsonl")):
                (tmp_path / Path(argument).name).touch()
        try:
            parse(found)
        except click.UsageError as error:
            problems.append(f"{found}: {error.format_message()}")
    assert problems == []


def parse(found: Command) -> None:
    """Read the arguments as the command would, without running it; raises UsageError for what it does not take."""
    command: click.Command = noroshi
    arguments = list(found.arguments)
    context = click.Context(noroshi, info_name="noroshi")
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name = arguments.pop(0)
        inner = command.get_command(context, name)
        if inner is None:
            raise click.UsageError(f"there is no command {name!r}")
        command, context = inner, click.Context(inner, info_name=name, parent=context)
    if isinstance(command, click.Group) and not arguments:
        return
    try:
        command.make_context(command.name, arguments, parent=context.parent).close()
    except click.exceptions.Exit:
        return  # --help and --version end there
    except (click.MissingParameter, click.BadOptionUsage):
        if found.whole:
            raise  # to be typed as it stands; where it is only named, what it needs may be left out


def test_a_page_that_shows_a_wrong_command_is_noticed() -> None:
    for arguments in (
        ("up", "--prot", "1"),
        ("topic", "plan"),
        ("dead", "list", "--reason", "broken"),
        ("dead", "shw"),
    ):
        with pytest.raises(click.UsageError):
            parse(Command("a page", arguments, whole=True))


def test_the_guides_and_the_read_me_show_commands_at_all() -> None:
    assert {each.page for page in PAGES for each in commands(page)} >= {
        "README.md",
        *(f"docs/guides/{name}.md" for name in ("watchlists", "alerts", "delivery", "events", "operate")),
    }


@EVERY_PAGE
def test_every_variable_on_a_page_is_a_setting(page: Path) -> None:
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if "no such setting" not in line]
    names = variables("\n".join(lines)) - of_the_tests()
    assert list(unknown_environment(dict.fromkeys(names, "x"), SETTINGS)) == []


def variables(text: str) -> set[str]:
    return set(re.findall(r"\bNOROSHI_[A-Z0-9_]*[A-Z0-9]\b(?!_)", text))


def of_the_tests() -> set[str]:
    """The variables that the tests themselves read, which no service knows."""
    own = (path for path in (ROOT / "tests" / "engine").iterdir() if path.suffix in {"", ".py"} and path.is_file())
    return {name for path in own for name in variables(path.read_text(encoding="utf-8"))}


@EVERY_PAGE
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", prose(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@EVERY_PAGE
def test_no_page_names_a_folder_of_the_machine_it_was_written_on(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|home|root|tmp|Users)/\S+", page.read_text(encoding="utf-8")) == []


def test_every_guide_and_reference_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    listed = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#]+)\)", index)}
    assert [name_of(page) for page in PAGES[1:] if page not in listed and page != DOCS / "README.md"] == []


# ---- what a guide tells must be what the code does -------------------------------------------------------------


def test_every_reason_is_told_and_on_the_right_side() -> None:
    alerting, _, silent = guide("alerts").partition("These do not:")
    told = {f"`{reason}`": reason for reason in Reason}
    assert {told[cell] for cell in first_cells(alerting) if cell in told} == ALERTING_REASONS
    assert {told[cell] for cell in first_cells(silent) if cell in told} == set(Reason) - ALERTING_REASONS


def test_every_answer_of_slack_stands_once_and_under_what_it_leads_to() -> None:
    labels = {
        "slows down": ("retry", 1.0),
        "tries again, in an hour": ("retry", 3600.0),
        "tries again, in 15 minutes": ("retry", 900.0),
        "tries again": ("retry", None),
        "sends it smaller": ("degrade", None),
        "leaves the thread": ("rethread", None),
        "waits, channel": ("pause_destination", None),
        "waits, token": ("halt_workspace", None),
        "dead": ("dead", None),
        "unknown": ("unknown", None),
    }
    table = guide("delivery").partition("## Every answer of Slack")[2].partition("\n\n")[0]
    told: list[tuple[str, tuple[str, float | None]]] = []
    for what, answers in rows(table):
        if label := re.match(r"\*\*(.+?)\*\*", what):
            told += [(code, labels[label[1]]) for code in re.findall(r"`(\w+)`", answers)]
    in_code = set(re.findall(r'"([a-z]+(?:_[a-z]+)*)"', inspect.getsource(slack_errors)))
    assert sorted(code for code, _ in told) == sorted(in_code)
    assert [(code, reaction(code)) for code, _ in told] == told


def reaction(code: str) -> tuple[str, float | None]:
    answer = slack_errors.react(code)
    if isinstance(answer, Refused):
        return answer.reaction.value, answer.after_seconds
    return "unknown", None


def test_a_code_of_slack_that_nobody_knows_is_retried_and_then_waits_for_the_channel_as_the_guide_says() -> None:
    assert reaction("brand_new_error") == ("retry", 200.0)
    answer = slack_errors.react("brand_new_error")
    assert isinstance(answer, Refused)
    assert answer.lasting is Reaction.PAUSE_DESTINATION


def test_the_defaults_in_the_delivery_guide_are_those_of_the_code() -> None:
    text = guide("delivery").partition("## Settings")[2]
    named = {row[0].strip("`"): row[1].strip("`") for row in rows(text) if row[0].startswith("`NOROSHI_ALERT_")}
    assert len(named) == 6
    for name, value in named.items():
        default = getattr(AlertSettings(), name.removeprefix("NOROSHI_ALERT_").lower())
        assert (f"{default:g}" if isinstance(default, float) else str(default)) == value, name


def test_every_state_of_a_delivery_is_told() -> None:
    assert {state.value for state in DeliveryState} <= words(guide("delivery"))


def test_every_exit_code_of_a_service_is_told() -> None:
    from services.runtime import serve

    codes = {str(value) for name, value in vars(serve).items() if name.startswith("EXIT_")}
    assert codes <= first_cells(guide("operate").partition("## Exit codes")[2].partition("##")[0])
