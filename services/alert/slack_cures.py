"""What a person does about an answer of Slack or of a webhook, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_INVITE = "invite the app: type `/invite @noroshi` in the channel"
_REINSTALL = "install the app anew at api.slack.com/apps, give its token to NOROSHI_ALERT_SLACK_TOKEN, restart alert"
_ADMIN = "ask a workspace administrator to let the app post there"
_HOOK = "make a new incoming webhook for the channel, put its address into NOROSHI_ALERT_SLACK_WEBHOOKS, restart alert"

CURES: Mapping[str, str] = MappingProxyType(
    {
        "channel_not_found": f"check the channel's id in the watchlist; of a private channel, {_INVITE}",
        "not_in_channel": _INVITE,
        "is_archived": "unarchive the channel, or name another one in the watchlist",
        "restricted_action": _ADMIN,
        "restricted_action_read_only_channel": _ADMIN,
        "restricted_action_thread_only_channel": "name another channel in the watchlist: this one takes no new threads",
        "no_permission": _ADMIN,
        "messages_tab_disabled": "turn on the Messages tab in the app's settings (App Home)",
        "app_access_restricted": _ADMIN,
        "access_denied": _ADMIN,
        "team_access_not_granted": _ADMIN,
        "ekm_access_denied": "ask the administrators: they suspended posting",
        "not_authed": _REINSTALL,
        "invalid_auth": _REINSTALL,
        "account_inactive": _REINSTALL,
        "token_revoked": _REINSTALL,
        "token_expired": _REINSTALL + "; turn token rotation off",
        "not_allowed_token_type": "give the bot token (xoxb-…) to NOROSHI_ALERT_SLACK_TOKEN, and restart alert",
        "two_factor_setup_required": "set up two-factor authentication for the app's owner in Slack",
        "accesslimited": "let this machine's address pass Slack's IP allow-list, or give the app an exception",
        "enterprise_is_restricted": "install the app in the workspace itself, not in the enterprise",
        "missing_scope": "add the scopes of deploy/slack/manifest.yml to the app and install it anew",
        "deprecated_endpoint": "upgrade Noroshi: Slack has retired a method it uses",
        "method_deprecated": "upgrade Noroshi: Slack has retired a method it uses",
        "team_added_to_org": "wait: Slack moves the workspace into an organisation",
        "org_login_required": "wait: Slack moves the workspace into an organisation",
        "message_limit_exceeded": "the workspace has reached the limit of its plan; wait, or raise the plan",
        "slack_connect_file_link_sharing_blocked": "ask the other organisation to allow links in the shared channel",
        "slack_connect_canvas_sharing_blocked": "ask the other organisation to allow it in the shared channel",
        "slack_connect_lists_sharing_blocked": "ask the other organisation to allow it in the shared channel",
        "channel_is_archived": "unarchive the channel, or make a webhook for another one",
        "action_prohibited": _ADMIN,
        "posting_to_general_channel_denied": _ADMIN,
        "user_not_found": _HOOK,
        "no_service": _HOOK,
        "no_service_id": _HOOK,
        "no_active_hooks": _HOOK,
        "no_team": _HOOK,
        "invalid_token": _HOOK,
        "team_disabled": "the workspace is disabled; ask its owner",
        "no_such_webhook": "add the name to NOROSHI_ALERT_SLACK_WEBHOOKS or NOROSHI_ALERT_WEBHOOKS, and restart alert",
        "invalid_address": "mend the address in NOROSHI_ALERT_WEBHOOKS, and restart alert",
        "http_410": "the receiver has closed this webhook for good: mend it or name another, and restart alert",
        "connect:BlockedAddressError": "name a public address, or set NOROSHI_ALERT_WEBHOOK_ALLOW_PRIVATE",
    }
)


def find_cure(failure: str) -> str:
    """What to do about a failure, always a sentence that can be followed."""
    if failure in CURES:
        return CURES[failure]
    if failure.startswith("connect:"):
        return "check the network, DNS, proxy and TLS between this machine and the service"
    if failure == "timeout" or failure.startswith("http_5"):
        return "the service does not answer as it should: look at its status page; nothing to do here"
    if failure.startswith("http_4"):
        return "the receiver refuses the request: look at its log"
    return "run `noroshi slack doctor`, and look for this word in docs/guides/delivery.md"
