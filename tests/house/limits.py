"""The limits of `limits.toml` and `additions.toml`: what breaks them, and how they get tighter."""

import math
import re
import tomllib
from pathlib import Path

from additions import Addition
from report import Row

HERE = Path(__file__).resolve().parent
LIMITS, ADDITIONS = HERE / "limits.toml", HERE / "additions.toml"


def limits() -> tuple[dict[str, float], dict[str, float]]:
    """What must not be exceeded, and what must be reached."""
    read = tomllib.loads(LIMITS.read_text())
    return read["goals"] | read["ceilings"], read["floors"]


def broken(row: Row, found: list[Addition]) -> list[str]:
    """What is over a ceiling or under a floor."""
    ceilings, floors = limits()
    high = [
        f"{key}: {row[key]}, at most {most}" for key, most in ceilings.items() if row[key] > most
    ]
    low = [
        f"{key}: {row[key]}, at least {least}" for key, least in floors.items() if row[key] < least
    ]
    wide = [
        f"to add {addition.what} touches {len(addition.touched)} files, at most {addition.most}: "
        + ", ".join(addition.touched)
        for addition in found
        if len(addition.touched) > addition.most
    ]
    return high + low + wide


def lowered(text: str, numbers: dict[str, float]) -> str:
    """A file of `name = number` lines with each number lowered to what is given for its name."""

    def lower(match: re.Match[str]) -> str:
        name, old = match.group(1), float(match.group(2))
        return f"{name} = {min(old, math.ceil(numbers.get(name, old) * 10) / 10):g}"

    return re.sub(r"^(\w+) = ([\d.]+)$", lower, text, flags=re.MULTILINE)


def tighten(row: Row, found: list[Addition]) -> None:
    """Lowers each ceiling to what there is now. Goals and floors stay."""
    fixed, ceilings = LIMITS.read_text().split("[ceilings]\n")
    LIMITS.write_text(fixed + "[ceilings]\n" + lowered(ceilings, row))
    touched = {addition.what: len(addition.touched) for addition in found}
    parts = ADDITIONS.read_text().split("[[addition]]")
    for index, part in enumerate(parts[1:], 1):
        what = tomllib.loads(part)["what"]
        parts[index] = lowered(part, {"most": touched[what]})
    ADDITIONS.write_text("[[addition]]".join(parts))
