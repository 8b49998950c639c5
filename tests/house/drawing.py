"""Draws the crates and their arrows as SVG: whatever depends on nothing of ours is at the bottom.

An arrow that a longer way already implies is left out. Rows are the longest ways down; each row is
ordered so that few arrows cross.
"""

from html import escape

from crates import Crate, levels

BOX_HEIGHT, ROW_GAP, COLUMN_GAP, MARGIN = 74, 50, 26, 24
# What an arrow takes up in a row that it only passes.
PASSING_WIDTH = 14
CHARACTER_WIDTH, BOX_PADDING, DESCRIPTION_WIDTH = 6.3, 22, 24
SWEEPS = 12

STYLE = """\
  <style>
    text { font-family: system-ui, sans-serif; text-anchor: middle; fill: #1f2933 }
    .name { font-size: 15px; font-weight: 600 }
    .about { font-size: 11px; fill: #52606d }
    rect { fill: #f5f7fa; stroke: #7b8794 }
    path { fill: none; stroke: #9aa5b1; stroke-width: 1.4 }
  </style>
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
            orient="auto"><path d="M0 0L8 4L0 8z" style="fill: #9aa5b1; stroke: none"/></marker>
  </defs>
"""

# A crate by its name, or a place (row, upper crate, lower crate) that an arrow passes.
Node = str | tuple[int, str, str]


def direct(found: list[Crate]) -> list[tuple[str, str]]:
    """The arrows without those that a longer way implies, in a fixed order."""
    depends_on = {crate.name: crate.depends_on for crate in found}

    def below(name: str) -> set[str]:
        return set(depends_on[name]).union(*(below(lower) for lower in depends_on[name]))

    arrows = []
    for crate in found:
        implied = set().union(*(below(lower) for lower in crate.depends_on))
        arrows += [(crate.name, lower) for lower in sorted(crate.depends_on - implied)]
    return arrows


def wrapped(text: str) -> list[str]:
    """A description in at most three lines of a box."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > DESCRIPTION_WIDTH:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:3]


class Layout:
    """Where the boxes are and which points the arrows pass."""

    def __init__(self, found: list[Crate]) -> None:
        """Puts each crate into its row, orders the rows and gives each node its place."""
        self.crates = {crate.name: crate for crate in found}
        self.depths = levels(found)
        self.rows: list[list[Node]] = [[] for _ in range(max(self.depths.values()) + 1)]
        for crate in found:
            self.rows[self.depths[crate.name]].append(crate.name)
        self.ways = [self.way(upper, lower) for upper, lower in direct(found)]
        for sweep in range(SWEEPS):
            self.order(upward=sweep % 2 == 0)
        self.center_x: dict[Node, float] = {}
        self.width = max(map(self.row_width, self.rows)) + 2 * MARGIN
        for row in self.rows:
            self.place(row)

    def way(self, upper: str, lower: str) -> list[Node]:
        """The nodes of an arrow from top to bottom; adds those that it passes to their rows."""
        passed: list[Node] = []
        for depth in range(self.depths[upper] - 1, self.depths[lower], -1):
            passed.append((depth, upper, lower))
            self.rows[depth].append((depth, upper, lower))
        return [upper, *passed, lower]

    def order(self, upward: bool) -> None:
        """Orders each row by the mean place of its neighbours in the row before."""
        rows = self.rows if upward else self.rows[::-1]
        for before, row in zip(rows, rows[1:], strict=False):
            places = {node: (index + 0.5) / len(before) for index, node in enumerate(before)}
            own = {node: (index + 0.5) / len(row) for index, node in enumerate(row)}
            row.sort(key=lambda node: (self.mean_place(node, places, own[node]), str(node)))

    def mean_place(self, node: Node, places: dict[Node, float], own: float) -> float:
        """The mean place of the neighbours of a node; its own where it has none."""
        pairs = (pair for way in self.ways for pair in zip(way, way[1:], strict=False))
        neighbours = [
            places[other]
            for pair in pairs
            if node in pair
            for other in pair
            if other != node and other in places
        ]
        return sum(neighbours) / len(neighbours) if neighbours else own

    def lines(self, name: str) -> list[str]:
        """What is below the name in the box of a crate."""
        return wrapped(self.crates[name].description)

    def node_width(self, node: Node) -> float:
        """How wide a node is."""
        if not isinstance(node, str):
            return PASSING_WIDTH
        letters = max(len(line) for line in [node + "   ", *self.lines(node)])
        return letters * CHARACTER_WIDTH + BOX_PADDING

    def row_width(self, row: list[Node]) -> float:
        """How wide a row is, with its gaps."""
        return sum(map(self.node_width, row)) + COLUMN_GAP * (len(row) - 1)

    def place(self, row: list[Node]) -> None:
        """Centers a row."""
        left = (self.width - self.row_width(row)) / 2
        for node in row:
            self.center_x[node] = left + self.node_width(node) / 2
            left += self.node_width(node) + COLUMN_GAP

    def top(self, node: Node) -> float:
        """The upper edge of the row of a node."""
        depth = self.depths[node] if isinstance(node, str) else node[0]
        return MARGIN + (len(self.rows) - 1 - depth) * (BOX_HEIGHT + ROW_GAP)

    def height(self) -> float:
        """The height of the whole drawing."""
        return len(self.rows) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP + 2 * MARGIN


def box(layout: Layout, name: str) -> str:
    """The box of a crate with its name and description."""
    width, center, top = layout.node_width(name), layout.center_x[name], layout.top(name)
    lines = layout.lines(name)
    first = top + 42 - 7.5 * len(lines)
    parts = [
        f'  <rect x="{center - width / 2:.0f}" y="{top:.0f}" width="{width:.0f}" '
        f'height="{BOX_HEIGHT}" rx="6"/>',
        f'  <text class="name" x="{center:.0f}" y="{first:.0f}">{escape(name)}</text>',
    ]
    for index, line in enumerate(lines):
        y = first + 15 + 13 * index
        parts.append(f'  <text class="about" x="{center:.0f}" y="{y:.0f}">{escape(line)}</text>')
    return "\n".join(parts)


def arrow(layout: Layout, way: list[Node]) -> str:
    """An arrow as curves that leave and enter each row straight up and down."""
    drawn = ""
    for upper, lower in zip(way, way[1:], strict=False):
        x, y = layout.center_x[upper], layout.top(upper) + BOX_HEIGHT
        to_x, to_y = layout.center_x[lower], layout.top(lower)
        drawn += f"M{x:.0f} {y:.0f}" if not drawn else f"L{x:.0f} {y:.0f}"
        middle = (y + to_y) / 2
        drawn += f"C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
    return f'  <path d="{drawn}" marker-end="url(#tip)"/>'


def drawing(found: list[Crate]) -> str:
    """The whole drawing. Test programs depend on everything and are left out."""
    shown = [crate for crate in found if crate.name != "tests"]
    layout = Layout(shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width:.0f} '
        f'{layout.height():.0f}" role="img">',
        "  <title>The crates of nigh and which depends on which</title>",
        STYLE.rstrip("\n"),
        '  <rect width="100%" height="100%" style="fill: white; stroke: none"/>',
        *(arrow(layout, way) for way in layout.ways),
        *(box(layout, crate.name) for crate in shown),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
