"""Which licence statements are permissive: packages.py asks for packages, debian.py for single
files as well.

A statement comes worded as the package's own metadata words it: SPDX expressions, Python
classifiers, Debian's short names. What is not on the list is not permissive, so that an odd wording
stops the build instead of entering it. To add a licence: its name, in lower case.
"""

import re

# What a statement may consist of, once AND, OR and brackets are gone.
PERMISSIVE = {
    "mit",
    "mit license",
    "the mit license (mit)",
    "mit-0",
    "expat",
    "x11",
    "0bsd",
    "bsd",
    "bsd license",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-2",
    "bsd-3",
    "bsd-0-clause",
    "bsd-1-clause",
    "apache",
    "apache-2",
    "apache-2.0",
    "apache 2.0",
    "apache license",
    "apache license 2.0",
    "apache 2.0 license",
    "apache software license",
    "apache-2.0-with-llvm-exceptions",
    "apache-2-llvm-exceptions",
    "isc",
    "isc license",
    "isc license (iscl)",
    "psf",
    "psf-2",
    "psf-2.0",
    "python-2.0",
    "python software foundation license",
    "unlicense",
    "unlicense (unlicense)",
    "the unlicense (unlicense)",
    "zlib",
    "libpng",
    "zlib/libpng",
    "mit-cmu",
    "hpnd",
    "ntp",
    "bsl",
    "bsl-1",
    "bsl-1.0",
    "boost-1.0",
    "cc0",
    "cc0-1.0",
    "cc-0",
    "unicode-3.0",
    "unicode-dfs-2016",
    "unicode-dfs-2015",
    "ncsa",
    "curl",
    "postgresql",
    "public-domain",
    "pd",
    "wtfpl",
    "wtfpl-2",
    "wtfpl-2.0",
    "blueoak-1.0.0",
    "upl-1.0",
    "go",
    "expat with embedded exception",
}
VARIANTS = re.compile(
    r"(expat|mit|x11|isc|bsd-[23]-clause|bsd|apache-2\.0|zlib)[-~](?!.*(gpl|4-clause|advert|non-?commercial))[\w.~+-]+"
)
SEPARATOR = re.compile(r"\band/or\b|\band\b|\bor\b|,|/|\bwith llvm-exceptions?\b")


def is_permissive(licence: str) -> bool:
    """A pure choice (OR) needs one permissive licence; in any other statement every part must be
    permissive."""
    licence = " ".join(licence.casefold().split())
    if licence in PERMISSIVE:
        return True
    parts = [part for part in (part.strip(" ()") for part in SEPARATOR.split(licence)) if part]
    demand = all if re.search(r"\band\b(?!/or)|,", licence) else any
    return bool(parts) and demand(
        part in PERMISSIVE or VARIANTS.fullmatch(part) is not None for part in parts
    )
