"""Made-up values for conditions, from the ranges and lists of a domain's columns."""

from .phrasing import Phrasing
from .schema import Column

FIRST = [
    "Ana",
    "Bo",
    "Carla",
    "Dmitri",
    "Elif",
    "Femi",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Luis",
    "Mira",
    "Noor",
    "Otto",
    "Priya",
    "Quinn",
    "Rosa",
    "Sven",
    "Tariq",
    "Uma",
    "Vera",
    "Wei",
    "Yusuf",
    "Zoe",
]
LAST = [
    "Almeida",
    "Berg",
    "Castro",
    "Dubois",
    "Eriksen",
    "Farah",
    "Gomez",
    "Haddad",
    "Ito",
    "Jansen",
    "Kovacs",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Tanaka",
]
PLACE = [
    "Northgate",
    "Willowbrook",
    "Ashford",
    "Redhill",
    "Stonebridge",
    "Lakeview",
    "Millbank",
    "Foxglove",
    "Harborside",
    "Kingsway",
    "Larkfield",
    "Oakridge",
    "Pinewood",
    "Riverside",
    "Saltmarsh",
    "Thornbury",
    "Underhill",
    "Westfall",
    "Amber",
    "Cobalt",
    "Juniper",
    "Marigold",
    "Orion",
    "Polaris",
    "Sable",
    "Tamarind",
    "Vesper",
    "Zephyr",
]
TITLE = [
    "Silver Lining",
    "Blue Hour",
    "Second Draft",
    "Open Water",
    "Quiet Storm",
    "Red Door",
    "Long Road",
    "Hidden Valley",
    "First Light",
    "Paper Moon",
    "Iron Gate",
    "Slow Tide",
    "Winter Garden",
    "Night Shift",
    "Broken Compass",
    "Little Wing",
    "Green Line",
    "High Plains",
    "Stone Soup",
    "Copper Wire",
]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def text_value(phrasing: Phrasing, column: Column) -> str:
    rng = phrasing.rng
    return {
        "n": lambda: rng.choice(PLACE),
        "f": lambda: f"{rng.choice(FIRST)} {rng.choice(LAST)}",
        "t": lambda: rng.choice(TITLE),
        "e": lambda: f"{rng.choice(FIRST).lower()}@example.org",
        "c": lambda: rng.choice(column.values),
        "p": lambda: f"{rng.choice('ABCDKRTX')}{rng.choice('ABCDKRTX')}-{rng.randint(10, 999)}",
    }[column.kind]()


def number_value(phrasing: Phrasing, column: Column) -> float:
    """A number from the column's range, round where it is large."""
    value = phrasing.rng.uniform(column.low, column.high)
    if column.kind == "i" or column.high > 60:
        value = (
            round(value, -2) if value > 1000 else round(value, -1) if value > 100 else round(value)
        )
        return int(max(value, column.low))
    return round(value, 1) if phrasing.chance(0.6) else max(1, round(value))


def day(phrasing: Phrasing) -> str:
    year, month, date = (phrasing.rng.randint(*ends) for ends in ((2015, 2025), (1, 12), (1, 28)))
    return f"{year}-{month:02d}-{date:02d}"
