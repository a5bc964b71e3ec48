"""The words Milepost uses, in one place: the SDK, the validators, the database checks and the
OpenAPI document are all derived from these or tested against them. Standard library only."""

from __future__ import annotations

from typing import Final, Literal, get_args

EventType = Literal[
    "tool_usage",
    "export_action",
    "competency_milestone",
    "scaling_metric",
    "professional_action",
    "navigation",
    "content_interaction",
    "resource_generation",
    "resource_share",
    "systematic_progression",
]
Impact = Literal["low", "medium", "high"]
#: Who acted: somebody, software of the customer's (an API key, a job), or an agent that decides for itself.
ActorType = Literal["person", "service", "agent"]
DeviceType = Literal["desktop", "mobile", "tablet", "server", "other"]
Trend = Literal["improving", "stable", "declining"]
#: An offline action is something the team did (intervention) or something that came of it (outcome).
ActionRole = Literal["intervention", "outcome"]

EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
IMPACTS: Final[tuple[Impact, ...]] = get_args(Impact)
ACTOR_TYPES: Final[tuple[ActorType, ...]] = get_args(ActorType)
DEVICE_TYPES: Final[tuple[DeviceType, ...]] = get_args(DeviceType)
TRENDS: Final[tuple[Trend, ...]] = get_args(Trend)
ACTION_ROLES: Final[tuple[ActionRole, ...]] = get_args(ActionRole)

_ALWAYS_HIGH: Final = frozenset({"export_action", "competency_milestone", "systematic_progression"})


def default_impact(event_type: str, *, success: bool = True, key_section: bool = False) -> Impact:
    """The impact of an event whose sender named none.

    `success` matters for `resource_generation` alone, `key_section` for `tool_usage` alone.
    """
    if event_type in _ALWAYS_HIGH:
        return "high"
    if event_type == "resource_generation":
        return "high" if success else "medium"
    if event_type == "professional_action" or (event_type == "tool_usage" and key_section):
        return "medium"
    return "low"


#: What is told on the live feed beside events.
AnnouncementKind = Literal["badge", "level", "recommendation"]

#: Where messages go.
DestinationKind = Literal["webhook", "slack", "teams", "email"]
#: What is watched: who is at risk, unusual use, whether events come, who enters a segment, a question's figure.
AlertKind = Literal["at_risk", "unusual", "silence", "segment", "figure"]
#: What messages are about; the names are those of the field's webhooks.
Topic = Literal[
    "recommendation.made", "prediction.likely", "risk.began", "milestone.reached", "level.reached", "badge.earned",
    "trait.changed", "customer.erased", "person.erased", "alert.raised", "alert.ended", "export.failed",
    "destination.disabled",
]  # fmt: skip

# -- Limits: lengths in characters, sizes in bytes, times in seconds -------------------------------
MAX_ID_LENGTH: Final = 200
MAX_WORD_LENGTH: Final = 200  # tool, section, competency, growth stage, browser, ARR
MAX_NAME_LENGTH: Final = 200  # what members name: keys, reports, dashboards, cohorts
MAX_TEXT_LENGTH: Final = 4000  # what people write of an offline action
MAX_URL_LENGTH: Final = 2048
MAX_EVENT_BYTES: Final = 32 * 1024
MAX_BATCH_EVENTS: Final = 2_500
MAX_BATCH_BYTES: Final = 5 * 1024 * 1024
MAX_METADATA_DEPTH: Final = 20
MAX_BEACON_BYTES: Final = 60 * 1024
MAX_RETENTION_DAYS: Final = 36_500
DEFAULT_RETENTION_DAYS: Final = 365
EARLIEST_YEAR: Final = 2000
MAX_AHEAD_SECONDS: Final = 24 * 3600
SESSION_IDLE_SECONDS: Final = 30 * 60
SESSION_MAX_SECONDS: Final = 24 * 3600
FLUSH_INTERVAL_SECONDS: Final = 30.0
FLUSH_AT_EVENTS: Final = 100

#: What a key of each kind begins with; no customer's token begins so.
KEY_PREFIXES: Final = ("mpw_", "mpsv_", "mps_")

#: Stands for no member of the team where one is asked for; no address is this.
NOBODY: Final = "nobody"
#: Stands for the address of the member who asks.
ME: Final = "me"
#: The version of the insights' formulas; it rises when one changes, so that two scores can be told apart.
SCORE_VERSION: Final = 3

DEFAULT_HOST: Final = "http://127.0.0.1:8321"

# -- Why an event was refused by the server (a receipt's `code`) -----------------------------------
RejectCode = Literal[
    "invalid_json",
    "invalid_unicode",
    "invalid_type",
    "invalid_value",
    "missing_field",
    "too_long",
    "too_large",
    "too_deep",
    "time_too_old",
    "time_too_far_ahead",
    "unknown_event_type",
    "unstorable",
    "unsigned",
]
REJECT_CODES: Final[tuple[RejectCode, ...]] = get_args(RejectCode)

# -- What was held back of an event that was stored (a notice's `code`) -----------------------------
NoticeCode = Literal["needs_server_key", "unsigned", "invalid_signature", "trait_not_kept"]

# -- Why an SDK gave an event up (its drop counter's label) ----------------------------------------
DropReason = Literal["queue_full", "spool_full", "rejected", "unauthorised", "invalid", "consent", "too_large"]
DROP_REASONS: Final[tuple[DropReason, ...]] = get_args(DropReason)
