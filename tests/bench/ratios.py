"""Print how nigh's times compare with llama.cpp's: medians of the rounds in a folder that llama.sh
filled."""

import json
import pathlib
import statistics
import sys
from collections.abc import Iterable


def times(paths: Iterable[pathlib.Path]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """{threads: {measurement: {"s": [...], "cpu_s": [...]}}} of some result files."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for path in paths:
        for threads, column in json.loads(path.read_text()).items():
            for name, spent in column.items():
                if not isinstance(spent, dict):
                    continue  # what the machine gives
                lists = found.setdefault(threads, {}).setdefault(name, {"s": [], "cpu_s": []})
                for unit, seconds in spent.items():
                    lists[unit].append(seconds)
    return found


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    nigh, llama = (times(sorted(folder.glob(f"{name}-*.json"))) for name in ("nigh", "llama"))
    for threads, column in llama.items():
        print(
            f"{threads.replace('_', ' ')}: milliseconds of nigh, of llama.cpp, ratio (of processor "
            "time)"
        )
        for name, peer in column.items():
            own = nigh[threads][name]
            middle = {
                unit: (statistics.median(own[unit]), statistics.median(peer[unit])) for unit in peer
            }
            (mine, theirs), (cpu, peer_cpu) = middle["s"], middle["cpu_s"]
            print(
                f"  {name:<26} {mine * 1e3:8.1f} {theirs * 1e3:8.1f}   {theirs / mine:.2f} "
                f"({peer_cpu / cpu:.2f})"
            )


if __name__ == "__main__":
    main()
