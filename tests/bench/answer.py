"""Draws where the time of an answer goes. Standard library only.

  answer.py OUT.svg NAME=FILE...

Each FILE ends with the JSON object that `nigh eval infill` or `tests/measure.py` prints; its `mean`
holds the milliseconds of each step. Each NAME becomes a bar.
"""

import json
import sys
from collections.abc import Sequence
from xml.sax.saxutils import escape

Step = tuple[float, str, str]  # milliseconds, description, colour
STEPS = [
    ("gatheringMs", "finding context and copies", "#4c78a8"),
    ("readingMs", "reading the prompt", "#f58518"),
    ("namingMs", "choosing names", "#72b7b2"),
    ("sayingMs", "saying the answer", "#54a24b"),
    ("judgingMs", "judging the candidates", "#b279a2"),
    ("restMs", "filters and the rest", "#9d9d9d"),
]
LEFT, WIDE, BAR, GAP = 190, 560, 26, 18


def mean(path: str) -> list[Step]:
    """The milliseconds of each step."""
    with open(path) as file:
        summary = json.loads(file.read().strip().splitlines()[-1])
    return [(summary["mean"][key], what, colour) for key, what, colour in STEPS]


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


def draw(bars: Sequence[tuple[str, list[Step]]]) -> str:
    """The picture of [(name, steps)]."""
    longest = max(sum(ms for ms, _, _ in steps) for _, steps in bars)
    parts: list[str] = []
    y = 12
    for name, steps in bars:
        x, total = float(LEFT), sum(ms for ms, _, _ in steps)
        parts.append(text(LEFT - 10, y + 18, name, "end"))
        for ms, what, colour in steps:
            width = WIDE * ms / longest
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}">'
                f"<title>{escape(what)}: {ms:.1f} ms</title></rect>"
            )
            x += width
        parts.append(text(x + 6, y + 18, f"{total:.0f} ms"))
        y += BAR + GAP
    for number, (_, what, colour) in enumerate(bars[0][1]):
        column, row = number % 3, number // 3
        x, line = LEFT + column * 200, y + 10 + row * 22
        parts.append(f'<rect x="{x}" y="{line - 11}" width="12" height="12" fill="{colour}"/>')
        parts.append(text(x + 18, line, what))
    wide, high = LEFT + WIDE + 70, y + 44
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" '
        'font-family="sans-serif" font-size="13">'
    )
    return (
        "\n".join([head, f'<rect width="{wide}" height="{high}" fill="white"/>', *parts, "</svg>"])
        + "\n"
    )


def main() -> None:
    if len(sys.argv) < 3 or any("=" not in bar for bar in sys.argv[2:]):
        raise SystemExit(__doc__)
    bars = [bar.split("=", 1) for bar in sys.argv[2:]]
    picture = draw([(name, mean(path)) for name, path in bars])
    with open(sys.argv[1], "w") as file:
        file.write(picture)


if __name__ == "__main__":
    main()
