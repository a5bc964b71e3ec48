"""The words of the questions' pages: fields, operators, kinds of event and periods as a person says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from milepost.analytics.asking import EventKind, Filter, Range, Unit
from milepost.analytics.measures import OF_A_FIELD, Measure
from milepost.dashboard import format as fmt
from milepost.dashboard.describe import competency_names, stage_names
from milepost.dashboard.questions.address import FilterRow, split_values
from milepost.plan import Plan
from milepost.plan.coach import PREDICTION
from milepost.plan.predictions import GOES_QUIET
from milepost.vocabulary import ACTOR_TYPES, DEVICE_TYPES, EVENT_TYPES, IMPACTS

#: What people call the values of a field, where the plan says it: by field, then by value.
Names = Mapping[str, Mapping[str, str]]

FIELDS: Final[Mapping[str, str]] = {
    "event_type": "Event type",
    "event_name": "Event",
    "actor_type": "Actor",
    "tool_id": "Tool",
    "tool_section": "Section",
    "business_impact": "Business impact",
    "competency_area": "Competency",
    "page_url": "Page",
    "referrer": "Referrer",
    "referrer_source": "Came from",
    "device_type": "Device",
    "browser": "Browser",
    "growth_stage": "Growth stage",
    "current_arr": "Current ARR",
    "target_arr": "Target ARR",
    "customer_id": "Customer",
    "user_id": "User",
    "session_id": "Session",
    "time_on_page": "Time on page, ms",
    "session_duration": "Session length, ms",
}
#: What has a name of its own.
KEYED: Final[Mapping[str, str]] = {
    "metadata": "Event property",
    "trait": "Customer trait",
    "person": "Person trait",
}
#: Being in a segment: the field of a filter, and before a slug what one breaks down by.
SEGMENT: Final = "segment"
#: Among the names: those of fields.
FIELD: Final = "field"
#: Values that are said as they were sent, unless the team calls them something else.
_AS_SENT: Final = ("event_name", "customer_id", "cohort", SEGMENT)
_LONGEST_VALUE: Final = 80
TRAITS_AT: Final[Mapping[str, str]] = {"now": "as they are now", "then": "as they were on the day"}
#: What of a customer's insights one may filter by.
INSIGHTS: Final[Mapping[str, str]] = {
    "insight.current_scaling_score": "Health",
    "insight.systematic_progression_rate": "Points a week",
    "insight.professional_credibility_trend": "Trend",
    "insight.total_events": "Events so far",
    "insight.total_sessions": "Sessions so far",
    "insight.total_exports_generated": "Exports so far",
    "insight.inconsistent_system_usage": "Irregular use",
    "insight.low_business_impact_actions": "Little impact",
    "insight.going_quiet": "Likely to go quiet",
}
OPERATORS: Final[Mapping[str, str]] = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "is_set": "is set",
    "is_not_set": "is not set",
    "above": "is above",
    "at_least": "is at least",
    "below": "is below",
    "at_most": "is at most",
}
_MEASURES: Final[Mapping[str, str]] = {
    "events": "Events",
    "sessions": "Sessions",
    "time_on_page": "Time on page",
    "session_duration": "Session length",
    "sum": "Sum of …",
    "average": "Average of …",
    "min": "Minimum of …",
    "max": "Maximum of …",
    "percentile": "Percentile of …",
    "distinct": "Unique values of …",
}
#: Days and those they are compared with, chosen at once.
AGAINST: Final[Mapping[str, str]] = {
    "this_week:previous": "This week against last week",
    "this_month:previous": "This month against last month",
    "last_month:previous": "Last month against the one before",
    "this_quarter:previous": "This quarter against last quarter",
    "7:previous": "Last 7 days against the 7 before",
    "30:previous": "Last 30 days against the 30 before",
}
#: A period beside an earlier one.
COMPARISONS: Final[Mapping[str, str]] = {
    "": "Nothing",
    "previous": "The period before",
    "month_ago": "A month ago",
    "year_ago": "A year ago",
}
SESSION_PARTS: Final[Mapping[str, str]] = {
    "device_type": "Device",
    "browser": "Browser",
    "referrer_source": "Came from",
    "primary_tool": "Main tool",
    "landing_page": "First page",
}
INTERVALS: Final[Mapping[str, str]] = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
ORDERS: Final[Mapping[str, str]] = {
    "ordered": "in this order",
    "strict": "directly one after another",
    "any": "in any order",
}


def units(unit: Unit, count: float | None = None) -> str:
    """'customers', or 'customer' of one."""
    return fmt.plural(1 if count == 1 else 2, unit)


def measures(unit: Unit) -> list[tuple[Measure, str]]:
    """What a trend may measure, in words."""
    return [(measure, _MEASURES.get(measure) or units(unit).capitalize()) for measure in get_args(Measure)]


def field_words(name: str | None, names: Names | None = None) -> str:
    """What a field is called: by the team, where `names` has it."""
    if not name:
        return ""
    if called := (names or {}).get(FIELD, {}).get(name):
        return called
    if name.startswith("metadata."):
        return name.removeprefix("metadata.")
    if name.startswith(("trait.", "person.")):
        kind, _, trait = name.partition(".")
        return fmt.words(trait) if kind == "trait" else f"{fmt.words(trait)} of the person"
    if name in ("cohort", SEGMENT):
        return name.capitalize()
    if name.startswith(f"{SEGMENT}."):
        return f"Segment {fmt.words(name.removeprefix(f'{SEGMENT}.'))}"
    if name.startswith("insight.competency."):
        return f"{fmt.words(name.removeprefix('insight.competency.'))} score"
    return FIELDS.get(name) or INSIGHTS.get(name) or fmt.words(name.removeprefix("insight.").removeprefix(PREDICTION))


def measure_words(measure: Measure, of: str | None, percentile: float, unit: Unit) -> str:
    """'customers', 'median time on page', 'sum of amount': what an axis counts, in small letters."""
    of = of if measure in OF_A_FIELD else None
    name = (field_words(of) if of else fmt.words(measure)).removesuffix(", ms")
    if of is None or not of.startswith("metadata."):
        name = name.lower()
    match measure:
        case "units":
            return units(unit)
        case "sum" | "average":
            return f"{measure} of {name}" if measure == "sum" else f"average {name}"
        case "min" | "max":
            return f"{'minimum' if measure == 'min' else 'maximum'} {name}"
        case "distinct":
            return f"unique values of {name}"
        case "percentile" | "time_on_page" | "session_duration":
            nth = "median" if percentile == 0.5 else f"{percentile * 100:g}th percentile of"
            return f"{nth} {name}"
        case _:
            return measure


def names_of(plan: Plan) -> Names:
    """The plan's names of whatever a question may be about."""
    tools, competencies = plan.tool_names(), competency_names(plan)
    return {
        "tool_id": tools,
        "primary_tool": tools,
        "competency_area": competencies,
        "weakest_competency": competencies,
        "growth_stage": stage_names(plan),
        FIELD: predicted(plan),
    }


def predicted(plan: Plan) -> dict[str, str]:
    """`prediction.ID` and what it is called; going quiet is among the insights."""
    labels = plan.predictions.labels.items()
    return {f"{PREDICTION}{target}": label for target, label in labels if target != GOES_QUIET}


def value_words(field: str | None, value: str, names: Names) -> str:
    """A value of a field as a person says it: what the plan has by name, kinds of event in words, nothing as such."""
    if not value:
        return "(none)"
    if (field or "").startswith(f"{SEGMENT}."):
        slug = (field or "").removeprefix(f"{SEGMENT}.")
        name = names.get(SEGMENT, {}).get(slug) or fmt.words(slug)
        return f"In “{name}”" if value == "in" else f"Not in “{name}”"
    if field in _AS_SENT:
        return fmt.visible_name(names.get(field, {}).get(value, value), "(blank)")
    if (named := names.get((field or "").removeprefix("insight."))) is not None:
        return fmt.visible_name(named.get(value) or fmt.words(value), "(blank)")
    if field == "event_type":
        return fmt.event_words(value)
    if field in ("business_impact", "device_type"):
        return value.capitalize()
    return fmt.visible_name(value, "(blank)")


def kind_words(kind: EventKind, names: Names) -> str:
    """'Used a tool in ICP Analysis'; its own name where it has one."""
    if kind.name:
        return kind.name
    tool = value_words("tool_id", kind.tool_id, names) if kind.tool_id else ""
    named = [f for f in kind.filters if f.field == "event_name" and f.op == "is" and not kind.event_type][:1]
    if kind.event_name:
        said = value_words("event_name", kind.event_name, names) + (f" in {tool}" if tool else "")
    elif kind.event_type == "tool_usage" and kind.tool_id:
        said = f"Used {tool}"
    else:
        said = (
            fmt.event_words(kind.event_type) if kind.event_type else _any_of(named[0], names) if named else "Any event"
        )
        said += f" in {tool}" if tool else ""
    return said + "".join(f", {filter_words(f, names)}" for f in kind.filters if f not in named)


def _any_of(named: Filter, names: Names) -> str:
    """Events' own names: 'Change written or Change merged'."""
    called = [value_words("event_name", str(value), names) for value in named.values[:3]]
    return " or ".join(called) + (" or others" if len(named.values) > 3 else "")


def shortened(text: str) -> str:
    """Within a sentence: a value may have thousands of characters."""
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def filter_words(condition: Filter, names: Names) -> str:
    values = " or ".join(
        shortened(value_words(condition.field, f"{value:g}" if isinstance(value, float) else value, names))
        for value in condition.values[:3]
    )
    more = " or others" if len(condition.values) > 3 else ""
    if condition.field in ("cohort", SEGMENT):
        return f"{'In' if condition.op == 'is' else 'Not in'} “{values}{more}”"
    return f"{field_words(condition.field, names)} {OPERATORS[condition.op]} {values}{more}".strip()


#: The spans of the calendar, as a choice and within a sentence.
RANGES: Final[Mapping[Range, str]] = {
    "today": "Today",
    "yesterday": "Yesterday",
    "this_week": "This week",
    "last_week": "Last week",
    "this_month": "This month",
    "last_month": "Last month",
    "this_quarter": "This quarter",
    "last_quarter": "Last quarter",
    "this_year": "This year",
    "last_year": "Last year",
}


def traits_words(at: str) -> str:
    """Under an answer in which a trait is used: which of its values counts."""
    if at == "then":
        return "Traits are as they were on the day of each event."
    return "Traits are as they are now, also for events of before."


def values_words(row: FilterRow, names: Names) -> str:
    """The values of a line of the form, as people say them; "" where it has none."""
    values = split_values(row.value)
    return ", ".join(value_words(row.name, value, names) for value in values)


def row_words(row: FilterRow, names: Names) -> str:
    """A line of the form in words: 'Plan is pro', or 'Plan …' while it is not complete."""
    condition = row.filter()
    return filter_words(condition, names) if condition else f"{field_words(row.name or row.field, names)} …"


def suggestions(plan: Plan) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """What one may mean, by field: (value, words)."""
    sections = dict.fromkeys(section for tool in plan.tools for section in tool.sections)
    return {
        "event_type": tuple((kind, fmt.event_words(kind)) for kind in EVENT_TYPES),
        "tool_id": tuple(plan.tool_names().items()),
        "tool_section": tuple((section, fmt.words(section)) for section in sections),
        "business_impact": tuple((impact, impact.capitalize()) for impact in IMPACTS),
        "competency_area": tuple(competency_names(plan).items()),
        "growth_stage": tuple(stage_names(plan).items()),
        "device_type": tuple((device, device.capitalize()) for device in DEVICE_TYPES),
        "actor_type": tuple((actor, actor.capitalize()) for actor in ACTOR_TYPES),
    }
