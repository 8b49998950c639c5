//! Structural questions over small projects: what is found, what is left out, and what is answered
//! to be missing.

use crate::{Answer, AnswerLevel, AskIndex};
use index::{Index, SourceFile};
use std::path::Path;

fn put(index: &mut Index, files: &[(&str, &str)]) {
    let sources = files.iter().map(|(path, text)| SourceFile {
        path,
        text,
        grammar: grammars::by_path(Path::new(path)),
        stamp: text.len() as u64,
        signatures_only: path.starts_with("dependency:"),
    });
    index.put(&sources.collect::<Vec<_>>());
}

fn project(files: &[(&str, &str)]) -> (AskIndex, Index) {
    let (mut library, mut index) = (AskIndex::default(), Index::default());
    put(&mut index, files);
    assert!(library.update(&index, &mut || true));
    (library, index)
}

fn ask(files: &[(&str, &str)], question: &str) -> Option<Answer> {
    let (library, index) = project(files);
    super::answer(&library, &index, question)
}

/// The places of an answer, with lines from 1.
fn places(files: &[(&str, &str)], question: &str) -> Vec<String> {
    let answer = ask(files, question).unwrap_or_default();
    answer
        .quotes
        .iter()
        .map(|quote| format!("{}:{}", quote.path, quote.lines.start + 1))
        .collect()
}

const SERVER: &[(&str, &str)] = &[
    (
        "app/server.py",
        "import os\nfrom app.store import Store, load as read\n\n\nclass Server:\n    \"\"\"Calls start() often.\"\"\"\n\n    timeout = 30\n\n    def start(self, port: int):\n        # start() is called once\n        store = Store(f\"{read(port)}\")\n        if not store:\n            raise ValueError(f\"no store at {port!r} \"\n                             \"(is it running?)\")\n        return os.environ.get(\"APP_HOME\", \"X\")\n",
    ),
    (
        "app/store.py",
        "class Store:\n    def start(self):\n        pass\n\n\ndef load(path):\n    return Store().start()\n",
    ),
    (
        "app/cli.py",
        "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument(\"-p\", \"--port\", default=80,\n                    help=\"where to listen\")\n",
    ),
    (
        "tests/test_store.py",
        "from app.store import load\n\n\ndef test_load():\n    load(\"x\").start()\n    assert text == \"no store at 5 (is it running?)\"\n",
    ),
    ("Makefile", "all: build\n\ntest: build\n\tpytest -q\n"),
];

#[test]
fn definitions_are_found_by_any_wording_and_narrowed_by_class() {
    let both = ["app/server.py:10", "app/store.py:2"];
    for question in [
        "where is start defined?",
        "start 在哪里定义？",
        "`start`",
        "which file defines start()",
    ] {
        assert_eq!(places(SERVER, question), both, "{question}");
    }
    assert_eq!(
        places(SERVER, "where is Server.start defined?"),
        ["app/server.py:10"]
    );
    assert_eq!(
        places(SERVER, "definition of the method start of class Store"),
        ["app/store.py:2"]
    );
    assert_eq!(
        places(SERVER, "where is start in store.py defined"),
        ["app/store.py:2"]
    );
}

#[test]
fn callers_are_in_code_only_and_known_files_come_first() {
    let calls = ["app/store.py:7", "tests/test_store.py:5"];
    assert_eq!(places(SERVER, "who calls start?"), calls);
    // What is called inside a formatted text under another name keeps that name.
    assert_eq!(places(SERVER, "谁调用了 read？"), ["app/server.py:12"]);
    let answer = ask(SERVER, "who calls Store.start").unwrap();
    assert_eq!(answer.quotes[0].note, "calls `start` in `load`");
    assert_eq!(answer.summary, "2 calls of `start`, by name");
}

#[test]
fn calls_are_no_definitions_in_any_language() {
    let files = [
        (
            "a.ts",
            "class A {\n  save(x: number): void {\n    this.save(x);\n    make<Map<string, A>>(x);\n  }\n}\n// save(1)\nconst t = `${save(2)} save(3)`;\nconst r = /save(4)/;\nconst u = `${ok ? `{${'{'}` : \"}\"}`;\nsave(5);\n",
        ),
        (
            "b.go",
            "package b\n\nfunc (a *A) save(x int) error {\n\treturn a.save(x)\n}\n",
        ),
        (
            "C.java",
            "class C {\n  void save(int x) {\n    if (x > 0) save(x - 1);\n  }\n}\n",
        ),
        (
            "d.c",
            "static int save(int x) {\n  return x ? save(x - 1) : 0;\n}\n",
        ),
        (
            "e.rs",
            "fn save<'a>(x: &'a str) {\n    save::<u8>(r#\"save(1)\"#); let c = '\"'; save!(c);\n}\n",
        ),
        ("f.rb", "def save(x)\n  save(\"#{save(1)}\")\nend\n"),
    ];
    let calls = places(&files, "who calls save?");
    assert_eq!(
        calls,
        [
            "C.java:3", "a.ts:3", "a.ts:8", "a.ts:11", "b.go:4", "d.c:2", "e.rs:2", "f.rb:2"
        ]
    );
    assert_eq!(places(&files, "who calls make?"), ["a.ts:4"]);
}

#[test]
fn imports_are_found_by_module_and_name() {
    let both = ["app/server.py:2", "tests/test_store.py:1"];
    assert_eq!(places(SERVER, "what imports app.store?"), both);
    assert_eq!(places(SERVER, "who imports load"), both);
    assert_eq!(
        places(SERVER, "what does app/cli.py import?"),
        ["app/cli.py:1"]
    );
    let rust = [(
        "src/a.rs",
        "use std::{\n    fs,\n    io::{self, Read as _},\n};\nfn main() { fs::read(\"use x\"); }\n",
    )];
    assert_eq!(places(&rust, "what imports io?"), ["src/a.rs:3"]);
    let script = [(
        "a.ts",
        "import { x, y as z } from './lib/tools';\nconst fs = require(\"node:fs\");\nexport * from \"@a/b/c\";\n",
    )];
    assert_eq!(places(&script, "what imports tools?"), ["a.ts:1"]);
    assert_eq!(places(&script, "what imports fs?"), ["a.ts:2"]);
    assert_eq!(places(&script, "what imports @a/b?"), ["a.ts:3"]);
}

#[test]
fn flags_and_variables_are_found_by_name_and_purpose() {
    let flag = ["app/cli.py:4"];
    for question in [
        "--port",
        "what does -p do?",
        "where is the flag --port defined?",
        "which flag says where to listen?",
    ] {
        assert_eq!(places(SERVER, question), flag, "{question}");
    }
    let variable = ["app/server.py:16"];
    for question in [
        "APP_HOME",
        "who reads APP_HOME?",
        "环境变量 APP_HOME 在哪里读取",
        "which environment variable is the home of the app?",
    ] {
        assert_eq!(places(SERVER, question), variable, "{question}");
    }
    assert_eq!(
        ask(SERVER, "what does --prot do?").unwrap().summary,
        "no flag `--prot`"
    );
    let derived = [(
        "src/a.rs",
        "struct Args {\n    /// Say more.\n    #[arg(short, long)]\n    very_verbose: bool,\n    #[arg(long = \"out\", env = \"OUT_DIR\")]\n    output: String,\n}\n",
    )];
    assert_eq!(
        places(&derived, "what does --very-verbose do"),
        ["src/a.rs:4"]
    );
    assert_eq!(places(&derived, "--out"), ["src/a.rs:5"]);
    assert_eq!(places(&derived, "where is OUT_DIR read"), ["src/a.rs:5"]);
    let go = [(
        "a.go",
        "package a\n\nvar port = flag.Int(\"port\", 80, \"where to listen\")\n",
    )];
    assert_eq!(places(&go, "which option says where to listen"), ["a.go:3"]);
}

#[test]
fn messages_are_found_with_their_values_filled_in() {
    for question in [
        "where does the message \"no store at /var/db (is it running?)\" come from?",
        "no store at 8080 (is it running?)",
        "\"no store at 'x'\" 来自哪里",
    ] {
        assert_eq!(places(SERVER, question), ["app/server.py:14"], "{question}");
    }
    let formats = [
        ("a.rs", "fn f() { panic!(\"cannot open {path}: {}\", e) }\n"),
        (
            "b.c",
            "void f(void) { fprintf(stderr, \"%s: line %d is too long\\n\", name, 3); }\n",
        ),
        (
            "c.js",
            "throw new Error(`unknown user ${user.name} here`);\n",
        ),
    ];
    assert_eq!(
        places(&formats, "what prints \"cannot open /tmp/a b: denied\"?"),
        ["a.rs:1"]
    );
    assert_eq!(places(&formats, "main.c: line 312 is too long"), ["b.c:1"]);
    assert_eq!(
        places(&formats, "why do I get: unknown user eve here"),
        ["c.js:1"]
    );
    assert_eq!(ask(&formats, "the printer is out of paper again"), None);
}

#[test]
fn settings_are_found_in_files_and_code() {
    let files = [
        ("config.toml", "[server]\nkeep_alive = 5\n"),
        (
            "a/settings.py",
            "class Settings:\n    max_users: int = 10\n",
        ),
        (
            "package.json",
            "{\n  \"contributes\": {\n    \"app.limit\": {\n      \"default\": 3\n    }\n  }\n}\n",
        ),
    ];
    assert_eq!(
        places(&files, "what is the default of keep_alive?"),
        ["config.toml:2"]
    );
    assert_eq!(
        places(&files, "max_users 的默认值是什么？"),
        ["a/settings.py:2"]
    );
    assert_eq!(
        places(&files, "what is the default of app.limit"),
        ["package.json:3"]
    );
}

#[test]
fn commands_come_from_the_files_of_the_project() {
    assert_eq!(places(SERVER, "How do I run the tests?"), ["Makefile:3"]);
    assert_eq!(ask(SERVER, "how do I run the tests on a cluster?"), None);
}

#[test]
fn what_does_not_exist_is_said_only_of_names() {
    let missing = ask(SERVER, "where is lod defined?").unwrap();
    assert_eq!(missing.level, AnswerLevel::NotFound);
    assert_eq!(
        missing.summary,
        "no definition of `lod`; nearest names: `load`"
    );
    assert_eq!(
        ask(SERVER, "where is the store opened and closed again?"),
        None
    );
    assert_eq!(ask(SERVER, "how does the server work?"), None);
    assert_eq!(ask(SERVER, ""), None);
}

#[test]
fn dependencies_are_counted_but_not_quoted() {
    let files = [
        ("dependency:lib/a.py", "def load(path):\n    pass\n"),
        ("b.py", "def load(path):\n    pass\n"),
    ];
    let answer = ask(&files, "where is load defined?").unwrap();
    assert_eq!(answer.quotes.len(), 1);
    assert_eq!(
        answer.summary,
        "`load` is defined in 1 place; 1 definition in dependencies"
    );
}

#[test]
fn edits_never_leave_a_stale_quote() {
    let (mut library, mut index) = project(SERVER);
    put(
        &mut index,
        &[(
            "app/store.py",
            "import x\n\n\ndef load(path):\n    return path\n",
        )],
    );
    let places = |library: &AskIndex, index: &Index| {
        let answer = super::answer(library, index, "who calls start?").unwrap();
        answer
            .quotes
            .into_iter()
            .map(|quote| format!("{}:{}", quote.path, quote.lines.start + 1))
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&library, &index), ["tests/test_store.py:5"]);
    let mut asked = 0;
    let mut once = || {
        asked += 1;
        asked < 2
    };
    assert!(!library.update(&index, &mut once));
    assert!(library.update(&index, &mut || true));
    assert_eq!(places(&library, &index), ["tests/test_store.py:5"]);
    index.remove(&["tests/test_store.py"]);
    library.update(&index, &mut || true);
    let answer = super::answer(&library, &index, "who calls start?").unwrap();
    assert_eq!(
        (answer.level, answer.quotes.len()),
        (AnswerLevel::NotFound, 0)
    );
}
