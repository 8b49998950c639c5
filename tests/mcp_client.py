"""Asks `nigh mcp` by PyPI's client, in both generations of the protocol.

  python3 -m venv VENV && VENV/bin/pip install mcp==2.3.0
  VENV/bin/python tests/mcp_client.py PATH-OF-nigh

The client checks each answer against the schema of the protocol, and structured answers against the
schema that the tool has. Prints one line for each generation, and fails at the first difference.
"""

import asyncio
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

TOOLS = ["diagnose", "fix", "retrieve", "where", "sql", "report"]
BUG = """def total(prices):
    sum = 0
    for at in range(len(prices) + 1):
        sum += prices[at]
    return sum
"""
SCHEMA = "CREATE TABLE sales (id INTEGER PRIMARY KEY, amount NUMERIC NOT NULL);\n"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("diagnose", {"paths": ["a.py"]}),
    ("fix", {"paths": ["."]}),
    ("retrieve", {"question": "where is total defined?"}),
    ("where", {"symbol": "total"}),
    ("sql", {"question": "how many sales"}),
    ("sql", {"check": ["schema.sql"]}),
    ("report", {"path": "sales.csv"}),
]


def project(folder: Path) -> None:
    """Files for all tools."""
    (folder / "a.py").write_text(BUG)
    (folder / "schema.sql").write_text(SCHEMA)
    rows = [
        f"2024-{month:02}-{day:02},{month * day % 7}" for month in range(1, 13) for day in (3, 9)
    ]
    (folder / "sales.csv").write_text("\n".join(["day,amount", *rows]) + "\n")


async def check(program: str, folder: Path, mode: str) -> str:
    """Asks everything once; returns the revision that was agreed."""
    server = StdioServerParameters(command=program, args=["mcp", "--workspace", str(folder)])
    async with Client(stdio_client(server), mode=mode) as client:
        listed = await client.list_tools()
        assert [tool.name for tool in listed.tools] == TOOLS, listed
        for name, arguments in CALLS:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result)
            answer = result.structured_content
            assert answer and answer["complete"] is True, (name, answer)
            for path, digits in answer["files"].items():
                whole = hashlib.sha256((folder / path).read_bytes()).hexdigest()
                assert whole.startswith(digits), (path, digits)
        refused = await client.call_tool("diagnose", {"paths": ["../x.py"]})
        assert refused.is_error, refused
        resources = await client.list_resources()
        await client.read_resource(resources.resources[0].uri)
        return client.protocol_version


def main() -> None:
    """Checks both generations."""
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        folder.mkdir()
        project(folder)
        for mode in ["legacy", "auto", "2026-07-28"]:
            agreed = asyncio.run(check(program, folder, mode))
            print(f"{mode}: {agreed}, {len(CALLS)} calls")


if __name__ == "__main__":
    main()
