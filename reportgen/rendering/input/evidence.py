"""What removing words shows of an input, and how much of it each explanation foretells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.methods import get, leading
from reportgen.methods.description import NEUTRAL
from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.facts import first_games, not_shown, output_name
from reportgen.rendering.input.score_rows import FEW
from reportgen.rendering.wording import faithfulness as wording
from reportgen.rendering.wording.numbers import count, number, probability
from reportgen.rendering.wording.removals import BRIEFLY
from reportgen.results.model import JobResult
from reportgen.results.removal import RANDOM, Faithfulness, Removal

if TYPE_CHECKING:
    from reportgen.rendering.input.removal_chart import Line

STEPS, WRITTEN = 16, 7
"""Numbers of removed units that are drawn at most, and those that are written below."""

COLOURED = 6
"""Lines of a chart that have a colour of their own; more cannot be told apart."""

COLOURS = ("#3f7fd6", "#5c8a1e", "#c98a00", "#7a5c46", "#0e9ab5", "#d1477f")
"""Of methods that have none, or one that cannot be told from another's."""

NEAR = 64
"""Distance in RGB, each channel 0 to 255, up to which colours are mistaken for each other."""


@dataclass(frozen=True)
class MethodRow:
    """One method: its normalised measures, and whether it foretells no more than chance."""

    title: str
    cells: tuple[str, ...]
    chance: bool = False
    weak: str = ""


@dataclass(frozen=True)
class OutputEvidence:
    """One output: sentences, the chart, and the methods, the best first.

    ``others`` has the other measures of each way to remove, named by it.
    """

    title: str
    sentences: tuple[str, ...]
    chart: Chart | None
    rows: tuple[MethodRow, ...]
    others: tuple[tuple[str, Table], ...]


@dataclass(frozen=True)
class Evidence:
    """The evidence for all outputs; ``ways`` are those in which units were removed."""

    outputs: tuple[OutputEvidence, ...]
    noun: str
    ways: tuple[str, ...]
    legend: str
    intro: str
    more: str = ""

    @property
    def live(self) -> bool:
        """Whether it has a chart."""
        return any(output.chart is not None for output in self.outputs)


def evidence(result: JobResult) -> Evidence | None:
    """Show curves and measures of the first outputs; ``None`` where no method was measured."""
    games = [game for game in first_games(result) if measured(game)]
    if not games:
        return None
    operators = tuple(dict.fromkeys(game.operator for game in result.removals if measured(game)))
    left = len(games) - FEW
    return Evidence(
        outputs=tuple(
            output_evidence(
                result,
                [g for g in result.removals if g.target == game.target and measured(g)],
                operators,
                several=len(games) > 1,
            )
            for game in games[:FEW]
        ),
        noun=games[0].granularity,
        ways=tuple(BRIEFLY[operator] for operator in operators),
        legend=wording.LEGEND,
        intro=wording.intro(games[0].granularity, operators),
        more=not_shown(left),
    )


def measured(game: Removal) -> bool:
    """Tell whether any method was measured by a game, not only random orders.

    Of a single unit there is only one order.
    """
    return len(game.units) > 1 and any(row.method != RANDOM for row in game.measures)


def output_evidence(
    result: JobResult, games: Sequence[Removal], operators: Sequence[str], *, several: bool
) -> OutputEvidence:
    """Gather what the games of one output say; the first decides the order of methods."""
    first = games[0]
    rows = ranked(first.measures)
    chance = next((row for row in rows if row.method == RANDOM), None)
    by_way: dict[str, dict[str, Faithfulness]] = {
        game.operator: {row.method: row for row in game.measures} for game in games
    }
    told = (wording.summary(rows, first.granularity), wording.bounds(first), wording.favoured(rows))
    return OutputEvidence(
        title=output_name(result, first) if several else "",
        sentences=tuple(filter(None, told)),
        chart=chart(result, first, rows),
        rows=tuple(
            MethodRow(
                wording.method_title(row.method),
                cells([by_way.get(way, {}).get(row.method) for way in operators]),
                row.method == RANDOM,
                wording.WEAK if wording.no_better(row, chance) else "",
            )
            for row in rows
        ),
        others=tuple((wording.by(game), others(game)) for game in games),
    )


def ranked(rows: Sequence[Faithfulness]) -> list[Faithfulness]:
    """Put methods in order, the best first; those without a number last."""

    def place(row: Faithfulness) -> tuple[bool, float]:
        value = row.normalized_comprehensiveness
        return value is None, -(value or 0.0)

    return sorted(rows, key=place)


def cells(rows: Sequence[Faithfulness | None]) -> tuple[str, ...]:
    """Write normalised comprehensiveness of each way to remove, then sufficiency of each."""
    first = (row.normalized_comprehensiveness if row else None for row in rows)
    second = (row.normalized_sufficiency if row else None for row in rows)
    return tuple("–" if value is None else wording.share(value) for value in (*first, *second))


def others(game: Removal) -> Table:
    """Write the measures that are not normalised."""
    return Table(
        ("method", *(column for _, column in wording.MEASURES)),
        tuple(
            (
                wording.method_title(row.method),
                *(write(getattr(row, name)) for name, _ in wording.MEASURES),
            )
            for row in ranked(game.measures)
        ),
    )


def write(value: float | None) -> str:
    return "–" if value is None else number(value)


def chart(result: JobResult, game: Removal, rows: Sequence[Faithfulness]) -> Chart | None:
    """Draw the curves of the methods, within those of the best, the worst and random orders."""
    found = {(curve.order, curve.ascending): curve for curve in game.curves}
    names = [row.method for row in rows if (row.method, False) in found and row.method != RANDOM]
    if not names:
        return None
    from reportgen.rendering.input import removal_chart as drawn  # loads Altair, which is slow

    n = len(game.units)
    steps = spaced(n, STEPS)

    def line(name: str, title: str, colour: str = "", side: str = "values") -> drawn.Line:
        down = found[name, False]
        values = (getattr(down, side), getattr(found.get((name, True), down), side))
        return drawn.Line(title, colour, (at(values[0], steps), at(values[1], steps)))

    colours = line_colours(names)
    lines = [line(name, wording.method_title(name), colours[name]) for name in names]
    known = (("best", drawn.BEST), ("worst", drawn.WORST), (RANDOM, drawn.CHANCE))
    around = [line(name, title) for name, title in known if (name, False) in found]
    told = [*lines, *around]
    if (RANDOM, False) in found and found[RANDOM, False].low:
        sides = (("low", drawn.LOW), ("high", drawn.HIGH))
        around += [line(RANDOM, title, side=side) for side, title in sides]
    return drawn.removal_chart(
        lines,
        around,
        [k / n for k in steps],
        noun=game.granularity,
        output=axis_title(result, game),
        probable=game.probable,
        description=f"{axis_title(result, game)}, while {game.granularity}s are removed in the "
        f"order of {count(len(lines), 'method')}, the most or the least important first",
        table=curve_table(game, told, drawn.PANELS, steps),
    )


def spaced(n: int, most: int) -> list[int]:
    """Return numbers from 0 to n, evenly spaced, ``most`` of them at most."""
    if n < most:
        return list(range(n + 1))
    return [round(i * n / (most - 1)) for i in range(most)]


def at(values: Sequence[float], steps: Sequence[int]) -> tuple[float, ...]:
    return tuple(values[k] for k in steps)


def axis_title(result: JobResult, game: Removal) -> str:
    """Name the output of a game beside its axis."""
    if not game.probable:
        return "output"
    if game.target is None:
        return "probability of the answer"
    kind = result.prediction_kind
    short = kind is not None and kind.classes and len(game.target) <= 12
    return f"probability of {game.target}" if short else "probability"


def line_colours(names: Sequence[str]) -> dict[str, str]:
    """Return the colours of methods, the best first: their own, or one that none of them has.

    Beyond ``COLOURED`` they are grey, the leading one never.
    """
    main = leading(names)
    chosen = [name for name in names if name != main][: COLOURED - bool(main)]
    chosen = [name for name in names if name == main or name in chosen]
    found = dict.fromkeys(names, NEUTRAL)
    for name in sorted(chosen, key=lambda name: name != main):  # the leading one chooses first
        known = get(name)
        own = known.colour if known else NEUTRAL
        if own != NEUTRAL and all(apart(own, other) for other in found.values()):
            found[name] = own
    for name in chosen:
        if found[name] == NEUTRAL:
            taken = [other for other in found.values() if other != NEUTRAL]
            free = (one for one in COLOURS if all(apart(one, other) for other in taken))
            found[name] = next(free, NEUTRAL)
    return found


def apart(one: str, other: str) -> bool:
    """Tell whether two colours ``#rrggbb`` can be told apart as lines of one chart."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return sum((a - b) ** 2 for a, b in pairs) > NEAR**2


def curve_table(
    game: Removal, lines: Sequence[Line], panels: Sequence[str], steps: Sequence[int]
) -> Table:
    """Write the output after some of the numbers of units that are drawn."""
    rows = spaced(len(steps) - 1, WRITTEN)
    return Table(
        (f"{game.granularity}s gone", *(line.name for line in lines)),
        tuple(
            (
                f"{panel.partition(' ')[0]} first, {steps[row]}",
                *(write_output(game, line, i, row) for line in lines),
            )
            for i, panel in enumerate(panels)
            for row in rows
        ),
    )


def write_output(game: Removal, line: Line, panel: int, row: int) -> str:
    value = line.panels[panel][row]
    return probability(value) if game.probable else number(value)
