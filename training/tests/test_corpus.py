"""What may enter the corpus: licences, paths, texts, near copies, evaluation texts; and that a
build goes on where it stopped."""

import hashlib
import io
import json
import os
import tarfile
import tempfile
import unittest
from unittest import mock

import numpy as np

import corpus
import debian
import filters
import known
import notice
import packages
from licences import is_permissive
from world import ROOT

PERMISSIVE_FILES = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: them\nLicense: Expat\n"
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

    def tarball(self, name, files):
        path = os.path.join(self.folder, name)
        with tarfile.open(path, "w:" + name.rsplit(".", 1)[-1]) as archive:
            for inside, text in files.items():
                member = tarfile.TarInfo(inside)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def source(self, stated=PERMISSIVE_FILES, kind="xz"):
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
            f" {packages.sha256_of(path)} {os.path.getsize(path)} {os.path.basename(path)}\n"
            for path in paths
        )
        with open(os.path.join(self.folder, "tiny_1.0-1.dsc"), "w") as file:
            file.write(f"Format: 3.0 (quilt)\nSource: tiny\nChecksums-Sha256:\n{sums}Files:\n")
        return paths

    def open(self):
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
                opened.sha256, packages.sha256_of(os.path.join(self.folder, "tiny_1.0-1.dsc"))
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
            "Permission is hereby granted, free of charge ... the packaging is under the GNU General Public License"
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
        ):
            with self.assertRaisesRegex(ValueError, r"tiny 1:1.0-1 \(there is 2.0-1\)"):
                debian.fetch([self.package], self.folder)

    def test_a_machine_without_apt_is_told_what_to_do(self) -> None:
        with (
            mock.patch.object(debian.shutil, "which", lambda name: None),
            self.assertRaisesRegex(ValueError, "build on Debian 12"),
        ):
            debian.fetch([self.package], self.folder)


class Files(unittest.TestCase):
    def test_paths(self) -> None:
        every = tuple(filters.LANGUAGES)
        for path in (
            "a/b.py",
            "src/contest/x.rs",
            "lib/index.js",
            "src/main/java/A.java",
            "pkg/a.go",
            "a.h",
            "b.cc",
            "c.kt",
            "d.cs",
            "e.php",
            "f.SQL",
        ):
            self.assertTrue(filters.may_hold(path, every), path)
        for path in (
            "a/tests/b.py",
            "a/test_b.py",
            "pip/_vendor/x.py",
            "dist/x.js",
            "x.min.js",
            "x.d.ts",
            "a/node_modules/b.js",
            "a.txt",
            "a_pb2.py",
            "a/x_test.go",
            "x.pb.go",
            "src/test/java/A.java",
            "src/main/ATest.java",
            "3rdparty/a.cc",
            "deps/a.c",
            "lex.yy.c",
            "zz_generated.x.go",
        ):
            self.assertFalse(filters.may_hold(path, every), path)
        self.assertFalse(filters.may_hold("a/b.py", ("rust", "c")))

    def test_a_header_is_cpp_when_it_says_what_c_cannot_say(self) -> None:
        c = (
            '#ifdef __cplusplus\nextern "C" {\n#endif\n#include <stdio.h>\n'
            "/* a\nclass of its own,\nusing memory, virtual memory in a\n * namespace */\nstruct class_info *public_key(int template_id);\n"
        )
        self.assertEqual(filters.language_of("a.h", c), "c")
        for line in (
            "namespace one {",
            "template <class T> T id(T t);",
            "class One : public Two {",
            "std::string name();",
            "#include <vector>",
        ):
            self.assertEqual(filters.language_of("a.h", c + line + "\n"), "cpp", line)
        self.assertEqual(
            (filters.language_of("a.c", "namespace one {"), filters.language_of("a.hpp", c)),
            ("c", "cpp"),
        )

    def test_texts(self) -> None:
        body = "def value(argument):\n    return argument\n" * 20
        self.assertEqual(
            filters.clean(("# Copyright Somebody\n# MIT licence\n\n" + body).encode()), (body, "")
        )
        self.assertEqual(
            filters.clean(("# A word about values\n" + body).encode())[0],
            "# A word about values\n" + body,
        )
        for text, reason in (
            ("# Generated by a tool, do not edit\n" + body, "generated"),
            ("short", "size"),
            ("values = [" + "123, " * 400 + "]\n" + body, "long lines"),
            ("# GNU General Public License\n" + body, "copyleft"),
        ):
            self.assertEqual(filters.clean(text.encode()), (None, reason))
        self.assertEqual(filters.clean(b"\xff\xfe" * 200), (None, "encoding"))

    def test_heads_of_other_languages(self) -> None:
        code = "select 1;\n" * 30
        self.assertEqual(
            filters.clean(("-- Copyright Somebody\n-- MIT\n\n" + code).encode()), (code, "")
        )
        self.assertEqual(
            filters.clean(("<?php\n/* licence: MIT */\n" + code).encode()), ("<?php\n" + code, "")
        )
        include = '#include "licence.h"\n' + code
        self.assertEqual(filters.clean(include.encode()), (include, ""))


class Copies(unittest.TestCase):
    def test_a_near_copy_is_noticed_and_a_new_file_is_not(self) -> None:
        lines = [f"    result_{n} = compute_something({n})\n" for n in range(50)]
        copies = known.NearCopies()

        def is_copy(text):
            return copies.is_copy(known.line_pairs(text))

        self.assertFalse(is_copy("".join(lines)))
        self.assertTrue(is_copy("import os\n" + "".join(lines[5:])))
        self.assertFalse(is_copy("".join(line.replace("something", "else") for line in lines)))
        self.assertFalse(
            is_copy("".join(lines[::2])), "the same lines in another company are no copy"
        )

    def test_a_package_gives_less_of_its_share_the_larger_it_is(self) -> None:
        self.assertEqual(
            [corpus.room_for(size) for size in (1_000_000, 2_000_000, 8_000_000, 10**9)],
            [1_000_000, 2_000_000, 4_000_000, 25_000_000],
        )


class Builds(unittest.TestCase):
    """A build of two made-up packages, the second with a copy of a file of the first."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work, self.opened = folder.name, 0
        self.packages = [
            packages.Package(origin, "tiny", "1", "MIT", ("c",), False)
            for origin in ("npm", "debian")
        ]
        own = {
            name: "".join(f"int {name}_{n}(void) {{ return {name}({n}); }}\n" for n in range(40))
            for name in ("one", "two", "held")
        }
        self.files = {
            "npm": {"one.c": own["one"], "held.c": own["held"]},
            "debian": {"src/one.c": own["one"] + "int more;\n", "two.c": own["two"]},
        }

    def open(self, package, archives, wanted):
        return packages.Opened(
            "MIT",
            hashlib.sha256(package.key.encode()).hexdigest(),
            [
                (path, text.encode())
                for path, text in self.files[package.origin].items()
                if wanted(path)
            ],
        )

    def build(self):
        with mock.patch.object(corpus, "open_package", self.open):
            manifest, gone, dropped = corpus.build(self.packages, self.work, ["npm/tiny:held.c"])
        with open(os.path.join(self.work, "corpus.jsonl")) as file:
            return manifest, gone, dropped, [json.loads(line) for line in file]

    def test_copies_across_packages_and_removed_files_stay_out(self) -> None:
        manifest, gone, dropped, documents = self.build()
        self.assertEqual(
            [(d["package"], d["path"], d["language"]) for d in documents],
            [("npm/tiny", "one.c", "c"), ("debian/tiny", "two.c", "c")],
        )
        self.assertEqual(documents[0]["text"], self.files["npm"]["one.c"])
        self.assertEqual(
            manifest["debian/tiny"]["bytes"], {"c": len(self.files["debian"]["two.c"])}
        )
        self.assertEqual(gone, ["npm/tiny:held.c"])
        self.assertEqual(dropped["near copy"], len(self.files["debian"]["src/one.c"]))

    def test_a_second_build_opens_only_what_changed(self) -> None:
        first = self.build()
        parts = {
            name: os.stat(os.path.join(self.work, "parts", name)).st_mtime_ns
            for name in os.listdir(os.path.join(self.work, "parts"))
        }
        with mock.patch.object(self, "open", mock.Mock(side_effect=AssertionError("opened again"))):
            self.assertEqual(self.build(), first)
        self.packages[0] = packages.Package("npm", "tiny", "2", "MIT", ("c",), False)
        self.build()
        self.assertEqual(len(set(os.listdir(os.path.join(self.work, "parts"))) - set(parts)), 1)

    def test_packages_of_excluded_repositories_are_left_out(self) -> None:
        names = (
            "hl",
            "@owner/hl",
            "golang-github-owner-hl",
            "all-of-it",
            "hlint",
            "@other/hl",
            "golang-github-other-hl",
        )
        listed = [packages.Package("npm", name, "1", "MIT", ("c",), False) for name in names]
        path = os.path.join(self.work, "exclude.txt")
        with open(path, "w") as file:
            file.write("# repositories\nowner/hl\nall/*\n")
        self.assertEqual(
            [package.name for package in corpus.without_excluded(listed, path)],
            ["hlint", "@other/hl", "golang-github-other-hl"],
        )


class Evaluations(unittest.TestCase):
    def test_a_file_that_holds_a_solution_is_noticed(self) -> None:
        solution = "".join(f"def step_{n}(a, b):\n    return a * {n} + b\n" for n in range(12))
        other = "".join(
            f"class Other{n}:\n    field = {n}\n    def get(self): return self.field\n"
            for n in range(30)
        )
        case = {"prefix": solution[:50], "reference": solution[50:], "suffix": None}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cases.jsonl")
            with open(path, "w") as file:
                file.write(json.dumps(case) + "\n")
            hashes = os.path.join(folder, "known.u64")
            known.Shingles(cases=[path]).known.tofile(hashes)
            for evaluations in (known.Shingles(cases=[path]), known.Shingles(files=[hashes])):
                self.assertTrue(evaluations.touches(solution))
                self.assertTrue(
                    evaluations.touches(other * 5 + solution), "60 shingles in a row are enough"
                )
                self.assertFalse(evaluations.touches(other))
        self.assertFalse(known.Shingles().touches(solution))

    def test_rulers_and_frames_of_tables_do_not_count_and_what_stands_between_them_does(
        self,
    ) -> None:
        ruler, frame = "# " + "-" * 90 + "\n", "|" + "---+" * 40 + "|\n"
        own = "".join(f"value_{n} = read(first_{n}, second_{n})\n" for n in range(60))
        code = [f"total_{n} = add(left_{n}, right_{n})\n" for n in range(9)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "known.u64")
            texts = [
                ruler * 3,
                frame * 3,
                *(
                    "".join(code[n : n + 1]) + ruler + "".join(code[n + 1 : n + 2])
                    for n in range(9)
                ),
                "".join(code),
            ]
            np.concatenate([known.shingles(known.TOKEN.findall(text)) for text in texts]).tofile(
                path
            )
            evaluations = known.Shingles(files=[path])
            self.assertFalse(evaluations.touches(own + ruler * 3 + own))
            self.assertFalse(evaluations.touches(own + frame * 3 + own))
            self.assertTrue(
                evaluations.touches(own + "".join(code) + own),
                "60 shingles in a row without ornaments",
            )
            self.assertTrue(evaluations.touches(own * 4 + ruler + "".join(code) + ruler + own * 4))


if __name__ == "__main__":
    unittest.main()
