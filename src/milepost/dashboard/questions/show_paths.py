"""Paths in words, as a Sankey, and as a table of ways from one step to the next."""

from __future__ import annotations

from markupsafe import Markup

from milepost.analytics.paths import Node, Paths, PathsAnswer
from milepost.dashboard import format as fmt
from milepost.dashboard import markup
from milepost.dashboard.questions import words
from milepost.dashboard.questions.context import AnswerContext, count, named, share, text_column
from milepost.dashboard.questions.shown import Column, Panel, Short, Shown, Table


def show(answer: PathsAnswer, question: Paths, context: AnswerContext) -> Shown:
    runs = "session" if answer.per == "session" else question.unit
    if not answer.runs:
        return Shown(
            Markup("No {} goes this way {}.").format(runs, context.days(answer)),
            empty="Nothing to follow from here",
            hint="Choose more days, another starting point, or another kind of step.",
            way_on=(
                (
                    f"Follow {fmt.plural(2, question.unit)} across sessions",
                    context.asked.with_pairs("/paths", ("per", "unit")),
                )
                if answer.per == "session"
                else None
            ),
        )
    labels = [_label(node, question, context) for node in answer.nodes]
    links = [
        context.who(step=node.step, label=node.label if node.kind == "label" else None, kind=node.kind)
        for node in answer.nodes
    ]
    columns = (
        text_column("Step"), text_column("From"), text_column("To"), Column(fmt.plural(2, runs).capitalize()),
        Column("Share of the step before"),
    )  # fmt: skip
    ways = sorted(answer.links, key=lambda k: (answer.nodes[k.target].step, -k.count, labels[k.target]))
    rows = [
        (
            named(str(answer.nodes[link.target].step)),
            named(labels[link.source]),
            named(labels[link.target], links[link.target]),
            count(link.count, links[link.target]),
            share(link.count / answer.nodes[link.source].count if answer.nodes[link.source].count else None),
        )
        for link in ways
    ]
    spec = {
        "kind": "sankey",
        "unit": fmt.plural(2, runs),
        "backwards": answer.direction == "previous",
        "nodes": [
            {"name": label, "step": node.step, "kind": node.kind, "count": node.count, "link": href}
            for node, label, href in zip(answer.nodes, labels, links, strict=True)
        ],
        "links": [{"source": k.source, "target": k.target, "count": k.count} for k in answer.links],
    }
    title = f"{fmt.plural(2, runs).capitalize()} by {words.field_words(question.label, context.names).lower()}"
    after = "What came before" if answer.direction == "previous" else "What came next"
    detail = Markup("{}, in {} {} {}.").format(
        after, markup.number(answer.runs), fmt.plural(answer.runs, runs), context.days(answer)
    )
    # The way from where one begins; the page has those after it.
    first = [at for at, link in enumerate(ways) if answer.nodes[link.target].step == 1]
    short = Short(
        (after, columns[3].label, "Share"), tuple(rows[at][2:] for at in first),
        sizes=tuple(ways[at].count for at in first),
    )  # fmt: skip
    table = Table("Paths from step to step", columns, tuple(rows))
    panel = Panel("paths", title, detail, table, spec, size="tall", short=(short,))
    return Shown(_sentence(answer, labels, question, context), (panel,))


def _label(node: Node, question: Paths, context: AnswerContext) -> str:
    if node.kind == "end":
        return "The beginning" if question.direction == "previous" else "Nothing further"
    if node.kind == "other":
        return "All others"
    if node.step == 0:
        if question.anchor is not None:
            return words.kind_words(question.anchor, context.names)
        return "The end" if question.direction == "previous" else "The beginning"
    return words.value_words(question.label, node.label, context.names)


def _sentence(answer: PathsAnswer, labels: list[str], question: Paths, context: AnswerContext) -> Markup:
    first = [(node, label) for node, label in zip(answer.nodes, labels, strict=True) if node.step == 1]
    ways = [(node, label) for node, label in first if node.kind == "label"]
    ended = sum(node.count for node, _ in first if node.kind == "end")
    if not ways:
        return Markup("Nothing comes {} it.").format("before" if answer.direction == "previous" else "after")
    node, label = max(ways, key=lambda pair: pair[0].count)
    start = words.kind_words(question.anchor, context.names) if question.anchor else ""
    if answer.direction == "previous":
        said = Markup("<bdi>{}</bdi> comes before it most often, {}").format(
            label, markup.share(node.count / answer.runs)
        )
        return said + (Markup("; {} began there.").format(markup.share(ended / answer.runs)) if ended else ".")
    if not start:
        return Markup("<bdi>{}</bdi> is the most common starting point, {}.").format(
            label, markup.share(node.count / answer.runs)
        )
    said = Markup("<bdi>{}</bdi> comes next most often, {}").format(label, markup.share(node.count / answer.runs))
    return said + (Markup("; {} go no further.").format(markup.share(ended / answer.runs)) if ended else ".")
