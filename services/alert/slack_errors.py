"""Every documented answer of Slack's `chat.postMessage` and what it asks of us.

Source: the method's list of errors and the list common to all methods in Slack's Web API reference.
A code that is not here is tried again three times within ten minutes, then pauses its destination, since Slack says
that others may appear.
"""

from __future__ import annotations

from services.alert.delivery.protocol import Reaction, Refused, Unknown

_CODES: dict[Reaction, tuple[str, ...]] = {
    Reaction.RETRY: ("ratelimited", "rate_limited", "request_timeout", "team_added_to_org", "org_login_required"),
    Reaction.DEGRADE: (
        "msg_too_long",
        "msg_blocks_too_long",
        "attachment_payload_limit_exceeded",
        "too_many_attachments",
        "too_many_contact_cards",
        "invalid_blocks",
        "invalid_blocks_format",
        "no_text",
        "markdown_text_conflict",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
    ),
    Reaction.RETHREAD: (
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "cannot_reply_to_message",
    ),
    Reaction.PAUSE_DESTINATION: (
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "no_permission",
        "messages_tab_disabled",
        "app_access_restricted",
        "access_denied",
        "team_access_not_granted",
    ),
    Reaction.HALT_WORKSPACE: (
        "not_authed",
        "invalid_auth",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "two_factor_setup_required",
        "accesslimited",
        "enterprise_is_restricted",
        "ekm_access_denied",
        "missing_scope",
        "deprecated_endpoint",
        "method_deprecated",
    ),
    Reaction.DEAD: (
        "team_not_found",
        "metadata_must_be_sent_from_app",
        "as_user_not_supported",
        "send_on_behalf_not_allowed",
        "missing_file_data",
        "agent_prompt_display_not_allowed",
        "draft_already_deleted",
        "draft_already_sent",
        "draft_has_conflict",
        "draft_not_found",
        "invalid_arguments",
        "invalid_arg_name",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_post_type",
        "missing_post_type",
    ),
}

REACTIONS: dict[str, Reaction] = {code: reaction for reaction, codes in _CODES.items() for code in codes}
"""Reaction by error code: the message was surely not stored."""

AMBIGUOUS = frozenset(
    {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "duplicate_message_not_found",
        "duplicate_channel_not_found",
    }
)
"""Codes after which the message may have been stored: Slack says that part of the operation may have succeeded."""

_PATIENCE: dict[str, float] = {
    "message_limit_exceeded": 3600.0,
    "team_added_to_org": 900.0,
    "org_login_required": 900.0,
}

RATE_LIMITS = frozenset({"ratelimited", "rate_limited"})
KEY_REFUSALS = frozenset({"duplicate_message_not_found", "duplicate_channel_not_found"})
"""Slack knows the idempotency key but not its message: the next attempt goes without one, once the history was read."""
UNFAMILIAR_SECONDS = 200.0
"""The pause after a code that nobody knows: three more attempts within ten minutes."""
_POLICIES_OF_OTHERS = frozenset(
    {
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
    }
)
"""Refusals of a shared channel's other side: if the text alone is refused, too, a person must act."""


def react(code: str, retry_after: float | None = None) -> Refused | Unknown:
    """What an `ok: false` answer with this code means for the delivery; `retry_after` is in seconds."""
    if code in AMBIGUOUS:
        return Unknown(code)
    if code in RATE_LIMITS:
        return Refused(Reaction.RETRY, code, 1.0 if retry_after is None else retry_after)
    if code in _PATIENCE:
        return Refused(Reaction.RETRY, code, _PATIENCE[code])
    if code in _POLICIES_OF_OTHERS:
        return Refused(Reaction.DEGRADE, code, lasting=Reaction.PAUSE_DESTINATION)
    if code not in REACTIONS:
        return Refused(Reaction.RETRY, code, retry_after or UNFAMILIAR_SECONDS, lasting=Reaction.PAUSE_DESTINATION)
    return Refused(REACTIONS[code], code, retry_after)


def list_codes() -> tuple[str, ...]:
    """Every code known here, sorted."""
    return tuple(sorted({*REACTIONS, *AMBIGUOUS, *_PATIENCE, *RATE_LIMITS}))
