"""The page of outcomes: pooled Kaplan–Meier curves of a chosen group of cases, what is left out of them, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from db.fields import number
from db.overview import NOT_REPORTED
from db.pages import case_group
from db.pages.case_columns import Cases
from db.pages.case_group import CaseGroup, Options
from db.pages.data import Data
from db.pages.links import Links
from db.pages.pooling import COUNTED, OUTCOMES, Outcome, Tally, basis_of, tally, together
from db.pages.survival_plot import Arm, Plot, plot
from db.pages.unknown import not_here
from db.survival import Curve, Estimate

# More curves than hues and patterns that can be told apart would be no drawing.
MOST_DRAWN = 6
# Each of fewer patients is a step of more than a fifth: a curve of them looks like knowledge.
FEWEST_DRAWN = 5
# Of the two groups that are compared, before the names of the fields in an address.
PREFIXES = ("a_", "b_")
_MOST_NAMED = 60
TABLE_MONTHS = (12, 24, 60)

SPLITS = ("", "tumour_group", "histology", "site", "sex", "age", "surgery", "radiotherapy", "decade", "stain")
SPAN = (("24", "24 months"), ("60", "60 months"), ("120", "120 months"), ("all", "the longest follow-up"))
_SPAN = "60"
PARAMETERS = ("outcome", "split", "span", *case_group.FIELDS)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of cases, what it counts, and the address that lists them; "" for no list."""

    words: str
    cases: int
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the table: what it is called, all its cases, those in the curve, its curve, and its figures in words.

    `arm` is the curve as drawn; None where the group has too few cases, or is one of too many.
    """

    name: str
    cases: Count
    counted: Count
    events: int
    arm: Arm | None = None
    median: str = ""
    shares: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomesPage:
    """All that the page shows.

    Attributes
    ----------
    unknown
        A sentence for each answer of the form that is none of the words to choose from.
    cases, reports
        How many there are of this choice.
    drawn, others
        Groups that are drawn, and the first of those that are not, the largest first.
    other_count, other_cases
        How many groups are not drawn, and how many cases that could be counted are in them.
    left_out, counted_from
        Why cases are not in the curves, and what the months of the others are counted from.
    minimum
        How many follow-ups are lower bounds.
    pairs
        How many pairs of cases in the curves may be one patient.
    beyond
        How many patients were followed longer than the drawing shows.
    """

    outcome: Outcome
    group: CaseGroup
    split: str
    span: str
    unknown: tuple[str, ...]
    options: Options
    cases: Count
    reports: int
    counted: Count
    drawn: tuple[Group, ...]
    others: tuple[Group, ...]
    other_count: int
    other_cases: int
    plot: Plot | None
    description: str
    left_out: tuple[Count, ...]
    counted_from: tuple[Count, ...]
    minimum: Count
    pairs: int
    beyond: int
    compare_url: str
    data: Data


def outcomes_page(all_cases: Cases, asked: Mapping[str, str], links: Links) -> OutcomesPage:
    """Return what the page shows for the form's answers."""
    options = {**case_group.options(all_cases), **_own_options()}
    choice = case_group.choose(asked, options)
    own = {name: asked.get(name, "") if asked.get(name, "") in dict(options[name]) else default for name, default in _DEFAULTS.items()}
    unknown = [*choice.unknown, *_unknown(asked, own, options)]
    if own["split"] == "stain" and not choice.group.value("marker"):
        own["split"] = ""
        unknown.append("To split by the result of a stain, choose a marker; shown: not split.")
    outcome = next(outcome for outcome in OUTCOMES if outcome.name == own["outcome"])
    chosen = choice.group.of(all_cases)
    counted = chosen & all_cases.words[outcome.why].are(COUNTED)
    tallies = tally(all_cases, choice.group, chosen, outcome, own["split"])
    everybody = together(choice.group.words, tallies)
    basis = basis_of(all_cases, counted)
    drawn, others = _chosen(tallies, own["split"])

    def listed(**others: str) -> Callable[[str], str]:
        return lambda words: choice.group.url(links.query, **{name: value or words for name, value in others.items()})

    def group(one: Tally, arm: Arm | None = None) -> Group:
        within = choice.group.narrowed(own["split"], one.name) if own["split"] else choice.group
        return _group(_named(one, choice.group, own["split"]), one, within, outcome, links.query, arm)

    arms = [Arm(place, _named(one, choice.group, own["split"]), one.curve()) for place, one in enumerate(drawn, start=1)]
    drawing = plot(arms, None if own["span"] == "all" else float(own["span"]))
    whole = _group(everybody.name, everybody, choice.group, outcome, links.query)
    return OutcomesPage(
        outcome=outcome,
        group=choice.group,
        split=own["split"],
        span=own["span"],
        unknown=tuple(unknown),
        options=options,
        cases=whole.cases,
        reports=all_cases.words["report_id"].distinct(chosen),
        counted=whole.counted,
        drawn=tuple(group(one, arm) for one, arm in zip(drawn, arms, strict=True)),
        others=tuple(group(one) for one in others[:_MOST_NAMED]),
        other_count=len(others),
        other_cases=sum(one.counted for one in others),
        plot=drawing,
        description=description(arms, outcome),
        left_out=_listed(everybody.left_out, listed(**{outcome.why: ""})),
        counted_from=_listed(basis.counted_from, listed(**{outcome.why: COUNTED, "counted_from": ""})),
        minimum=Count("lower bounds", basis.minimum, listed(**{outcome.why: COUNTED, "is_minimum": "yes"})("yes")),
        pairs=all_cases.pairs(counted),
        beyond=sum(arm.curve.beyond(drawing.months) for arm in arms) if drawing else 0,
        compare_url=compare_url(links, *(choice.group.narrowed(own["split"], one.name) for one in drawn[:2] if own["split"])),
        data=data(arms),
    )


def compare_url(links: Links, *groups: CaseGroup) -> str:
    """Return the address that sets two groups side by side; that of the page's example where there is one group, or none."""
    asked = {prefix + field: value for prefix, group in zip(PREFIXES, groups, strict=False) for field, value in group.chosen}
    return links.path("/compare", asked if len(groups) == 2 else {})


_DEFAULTS = {"outcome": OUTCOMES[0].name, "split": "", "span": _SPAN}
_LABELS = {"outcome": "outcome", "split": "way to split", "span": "length"}


def _own_options() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return what the form asks beside the group: what is estimated, by what it is split, how far it is drawn."""
    words = {"": "nothing", "decade": "decade of publication", "stain": "result of the marker"}
    return {
        "outcome": tuple((outcome.name, outcome.label) for outcome in OUTCOMES),
        "split": tuple((name, words.get(name) or case_group.label(name).lower()) for name in SPLITS),
        "span": SPAN,
    }


def _unknown(asked: Mapping[str, str], taken: Mapping[str, str], options: Options) -> Iterable[str]:
    """Yield a sentence for each answer that was not taken."""
    for name, value in taken.items():
        if asked.get(name) and asked[name] != value:
            yield not_here(_LABELS[name], asked[name], dict(options[name])[value])


def _chosen(tallies: tuple[Tally, ...], split: str) -> tuple[list[Tally], list[Tally]]:
    """Return the groups that are drawn, and the others: of many the largest are drawn, those of a told value first."""
    wanted = sorted((one for one in tallies if one.counted >= FEWEST_DRAWN), key=lambda one: one.name == NOT_REPORTED)[:MOST_DRAWN]
    others = [one for one in tallies if one not in wanted]
    names = case_group.in_order(split, {one.name: one.counted for one in wanted}) if case_group.is_ordered(split) else None
    return sorted(wanted, key=lambda one: names.index(one.name)) if names else wanted, others


def _named(one: Tally, group: CaseGroup, split: str) -> str:
    """Return what a group of a split is called by itself: "radiotherapy yes", "CD34 positive"."""
    if not split:
        return one.name
    marker = (("marker", group.value("marker")),) if split == "stain" else ()
    return CaseGroup((*marker, (split, one.name))).words


def _group(name: str, one: Tally, group: CaseGroup, outcome: Outcome, query_url: case_group.QueryUrl, arm: Arm | None = None) -> Group:
    """Return a group as the table shows it."""
    found = Group(
        name,
        Count("cases", one.cases, group.url(query_url)),
        Count(COUNTED, one.counted, group.url(query_url, **{outcome.why: COUNTED})),
        one.events,
    )
    if arm is None:
        return found
    shares = tuple(share_words(arm.curve.at(months)) for months in TABLE_MONTHS)
    return Group(found.name, found.cases, found.counted, found.events, arm, median_words(arm.curve), shares)


def _listed(counted: Mapping[str, int], url_of: Callable[[str], str]) -> tuple[Count, ...]:
    """Return how many cases there are of each word, the commonest first."""
    return tuple(Count(words, cases, url_of(words)) for words, cases in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def share_words(share: Estimate | None) -> str:
    """Return a share in per cent with its interval: "75 % (50 to 89)"; why there is none."""
    if share is None:
        return "nobody followed so long"
    interval = "" if share.low is None or share.high is None else f" ({share.low * 100:.0f} to {share.high * 100:.0f})"
    return f"{share.value * 100:.0f} %{interval}"


def median_words(curve: Curve) -> str:
    """Return the median with its interval, in months: "23 (13 to not reached)"."""
    ends = [number(round(end, 1)) if end is not None else "not reached" for end in _interval(curve)]
    value = "not reached" if curve.median is None else number(round(curve.median.value, 1))
    return value if ends == ["not reached"] * 2 else f"{value} ({ends[0]} to {ends[1]})"


def _interval(curve: Curve) -> tuple[float | None, float | None]:
    return curve.median_low, curve.median.high if curve.median else None


def description(arms: Iterable[Arm], outcome: Outcome) -> str:
    """Return what the drawing shows, in sentences for those who do not see it."""
    told = " ".join(
        f"{arm.letter}, {arm.name}: {arm.curve.patients} patients, {arm.curve.events} {outcome.happened}; {outcome.share} after"
        f" {', '.join(f'{months} months {share_words(arm.curve.at(months))}' for months in TABLE_MONTHS)}."
        for arm in arms
    )
    return f"{told} The table below says the same." if told else "Nothing is drawn."


def data(arms: Iterable[Arm]) -> Data:
    """Return the points of the curves as rows."""
    return Data(
        ("group", "months", "at_risk", "events", "censored", "estimate", "lower_95", "upper_95"),
        tuple(
            (
                arm.name,
                point.months,
                point.at_risk,
                point.events,
                point.censored,
                *map(_rounded, (point.share.value, point.share.low, point.share.high)),
            )
            for arm in arms
            for point in arm.curve.points
        ),
    )


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
