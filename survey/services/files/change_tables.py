"""What has changed, in a sentence and as sheets of the workbook: against the margin that was set beforehand.

The page of analyses takes its sentences from here, so that page and file cannot say different things.
"""

from __future__ import annotations

from collections.abc import Sequence

from survey.errors import N_
from survey.exports.tables import Cell, Column, Kind, Table
from survey.services.estimates.analyses.contrasts import AgainstMargin, Contrast, SinceLast
from survey.services.estimates.analyses.wave_series import LEAST_FOR_SEASON, FigureSeries, WaveChange, WavePoint
from survey.services.estimates.visible_results import ResultsView
from survey.services.files.result_sentences import Words
from survey.services.files.result_tables import as_p, as_rate
from survey.words.figures import day, in_points, margin, number, p_value, percent
from survey.words.results import AGAINST_MARGIN, REASONS

CHOSEN = N_("People chose themselves to answer, so nobody knows how those who did not would have answered: differences "
            "and intervals are shown, and nothing is proven by them.")  # fmt: skip

ONE_RULE = N_("Intervals and “More than chance?” follow one rule, for all rows of a table together (Holm): "
              "“yes” is said where 0 does not lie inside the interval. An interval that ends at 0 proves the "
              "direction, not how far.")  # fmt: skip


def margin_sentence(since: SinceLast, w: Words) -> str:
    """What the headline figure proves against the margin; empty where none was set or it is not compared."""
    whole = next((one for one in since.contrasts if one.level == "overall"), None)
    if since.margin is None or whole is None:
        return ""
    found, words = whole.against, margin(since.margin, w.language)
    if whole.reason:
        return w(N_("Not worse than the wave before by more than %(margin)s points: not proven, and it cannot be, "
                    "since people chose themselves to answer."), margin=words)  # fmt: skip
    if found is None:
        return w(N_("Whether it is not worse than the wave before by more than %(margin)s points is said when the wave "
                    "is closed."), margin=words)  # fmt: skip
    if found.reading == "worse":
        return w(N_("Worse than the wave before by more than %(margin)s points: proven."), margin=words)
    if found.reading == "not_proven":
        return w(N_("Not worse than the wave before by more than %(margin)s points: this cannot be said yet."),
                 margin=words)  # fmt: skip
    said = w(N_("Not worse than the wave before by more than %(margin)s points: proven."), margin=words)
    if found.equivalent:
        said += " " + w(N_("The two waves are equivalent within ±%(margin)s points: proven."), margin=words)
    else:
        said += " " + w(N_("That they are equivalent, no better either, is not proven."))
    return said


def margin_notes(since: SinceLast, w: Words) -> tuple[str, ...]:
    """What stands under the table: which interval reads the same, when the margin was set, how families are judged."""
    whole = next((one for one in since.contrasts if one.level == "overall"), None)
    if since.margin is None or since.margin_set_on is None or whole is None:
        return ()
    found, words = whole.against, margin(since.margin, w.language)
    notes = [
        w(N_("The margin of %(margin)s points was set on %(day)s, before the wave opened."), margin=words,
          day=day(since.margin_set_on))
    ]  # fmt: skip
    if found is None:
        return tuple(notes)
    if found.reason:
        if found.low is not None and found.high is not None:
            notes.append(
                w(N_("90 %% interval of the headline's difference: %(low)s … %(high)s."),
                  low=in_points(found.low, w.language), high=in_points(found.high, w.language))
            )  # fmt: skip
        return tuple(notes)
    if found.low is not None and found.high is not None:
        notes.append(
            w(N_("90 %% interval of the headline's difference: %(low)s … %(high)s. Above −%(margin)s throughout means "
                 "not worse, within ±%(margin)s means equivalent, each with 5 %% error."),
              low=in_points(found.low, w.language), high=in_points(found.high, w.language), margin=words)
        )  # fmt: skip
    notes.append(
        w(N_("The headline is judged by itself; the other figures together, and the units together (Holm). The bounds "
             "of one family hold together with 95 % certainty."))
    )  # fmt: skip
    return tuple(notes)


def proven_words(found: Contrast, w: Words) -> str:
    """Whether a difference is more than chance: yes or not proven, and why it cannot be where it cannot."""
    return w(N_("yes")) if found.certain else _unproven(found.reason, w)


def margin_words(found: AgainstMargin, w: Words) -> str:
    """Whether a figure is not worse by more than the margin, with the reason where nothing can be proven."""
    return _unproven(found.reason, w) if found.reason else w(AGAINST_MARGIN[found.reading])


def equivalent_words(found: AgainstMargin, w: Words) -> str:
    """Whether two figures are equivalent within the margin, with the reason where nothing can be proven."""
    return w(N_("yes")) if found.equivalent else _unproven(found.reason, w)


def _unproven(reason: str, w: Words) -> str:
    said = w(N_("not proven"))
    return f"{said}: {w(REASONS[reason])}" if reason else said


def not_below(found: Contrast, language: str) -> str:
    """The lower bound of a difference that agrees with what is said of it: "≥ −1,3"; empty where there is none."""
    return f"≥ {in_points(found.against.bound, language)}" if found.against and found.against.bound is not None else ""


def units_sentence(since: SinceLast, w: Words) -> str:
    """How many units changed by more than chance, and what is proven of them against the margin."""
    found = [one.change for one in since.units]
    if any(one.reason for one in found):
        return w(N_("Units compared: %(n)s. Nothing is proven of any, since people chose themselves to answer."),
                 n=len(found))  # fmt: skip
    up = sum(one.certain and one.difference > 0 for one in found)
    down = sum(one.certain and one.difference < 0 for one in found)
    said = w(N_("Units compared: %(n)s. Risen by more than chance explains: %(up)s; fallen: %(down)s."), n=len(found),
             up=up, down=down)  # fmt: skip
    if since.margin is not None:
        held = [one.against.reading for one in found if one.against is not None]
        said += " " + w(
            N_("Not worse by more than %(margin)s points is proven of %(good)s, worse by more of %(worse)s."),
            margin=margin(since.margin, w.language), good=held.count("not_worse"), worse=held.count("worse"),
        )  # fmt: skip
    return said


def margin_table(view: ResultsView, since: SinceLast, named: Sequence[tuple[str, Contrast]], w: Words) -> Table:
    """Figures and units against the margin, by their printed names."""
    columns = (
        Column(w(N_("Figure or unit")), width=36),
        Column(w(N_("This wave")), Kind.RATE, 11),
        Column(w(N_("Wave before")), Kind.RATE, 11),
        Column(w(N_("Difference")), Kind.RATE, 11),
        Column(w(N_("90 % low")), Kind.RATE, 10),
        Column(w(N_("90 % high")), Kind.RATE, 10),
        Column(w(N_("Not below, holds together")), Kind.RATE, 12),
        Column(w(N_("p, not worse (Holm)")), Kind.NUMBER, 12),
        Column(w(N_("p, equivalent (Holm)")), Kind.NUMBER, 12),
        Column(w(N_("Not worse?")), width=16),
        Column(w(N_("Equivalent?")), width=14),
    )
    rows: list[list[Cell]] = [
        [name, as_rate(c.first, view.rounding(c.target)), as_rate(c.second, view.rounding(c.target)), c.difference,
         a.low, a.high, a.bound, as_p(a.p_not_worse), as_p(a.p_equivalent), margin_words(a, w),
         equivalent_words(a, w)]
        for name, c in named
        if (a := c.against) is not None
    ]  # fmt: skip
    chosen = (w(CHOSEN),) if any(one.reason for _, one in named) else ()
    return Table(
        w(N_("Not worse")), w(N_("Not worse than the wave before?")), columns, rows,
        lead=(margin_sentence(since, w),), notes=(*margin_notes(since, w), *chosen),
    )  # fmt: skip


def series_sentence(found: FigureSeries, w: Words) -> str:
    """What has become of a figure over the waves since its last break, in a sentence."""
    since, last = _stretch(found)[0], found.last
    change = last.since_first
    if change is None:
        return w(N_("The wording changed, or too few waves have a known error: nothing can be said of a change yet."))
    size, n = in_points(abs(change.difference), w.language).lstrip("+"), found.tested
    if found.reason:
        return w(N_("Changed by %(size)s points over %(n)s waves, since %(first)s, among those who answered: a rise or "
                    "fall is not proven, since people chose themselves to answer."),
                 size=in_points(change.difference, w.language), n=n, first=since.title)  # fmt: skip
    if change.certain and change.difference > 0:
        return w(N_("Risen by %(size)s points over %(n)s waves, since %(first)s: more than chance explains."),
                 size=size, n=n, first=since.title)  # fmt: skip
    if change.certain:
        return w(N_("Fallen by %(size)s points over %(n)s waves, since %(first)s: more than chance explains."),
                 size=size, n=n, first=since.title)  # fmt: skip
    if found.changed:
        said = w(N_("The figure moved between the waves more than chance explains, but it cannot be said that it is "
                    "higher or lower than in %(first)s."), first=since.title)  # fmt: skip
    elif change.difference > 0:
        said = w(N_("It cannot be said that it has risen: over %(n)s waves +%(size)s points are within what chance "
                    "explains."), n=n, size=size)  # fmt: skip
    else:
        said = w(N_("It cannot be said that it has fallen: over %(n)s waves −%(size)s points are within what chance "
                    "explains."), n=n, size=size)  # fmt: skip
    return said


def series_notes(found: FigureSeries, w: Words) -> tuple[str, ...]:
    """Break, test of any change, line, season: each in a sentence."""
    notes = [
        w(N_("The wording changed before %(wave)s. What lies on the two sides is not compared."), wave=point.title)
        for point in found.points
        if point.broken
    ]
    if found.changed_p is not None:
        notes.append(w(N_("Whether anything changed over these waves at all: p %(p)s (Welch)."), p=_said_p(found, w)))
    if found.slope is not None:
        one = found.slope
        notes.append(
            w(N_("Line through the waves: %(slope)s points a year (95 %% interval %(low)s … %(high)s)."),
              slope=in_points(one.difference, w.language), low=in_points(one.low, w.language),
              high=in_points(one.high, w.language))
        )  # fmt: skip
        if found.departure_p is not None and found.departure_p < 0.05:
            notes.append(w(N_("The waves do not lie on one line, so it says little of any single wave.")))
    notes.append(_season_words(found, w))
    notes.append(w(N_("Changes and their intervals are adjusted together (Holm).")))
    if found.reason:
        notes.append(w(CHOSEN))
    return tuple(notes)


def _said_p(found: FigureSeries, w: Words) -> str:
    said = p_value(found.changed_p, w.language)
    return said if said.startswith("<") else f"= {said}"


def _season_words(found: FigureSeries, w: Words) -> str:
    if found.season == "yes" and found.last.level is not None and found.last.season is not None:
        return w(N_("Season: this time of year usually makes %(season)s points; without it the last wave stands at "
                    "%(level)s (strength of the season %(strength)s of 1)."),
                 season=in_points(found.last.season, w.language), level=percent(found.last.level, w.language),
                 strength=number(found.strength, 2, w.language))  # fmt: skip
    if found.season == "irregular":
        return w(N_("No seasonal part: the waves are not a month or a quarter apart, each as far as the next."))
    return w(N_("No seasonal part: it takes %(least)s waves and two full years, evenly spaced, of one wording; there "
                "are %(n)s waves."), least=LEAST_FOR_SEASON, n=found.tested)  # fmt: skip


def _stretch(found: FigureSeries) -> tuple[WavePoint, ...]:
    """The waves since the last break."""
    since = max((place for place, point in enumerate(found.points) if point.broken), default=0)
    return found.points[since:]


def series_table(view: ResultsView, named: Sequence[tuple[str, FigureSeries]], w: Words) -> Table:
    """Every figure in every wave, with the changes since the wave before and since the first of its wording."""
    columns = (
        Column(w(N_("Figure")), width=30),
        Column(w(N_("Wave")), width=28),
        Column(w(N_("n")), Kind.COUNT, 9),
        Column(w(N_("Rate")), Kind.RATE, 10),
        Column(w(N_("95 % low")), Kind.RATE, 10),
        Column(w(N_("95 % high")), Kind.RATE, 10),
        Column(w(N_("Since the wave before")), Kind.RATE, 12),
        Column(w(N_("Low, adjusted")), Kind.RATE, 10),
        Column(w(N_("High, adjusted")), Kind.RATE, 10),
        Column(w(N_("p (Holm)")), Kind.NUMBER, 11),
        Column(w(N_("Since the first wave")), Kind.RATE, 12),
        Column(w(N_("Low, adjusted")), Kind.RATE, 10),
        Column(w(N_("High, adjusted")), Kind.RATE, 10),
        Column(w(N_("p (Holm)")), Kind.NUMBER, 11),
        Column(w(N_("Without the season")), Kind.RATE, 11),
        Column(w(N_("Remark")), width=24),
    )
    rows: list[list[Cell]] = []
    for name, one in named:
        rounding = view.rounding(one.target)
        rows += [
            [name, point.title, point.n or None, as_rate(point.rate, rounding), point.low, point.high,
             *_change_cells(point.since_before, w), *_change_cells(point.since_first, w), point.level,
             _remark(one, point, w)]
            for point in one.points
        ]  # fmt: skip
    head = next((one for _, one in named if one.level == "overall"), None)
    return Table(
        w(N_("Over the waves")), w(N_("What has changed over the waves?")), columns, rows,
        lead=(series_sentence(head, w),) if head is not None else (),
        notes=series_notes(head, w) if head is not None else (),
    )  # fmt: skip


def _remark(found: FigureSeries, point: WavePoint, w: Words) -> str | None:
    said = [w(N_("wording changed: not joined to the waves before"))] if point.broken else []
    if found.reason and point.since_before is not None:
        said.append(_unproven(found.reason, w))
    return "; ".join(said) or None


def _change_cells(found: WaveChange | None, w: Words) -> list[Cell]:
    return [None] * 4 if found is None else [found.difference, found.low, found.high, as_p(found.p_value)]
