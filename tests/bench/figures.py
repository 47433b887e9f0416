"""What a figure is: a measured value, the machine's own floor in the same run, a target, a verdict."""

import math

OK, NOISE, MISSED, UNKNOWN, PLAIN = "ok", "ok (noise)", "MISSED", "NOT MEASURED", ""


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Figure:
    """One line of the table.

    target None: for information. noise: how far above the target a value may be before it is a miss,
    worked out from how the floors of the same run behaved.
    """

    def __init__(self, name, unit, target=None):
        self.name, self.unit, self.target = name, unit, target
        self.floors = []
        self.noise = 0.0
        self.values = {}  # program: value

    def floor(self):
        return sum(self.floors) / len(self.floors) if self.floors else None

    def verdict(self, program, strict):
        value = self.values.get(program)
        if self.target is None:
            return PLAIN
        if value is None:
            return UNKNOWN
        if value <= self.target:
            return OK
        return NOISE if not strict and value <= self.target + self.noise else MISSED


class Table:
    """Every figure, in the order of the definitions; verdicts are about the first program."""

    def __init__(self, programs, groups):
        self.figures = {key: Figure(*definition) for group in groups for key, definition in group.items()}
        self.programs = programs
        self.failures = []  # (program, what happened)

    def __getitem__(self, key):
        return self.figures[key]

    def record(self, program, values):
        for key, value in values.items():
            self.figures[key].values[program] = value

    def rows(self, strict):
        yield ["figure", "unit", *self.programs, "floor", "ratio", "target", ""]
        for figure in self.figures.values():
            value, floor = figure.values.get(self.programs[0]), figure.floor()
            ratio = value / floor if floor and value is not None else None
            yield [figure.name, figure.unit, *(show(figure.values.get(program)) for program in self.programs),
                   show(floor), show(ratio), show(figure.target), figure.verdict(self.programs[0], strict)]

    def print(self, strict):
        rows = list(self.rows(strict))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            cells = [cell.ljust(width) if column in (0, 1, len(row) - 1) else cell.rjust(width)
                     for column, (cell, width) in enumerate(zip(row, widths))]
            print("  ".join(cells).rstrip())
        for program, failure in self.failures:
            print("%s: %s" % (program, failure))

    def missed(self, strict):
        return [figure for figure in self.figures.values()
                if figure.verdict(self.programs[0], strict) in (MISSED, UNKNOWN)]


def show(value):
    """A number with three or so digits that mean something."""
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 100:
        return "%d" % round(value)
    return "%.2f" % value if abs(value) < 10 else "%.1f" % value
