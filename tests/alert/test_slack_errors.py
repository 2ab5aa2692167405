"""Every documented answer of `chat.postMessage` and what it leads to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.alert.delivery.protocol import Level, Policy, Progress, Reaction, Refused, Unknown, Wait, step
from services.alert.slack_errors import react
from services.contracts.vocab import DeliveryState

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
POLICY = Policy()
SENDING = Progress(
    state=DeliveryState.INTENT, attempts=1, doubt=True, first_attempt_at=NOW, last_attempt_at=NOW, thread_ref="1.0"
)

DOCUMENTED = re.findall(
    r"\w+",
    """
access_denied accesslimited account_inactive agent_prompt_display_not_allowed app_access_restricted
as_user_not_supported attachment_payload_limit_exceeded cannot_reply_to_message channel_not_found deprecated_endpoint
draft_already_deleted draft_already_sent draft_has_conflict draft_not_found duplicate_channel_not_found
duplicate_message_not_found ekm_access_denied enterprise_is_restricted fatal_error internal_error invalid_arg_name
invalid_arguments invalid_array_arg invalid_auth invalid_blocks invalid_blocks_format invalid_charset
invalid_form_data invalid_metadata_format invalid_metadata_schema invalid_post_type is_archived
markdown_text_conflict message_limit_exceeded messages_tab_disabled metadata_must_be_sent_from_app
metadata_too_large method_deprecated missing_file_data missing_post_type missing_scope msg_blocks_too_long
msg_too_long no_permission no_text not_allowed_token_type not_authed not_in_channel org_login_required rate_limited
ratelimited request_timeout restricted_action restricted_action_non_threadable_channel
restricted_action_read_only_channel restricted_action_thread_locked restricted_action_thread_only_channel
send_on_behalf_not_allowed service_unavailable slack_connect_canvas_sharing_blocked
slack_connect_file_link_sharing_blocked slack_connect_lists_sharing_blocked team_access_not_granted
team_added_to_org team_not_found token_expired token_revoked too_many_attachments too_many_contact_cards
two_factor_setup_required
""",
)
"""The errors of Slack's reference of chat.postMessage, with `msg_too_long` of its older versions."""


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_documented_code_has_a_reaction_of_its_own(code: str) -> None:
    reaction = react(code)
    assert reaction != react("never_heard_of")
    assert isinstance(reaction, Unknown) or reaction.lasting is None or code.startswith("slack_connect_")


@pytest.mark.parametrize(
    ("code", "seconds"),
    [("message_limit_exceeded", 3600), ("team_added_to_org", 900), ("org_login_required", 900), ("ratelimited", 1)],
)
def test_what_asks_for_patience_says_how_much(code: str, seconds: float) -> None:
    assert react(code) == Refused(Reaction.RETRY, code, seconds)


def test_a_code_nobody_knows_is_tried_three_more_times_within_ten_minutes_and_then_pauses_the_destination() -> None:
    waits = []
    for attempts in range(1, 6):
        progress = Progress(state=DeliveryState.INTENT, attempts=attempts, first_attempt_at=NOW, last_attempt_at=NOW)
        _, effect = step(progress, react("brand_new"), POLICY, NOW)
        assert isinstance(effect, Wait)
        waits.append((effect.until - NOW).total_seconds())
    assert waits == [200.0, 200.0, 200.0, POLICY.destination_probe, POLICY.destination_probe]
    assert sum(waits[:3]) <= 600


def test_a_shared_channels_policy_pauses_the_destination_when_even_the_text_is_refused() -> None:
    refusal = react("slack_connect_file_link_sharing_blocked")
    smaller, _ = step(SENDING, refusal, POLICY, NOW)
    assert smaller.level is Level.COMPACT
    bare = Progress(state=DeliveryState.INTENT, attempts=3, level=Level.TEXT, first_attempt_at=NOW)
    paused, effect = step(bare, refusal, POLICY, NOW)
    assert (paused.state, effect) == (DeliveryState.INTENT, Wait(NOW + timedelta(seconds=POLICY.destination_probe)))


def test_inside_the_keys_window_a_service_that_stays_away_is_not_hammered() -> None:
    policy = Policy(key_window=600)
    progress, waits, now = SENDING, [], NOW
    while now < NOW + timedelta(minutes=5):
        progress, effect = step(progress, Unknown("http_503"), policy, now)
        if isinstance(effect, Wait):
            waits.append((effect.until - now).total_seconds())
            now = effect.until
            if now >= NOW + timedelta(minutes=5):
                break
            progress, effect = step(progress, Unknown("http_503"), policy, now)
    assert progress.attempts < 15
    assert waits == sorted(waits)
