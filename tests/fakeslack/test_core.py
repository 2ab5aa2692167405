from __future__ import annotations

from typing import Any

import pytest

from services.fakeslack.core import Answer, Contract, FakeSlack, Fault, FaultKind

NOW = 1_733_217_000.0
CHANNEL = "C0CRITMIN"


def post(slack: FakeSlack, now: float = NOW, **arguments: Any) -> Answer:
    return slack.handle("chat.postMessage", "xoxb-1", {"channel": CHANNEL, "text": "words", **arguments}, now)


def history(slack: FakeSlack, now: float = NOW, **arguments: Any) -> Any:
    given = {"channel": CHANNEL, "include_all_metadata": "true", **arguments}
    return slack.handle("conversations.history", "xoxb-1", given, now).body


def texts(slack: FakeSlack) -> list[str]:
    return [message.text for message in slack.store.messages]


def test_a_call_without_a_token_or_with_another_one_is_refused() -> None:
    slack = FakeSlack(Contract(token="xoxb-1"))
    assert slack.handle("auth.test", None, {}, NOW).body["error"] == "not_authed"
    assert slack.handle("auth.test", "xoxb-2", {}, NOW).body["error"] == "invalid_auth"
    assert slack.handle("auth.test", "xoxb-1", {}, NOW).body["ok"] is True


def test_an_unknown_method_is_named_so() -> None:
    assert FakeSlack().handle("chat.delete", "x", {}, NOW).body == {"ok": False, "error": "unknown_method"}


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C0GONE", "channel_not_found"), ("general", "channel_not_found"), ("C0OLD", "is_archived")],
)
def test_a_channel_that_takes_no_message_says_why(channel: str, error: str) -> None:
    slack = FakeSlack(Contract(archived=frozenset({"C0OLD"}), unknown_channels=frozenset({"C0GONE"})))
    assert post(slack, channel=channel).body["error"] == error
    assert slack.store.messages == []


# ---- pace ------------------------------------------------------------------------------------------------------


def test_a_burst_of_three_passes_then_one_message_a_second() -> None:
    slack = FakeSlack()
    statuses = [post(slack, NOW).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert post(slack, NOW + 0.9).status == 429
    assert post(slack, NOW + 1.0).status == 200
    assert post(slack, NOW + 1.5).status == 429


def test_a_refusal_for_pace_says_how_long_to_wait_and_waiting_so_long_suffices() -> None:
    slack = FakeSlack(Contract(per_second=0.2, burst=1))
    post(slack)
    refused = post(slack)
    wait = int(refused.headers["Retry-After"])
    assert refused.body["error"] == "ratelimited"
    assert post(slack, NOW + wait).status == 200


def test_channels_have_their_own_pace() -> None:
    slack = FakeSlack(Contract(burst=1))
    assert [post(slack, channel=channel).status for channel in ("C0AAA", "C0BBB", "C0AAA")] == [200, 200, 429]


# ---- idempotency key -------------------------------------------------------------------------------------------


def test_a_repeated_key_answers_with_the_first_message() -> None:
    slack = FakeSlack()
    first, second = (post(slack, client_msg_id="a1") for _ in range(2))
    assert first.body["ts"] == second.body["ts"]
    assert len(slack.store.messages) == 1


def test_a_key_is_forgotten_after_its_window() -> None:
    slack = FakeSlack(Contract(key_window=600))
    post(slack, NOW, client_msg_id="a1")
    post(slack, NOW + 600, client_msg_id="a1")
    assert len(slack.store.messages) == 1
    post(slack, NOW + 601, client_msg_id="a1")
    assert slack.store.copies() == {(CHANNEL, "a1"): 2}


def test_a_workspace_that_ignores_keys_stores_every_copy() -> None:
    slack = FakeSlack(Contract(key="ignore"))
    post(slack, client_msg_id="a1")
    post(slack, client_msg_id="a1")
    assert slack.store.copies() == {(CHANNEL, "a1"): 2}


# ---- history ---------------------------------------------------------------------------------------------------


def test_history_lists_roots_newest_first_with_metadata_only_if_asked() -> None:
    slack = FakeSlack()
    metadata = {"event_type": "noroshi_alert", "event_payload": {"a": "a1"}}
    root = post(slack, text="root", metadata=metadata).body["ts"]
    post(slack, NOW + 2, text="reply", thread_ts=root)
    post(slack, NOW + 4, text="later")
    page = history(slack, NOW + 4)
    assert [message["text"] for message in page["messages"]] == ["later", "root"]
    assert page["messages"][1]["metadata"] == metadata
    assert "metadata" not in history(slack, NOW + 4, include_all_metadata="false")["messages"][1]


def test_replies_list_the_root_and_its_thread_oldest_first() -> None:
    slack = FakeSlack()
    root = post(slack, text="root").body["ts"]
    post(slack, NOW + 2, text="reply", thread_ts=root)
    given = {"channel": CHANNEL, "ts": root}
    answer = slack.handle("conversations.replies", "x", given, NOW + 2).body
    assert [message["text"] for message in answer["messages"]] == ["root", "reply"]
    missing = slack.handle("conversations.replies", "x", given | {"ts": "1.0"}, NOW).body
    assert missing["error"] == "thread_not_found"


def test_pages_of_history_join_to_the_whole() -> None:
    slack = FakeSlack()
    for number in range(7):
        post(slack, NOW + 2 * number, text=str(number))
    seen, cursor = [], ""
    while True:
        page = history(slack, NOW + 20, limit="3", cursor=cursor)
        seen += [message["text"] for message in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
        assert page["has_more"] is bool(cursor)
        if not cursor:
            break
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def test_history_begins_at_oldest() -> None:
    slack = FakeSlack()
    post(slack, NOW, text="old")
    post(slack, NOW + 10, text="new")
    assert [m["text"] for m in history(slack, NOW + 10, oldest=str(NOW + 5))["messages"]] == ["new"]


def test_a_lagging_history_shows_a_message_later() -> None:
    slack = FakeSlack(Contract(history_lag=5))
    post(slack)
    assert history(slack, NOW + 4.9)["messages"] == []
    assert len(history(slack, NOW + 5)["messages"]) == 1


@pytest.mark.parametrize("junk", [{"oldest": "soon"}, {"limit": "many"}])
def test_junk_arguments_of_history_are_refused(junk: dict[str, Any]) -> None:
    assert history(FakeSlack(), **junk)["error"] == "invalid_arguments"


def test_a_junk_cursor_starts_at_the_beginning() -> None:
    slack = FakeSlack()
    post(slack)
    assert len(history(slack, cursor="@@@")["messages"]) == 1


# ---- update, references ----------------------------------------------------------------------------------------


def test_an_update_replaces_the_message_in_its_place() -> None:
    slack = FakeSlack()
    ts = post(slack).body["ts"]
    given = {"channel": CHANNEL, "ts": ts, "text": "better"}
    assert slack.handle("chat.update", "x", given, NOW + 1).body["ok"] is True
    assert texts(slack) == ["better"]
    assert history(slack)["messages"][0]["edited"]["ts"] == f"{NOW + 1:.6f}"
    assert slack.handle("chat.update", "x", given | {"ts": "1.0"}, NOW).body["error"] == "message_not_found"


def test_references_rise_even_if_the_clock_goes_back() -> None:
    slack = FakeSlack()
    refs = [post(slack, now).body["ts"] for now in (NOW, NOW, NOW - 5)]
    assert refs == sorted(set(refs))


# ---- limits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "pointer"),
    [
        ({"text": "", "blocks": []}, "no_text", ""),
        ({"text": "x" * 40_001}, "msg_too_long", ""),
        ({"blocks": "junk"}, "invalid_blocks_format", ""),
        (
            {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]},
            "invalid_blocks",
            "/blocks/0/text",
        ),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks", "/blocks]"),
        (
            {"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}]},
            "invalid_blocks",
            "/blocks/0/fields",
        ),
        ({"blocks": [{"type": "hologram"}]}, "invalid_blocks", "/blocks/0/type"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks", "/blocks/0/elements"),
        (
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}] * 5},
            "msg_blocks_too_long",
            "",
        ),
        ({"metadata": {"event_payload": {}}}, "invalid_metadata_schema", ""),
        ({"metadata": "junk"}, "invalid_metadata_format", ""),
        ({"metadata": {"event_type": "x", "event_payload": {"a": "x" * 9_000}}}, "metadata_too_large", ""),
    ],
)
def test_a_message_beyond_a_limit_is_refused_with_the_place(
    arguments: dict[str, Any], error: str, pointer: str
) -> None:
    slack = FakeSlack()
    body = post(slack, **arguments).body
    assert body["error"] == error
    assert pointer in "".join(body.get("errors", ()))
    assert slack.store.messages == []


# ---- faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "stored", "seen"),
    [
        (Fault(FaultKind.ERROR, code="is_archived"), 0, (200, "is_archived", False, 0.0)),
        (Fault(FaultKind.ERROR, code="ratelimited", status=429, seconds=7), 0, (429, "ratelimited", False, 0.0)),
        (Fault(FaultKind.HTTP, status=503), 0, (503, None, False, 0.0)),
        (Fault(FaultKind.RESET_BEFORE), 0, (200, None, True, 0.0)),
        (Fault(FaultKind.HTTP_AFTER_STORING, status=500), 1, (500, "internal_error", False, 0.0)),
        (Fault(FaultKind.DROP_ANSWER), 1, (200, None, True, 0.0)),
        (Fault(FaultKind.HTML), 1, (200, None, False, 0.0)),
        (Fault(FaultKind.STALL, seconds=30), 1, (200, None, False, 30.0)),
    ],
)
def test_a_scripted_fault_strikes_once_and_stores_what_it_says(
    fault: Fault, stored: int, seen: tuple[int, str | None, bool, float]
) -> None:
    slack = FakeSlack(faults=[fault])
    answer = post(slack)
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    assert (answer.status, error, answer.lost, answer.stall) == seen
    assert len(slack.store.messages) == stored
    assert post(slack).body["ok"] is True


def test_a_fault_waits_for_its_method_and_channel_and_strikes_as_often_as_it_says() -> None:
    fault = Fault(FaultKind.ERROR, times=2, channel=CHANNEL, code="fatal_error")
    slack = FakeSlack(faults=[fault])
    assert post(slack, channel="C0OTHER").body["ok"] is True
    assert history(slack)["ok"] is True
    assert [post(slack).body.get("error") for _ in range(3)] == ["fatal_error", "fatal_error", None]
    assert slack.faults == []


def test_a_retry_after_comes_with_a_scripted_rate_limit() -> None:
    slack = FakeSlack(faults=[Fault(FaultKind.ERROR, code="ratelimited", status=429, seconds=7)])
    assert post(slack).headers == {"Retry-After": "7"}


def test_a_late_landing_is_stored_when_its_time_has_come_and_in_that_order() -> None:
    slack = FakeSlack(faults=[Fault(FaultKind.LAND_LATE, seconds=30)])
    assert post(slack, text="late").lost is True
    post(slack, NOW + 1, text="early")
    assert float(slack.store.messages[0].ts) == NOW + 1
    slack.land(NOW + 29)
    assert texts(slack) == ["early"]
    slack.land(NOW + 30)
    assert texts(slack) == ["early", "late"]
    assert float(slack.store.messages[1].ts) == NOW + 30


def test_a_late_landing_of_a_key_that_is_honoured_adds_no_copy() -> None:
    slack = FakeSlack(faults=[Fault(FaultKind.LAND_LATE, seconds=30)])
    post(slack, client_msg_id="a1")
    post(slack, NOW + 10, client_msg_id="a1")
    slack.land(NOW + 30)
    assert slack.store.copies() == {(CHANNEL, "a1"): 1}


def test_joining_a_channel_works_unless_it_is_unknown() -> None:
    slack = FakeSlack(Contract(unknown_channels=frozenset({"C0GONE"})))
    assert slack.handle("conversations.join", "x", {"channel": CHANNEL}, NOW).body["ok"] is True
    assert slack.handle("conversations.join", "x", {"channel": "C0GONE"}, NOW).body["error"] == "channel_not_found"


def test_calls_are_counted_by_method() -> None:
    slack = FakeSlack()
    post(slack)
    history(slack)
    history(slack)
    assert slack.calls == {"chat.postMessage": 1, "conversations.history": 2}


# ---- membership, scopes and incoming webhooks ------------------------------------------------------------------


def info(slack: FakeSlack, channel: str) -> Any:
    return slack.handle("conversations.info", "x", {"channel": channel}, NOW).body


def test_a_public_channel_takes_posts_once_the_app_joined_and_a_private_one_cannot_be_joined() -> None:
    slack = FakeSlack(Contract(not_joined=frozenset({"C0OUT", "C0SECRET"}), private=frozenset({"C0SECRET"})))
    assert post(slack, channel="C0OUT").body["error"] == "not_in_channel"
    assert post(slack, channel="C0SECRET").body["error"] == "channel_not_found"
    joined = [slack.handle("conversations.join", "x", {"channel": each}, NOW).body for each in ("C0OUT", "C0SECRET")]
    assert (joined[0]["ok"], joined[1]["error"]) == (True, "method_not_supported_for_channel_type")
    assert post(slack, channel="C0OUT").body["ok"]


def test_what_is_known_of_a_channel_says_whether_the_app_is_in_it_and_whether_it_is_archived() -> None:
    contract = Contract(
        archived=frozenset({"C0OLD"}),
        unknown_channels=frozenset({"C0GONE"}),
        not_joined=frozenset({"C0OUT", "G0SECRET"}),
    )
    slack = FakeSlack(contract)
    shown = {each: info(slack, each).get("channel", {}) for each in ("C0OLD", "C0OUT", "C0IN")}
    assert {name: (each["is_member"], each["is_archived"]) for name, each in shown.items()} == {
        "C0OLD": (True, True),
        "C0OUT": (False, False),
        "C0IN": (True, False),
    }
    assert [info(slack, each)["error"] for each in ("C0GONE", "G0SECRET")] == ["channel_not_found"] * 2


def test_a_token_without_a_scope_is_told_which_one_it_needs() -> None:
    slack = FakeSlack(Contract(scopes=frozenset({"chat:write", "channels:history"})))
    assert post(slack).body["ok"]
    assert history(slack, NOW)["ok"]
    refused = info(slack, "C0AAA")
    assert (refused["error"], refused["needed"]) == ("missing_scope", "channels:read")
    assert refused["provided"] == "channels:history,chat:write"
    identity = slack.handle("auth.test", "x", {}, NOW)
    assert identity.headers["X-OAuth-Scopes"] == "channels:history,chat:write"


def test_an_incoming_webhook_answers_with_a_status_and_a_plain_word() -> None:
    slack = FakeSlack(Contract(archived=frozenset({"C0OLD"}), burst=1))
    given = [
        slack.receive(path, {"text": text}, NOW)
        for path, text in (("T/C0AAA/x", "words"), ("T/C0AAA/x", "words"), ("T/C0OLD/x", "w"), ("T/C0BBB/x", ""))
    ]
    assert [(each.status, each.body) for each in given] == [
        (200, "ok"),
        (429, "ratelimited"),
        (410, "channel_is_archived"),
        (400, "invalid_payload"),
    ]
    assert slack.receive("T/x", {"text": "words"}, NOW).body == "no_service"
    assert [message.channel for message in slack.store.messages] == ["C0AAA"]
