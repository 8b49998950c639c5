"""Packages: which licences may enter, what Debian's source packages give, the notice."""

import io
import json
import os
import shutil
import tarfile
import tempfile
import unittest
from typing import Literal
from unittest import mock

from fixtures import ROOT

import debian
import filters
import notice
import packages
from licences import is_permissive

Mode = Literal["w:gz", "w:bz2", "w:xz"]
MODES: dict[str, Mode] = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}
PERMISSIVE_FILES = (
    "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
    "\nFiles: *\nCopyright: them\nLicense: Expat\n"
)
COPYLEFT_FILES = "\nFiles: src/borrowed/*\n  extra.c\nCopyright: others\nLicense: GPL-2+\n"


class Licences(unittest.TestCase):
    def test_a_choice_needs_one_permissive_licence_and_a_sum_needs_all(self) -> None:
        for good in (
            "MIT",
            "MIT OR GPL-3.0",
            "(MIT OR Apache-2.0)",
            "MIT/Apache-2.0",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "Expat and/or GPL-2+",
            "BSD-3-clause~Somebody",
            "Apache-2 and Expat",
            "GPL-2+ with OpenSSL exception or BSD-3-clause",
        ):
            self.assertTrue(is_permissive(good), good)
        for bad in (
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "MPL-2.0",
            "SEE LICENSE IN LICENSE",
            "Expat, GPL-2+ or Apache-2.0",
            "BSD-4-clause",
            "GPL-2+ with Autoconf exception",
        ):
            self.assertFalse(is_permissive(bad), bad)

    def test_the_list_is_permissive_and_the_manifest_agrees_with_it(self) -> None:
        listed = {
            package.key: package
            for package in packages.read_list(os.path.join(ROOT, "packages.toml"))
        }
        with open(os.path.join(ROOT, "manifest.json")) as file:
            manifest = json.load(file)
        self.assertEqual(set(listed), set(manifest))
        for key, entry in manifest.items():
            self.assertEqual(
                (entry["version"], entry["licence"]),
                (listed[key].version, listed[key].licence),
                key,
            )
            self.assertRegex(entry["sha256"], "^[0-9a-f]{64}$")

    def test_the_notice_is_that_of_the_manifest(self) -> None:
        with (
            open(os.path.join(ROOT, "manifest.json")) as file,
            open(os.path.join(ROOT, "..", "models", "NOTICE")) as written,
        ):
            self.assertEqual(
                notice.notice(json.load(file)),
                written.read(),
                "run python notice.py > ../models/NOTICE",
            )

    def test_a_list_with_a_copyleft_licence_is_refused(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('validation = []\n[pypi]\nx = ["1", "GPL-3.0", "python"]\n[npm]\n[crates]\n')
            file.flush()
            with self.assertRaisesRegex(ValueError, "pypi/x.*GPL-3.0"):
                packages.read_list(file.name)


class DebianSources(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = os.path.join(folder.name, "debian")
        os.mkdir(self.folder)
        self.package = packages.Package("debian", "tiny", "1:1.0-1", "Expat", ("c", "cpp"), False)

    def tarball(self, name: str, files: dict[str, str]) -> str:
        path = os.path.join(self.folder, name)
        with tarfile.open(path, MODES[name.rsplit(".", 1)[-1]]) as archive:
            for inside, text in files.items():
                member = tarfile.TarInfo(inside)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def source(self, stated: str = PERMISSIVE_FILES, kind: str = "xz") -> list[str]:
        """A source package with a second component, as dpkg-source would have made it."""
        paths = [
            self.tarball(
                f"tiny_1.0.orig.tar.{kind}",
                {
                    "tiny-1.0/src/one.c": "int one;",
                    "tiny-1.0/src/borrowed/two.c": "int two;",
                    "tiny-1.0/extra.c": "int extra;",
                    "tiny-1.0/tests/three.c": "int three;",
                    "tiny-1.0/README": "hello",
                },
            ),
            self.tarball(
                "tiny_1.0.orig-more.tar.gz", {"four.hpp": "class Four {};", "five.h": "int five;"}
            ),
            self.tarball(
                "tiny_1.0-1.debian.tar.xz",
                {"debian/copyright": stated, "debian/patch.c": "int patch;"},
            ),
        ]
        sums = "".join(
            f" {debian.sha256_of(path)} {os.path.getsize(path)} {os.path.basename(path)}\n"
            for path in paths
        )
        with open(os.path.join(self.folder, "tiny_1.0-1.dsc"), "w") as file:
            file.write(f"Format: 3.0 (quilt)\nSource: tiny\nChecksums-Sha256:\n{sums}Files:\n")
        return paths

    def open(self) -> packages.Opened:
        return packages.open_package(
            self.package,
            os.path.dirname(self.folder),
            lambda path: filters.may_hold(path, ("c", "cpp")),
        )

    def test_files_come_from_all_upstream_tarballs_whatever_compresses_them(self) -> None:
        for kind in ("xz", "gz", "bz2"):
            self.source(kind=kind)
            opened = self.open()
            self.assertEqual(
                [path for path, _ in opened.files],
                [
                    "tiny/extra.c",
                    "tiny/more/five.h",
                    "tiny/more/four.hpp",
                    "tiny/src/borrowed/two.c",
                    "tiny/src/one.c",
                ],
            )
            self.assertEqual(dict(opened.files)["tiny/src/one.c"], b"int one;")
            self.assertEqual(
                opened.sha256, debian.sha256_of(os.path.join(self.folder, "tiny_1.0-1.dsc"))
            )

    def test_files_under_another_licence_stay_out(self) -> None:
        self.source(PERMISSIVE_FILES + COPYLEFT_FILES)
        self.assertEqual(
            [path for path, _ in self.open().files],
            ["tiny/more/five.h", "tiny/more/four.hpp", "tiny/src/one.c"],
        )

    def test_a_wrong_checksum_is_named(self) -> None:
        with open(self.source()[1], "ab") as file:
            file.write(b"more")
        with self.assertRaisesRegex(
            ValueError, "tiny_1.0.orig-more.tar.gz: sha256 is .* delete the file"
        ):
            self.open()

    def test_a_licence_that_is_not_the_listed_one_stops_the_build(self) -> None:
        self.source(PERMISSIVE_FILES.replace("Expat", "GPL-3+"))
        with self.assertRaisesRegex(
            ValueError, "the list says 'Expat', the package says 'GPL-3\\+'"
        ):
            self.open()

    def test_prose_is_known_by_the_words_of_the_licence(self) -> None:
        self.assertEqual(
            debian.Copyright("Permission is hereby granted, free of charge, to any person").licence,
            "Expat",
        )
        mixed = debian.Copyright(
            "Permission is hereby granted, free of charge ... the packaging is under the GNU "
            "General Public License"
        )
        self.assertEqual((mixed.licence, mixed.permits("a.c")), ("Expat and copyleft", False))

    def test_a_missing_tarball_is_a_package_not_fetched(self) -> None:
        os.remove(self.source()[0])
        with self.assertRaisesRegex(ValueError, "fetch it first"):
            self.open()

    def test_a_version_that_is_not_offered_is_named_with_those_that_are(self) -> None:
        with (
            mock.patch.object(debian, "own_apt", lambda target: []),
            mock.patch.object(debian, "versions", lambda apt, names: {"tiny": ["2.0-1"]}),
            self.assertRaisesRegex(ValueError, r"tiny 1:1.0-1 \(there is 2.0-1\)"),
        ):
            debian.fetch([self.package], self.folder)

    def test_a_machine_without_apt_gets_a_hint(self) -> None:
        with (
            mock.patch.object(shutil, "which", lambda name: None),
            self.assertRaisesRegex(ValueError, "build on Debian 12"),
        ):
            debian.fetch([self.package], self.folder)


if __name__ == "__main__":
    unittest.main()
