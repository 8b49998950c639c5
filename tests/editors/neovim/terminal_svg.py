"""Turns screens of a terminal, as `tmux capture-pane -e` gives them, into one animated SVG.

record.py hands in the frames with the moment each appeared and gets the SVG's text. A line that
stays is written once, with the time it is shown. Where nothing is animated (converters, reduced
motion) the still frame is shown. Colours: ECMA-48 SGR with 16, 256 and 24-bit colours.
"""

import html
import re
import unicodedata
from typing import Any

Style = dict[int | str, Any]  # SGR code -> True, "fg" and "bg" -> colour
# Seconds, the screen, row and column of the cursor.
Frame = tuple[float, str, tuple[int, int]]
CELL, ROW, FONT = 8.4, 19, 14
BACKGROUND, FOREGROUND = "#14161b", "#e0e2ea"
BASIC = [
    "#07080d",
    "#c94f6d",
    "#81b29a",
    "#dbc074",
    "#719cd6",
    "#9d79d6",
    "#63cdcf",
    "#c4c6cd",
    "#4f5258",
    "#ffc0b9",
    "#b3f6c0",
    "#fce094",
    "#a6dbff",
    "#ffcaff",
    "#8cf8f7",
    "#eef1f8",
]


def colour(number: int) -> str:
    """The colour of a number from 0 to 255."""
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    parts = (number // 36, number // 6 % 6, number % 6)
    return "#" + "".join(f"{0 if part == 0 else 55 + 40 * part:02x}" for part in parts)


def extended(codes: list[int]) -> str:
    """The colour after 38 or 48: `5;N` or `2;R;G;B`, taken off the list."""
    if codes.pop(0) == 5:
        return colour(codes.pop(0))
    return "#" + "".join(f"{codes.pop(0):02x}" for _ in range(3))


def restyle(style: Style, parameters: str) -> Style:
    """The style (a dict) after one SGR sequence. Colours come as `38;2;R;G;B` or `38:2::R:G:B`."""
    codes: list[int] = []
    for group in parameters.split(";"):
        parts = [int(part) for part in group.split(":") if part] or [0]
        # Of `4:3`, a curly underline, the kind of line is dropped.
        codes += [4 if parts[1] else 24] if parts[0] == 4 and len(parts) > 1 else parts
    style = dict(style)
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = {}
        elif code in (1, 3, 4, 7):
            style[code] = True
        elif code in (22, 23, 24, 27):
            style.pop(code - 20 if code != 22 else 1, None)
        elif code in (38, 48, 58):
            style[{38: "fg", 48: "bg", 58: "line"}[code]] = extended(codes)
        elif code in (39, 49, 59):
            style.pop({39: "fg", 49: "bg", 59: "line"}[code], None)
        elif 30 <= code % 60 <= 37 or 40 <= code % 60 <= 47:
            number = code % 10 + (8 if code >= 90 else 0)
            style["fg" if code % 60 < 40 else "bg"] = colour(number)
    return style


def width(text: str) -> int:
    return sum(
        0
        if unicodedata.combining(letter)
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def runs(line: str, style: Style) -> tuple[list[tuple[int, str, Style]], Style]:
    """Splits a line with escape sequences into (column, text, style); also returns the style at its
    end."""
    found, column = [], 0
    for index, piece in enumerate(re.split(r"\x1b\[([\d;:]*)m", line)):
        if index % 2:
            style = restyle(style, piece)
        elif piece:
            found.append((column, piece, style))
            column += width(piece)
    return found, style


def draw(column: int, text: str, style: Style) -> str:
    """SVG of one run: its background if it has one, and its letters."""
    front, back = style.get("fg", FOREGROUND), style.get("bg")
    if style.get(7):
        front, back = back or BACKGROUND, front
    x, length = column * CELL, width(text) * CELL
    parts = []
    if back and back != BACKGROUND:
        parts.append(f'<rect x="{x:.1f}" width="{length:.1f}" height="{ROW}" fill="{back}"/>')
    if text.strip():
        looks = "".join(
            (
                ' font-weight="bold"' if style.get(1) else "",
                ' font-style="italic"' if style.get(3) else "",
                f' text-decoration="underline {style.get("line", front)}"' if style.get(4) else "",
            )
        )
        parts.append(
            f'<text x="{x:.1f}" y="{FONT}" textLength="{length:.1f}" fill="{front}"{looks}>'
            f"{html.escape(text, quote=False)}</text>"
        )
    return "".join(parts)


def spans(frames: list[Frame], rows: int, total: float) -> list[tuple[float, float, str]]:
    """What is on the screen from when to when: (start, end, SVG), one per line's text and cursor's
    place."""
    found: list[tuple[float, float, str]] = []
    current: dict[int | str, tuple[float, str]] = {}
    last: Frame = (total, "", (0, -1))
    for start, screen, (cursor_row, cursor_column) in [*frames, last]:
        now: dict[int | str, str] = {}
        style: Style = {}
        for row, line in enumerate(screen.split("\n")[:rows]):
            pieces, style = runs(line, style)
            drawn = "".join(draw(*piece) for piece in pieces)
            now[row] = drawn and f'<g transform="translate(0 {row * ROW})">{drawn}</g>'
        if cursor_column >= 0:
            now["cursor"] = (
                f'<rect x="{cursor_column * CELL:.1f}" y="{cursor_row * ROW}" width="2" '
                f'height="{ROW}" fill="{FOREGROUND}"/>'
            )
        for place in {*current, *now}:
            since, drawn = current.get(place, (start, ""))
            if drawn != now.get(place, ""):
                if drawn:
                    found.append((since, start, drawn))
                current[place] = (start, now.get(place, ""))
    return found


def svg(frames: list[Frame], columns: int, rows: int, total: float, still: int, title: str) -> str:
    """`frames`: a list of (seconds, screen, (row, column) of the cursor); `still`: index of the
    still frame."""
    css, groups, moment = [], [], frames[still][0]
    for index, (start, end, drawn) in enumerate(spans(frames, rows, total)):
        first, last = 100 * start / total, 100 * end / total
        before = "0%{visibility:hidden}" if start else ""
        css.append(
            f"@keyframes a{index}{{{before}{first:.2f}%{{visibility:visible}}"
            f"{last:.2f}%{{visibility:hidden}}}}"
            f".a{index}{{animation-name:a{index}}}"
        )
        shown = "" if start <= moment < end else ' visibility="hidden"'
        groups.append(f'<g class="a a{index}"{shown}>{drawn}</g>')
    wide, high = columns * CELL + 24, rows * ROW + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" '
        f'width="{wide:.0f}" height="{high}">'
        f"<title>{html.escape(title)}</title>"
        f"<style>text{{white-space:pre}}.a{{animation:{total:.2f}s step-end infinite}}"
        f"@media (prefers-reduced-motion:no-preference){{{''.join(css)}}}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
        '<g transform="translate(12 12)" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'
        'monospace" '
        f'font-size="{FONT}" xml:space="preserve">{"".join(groups)}</g></svg>\n'
    )
