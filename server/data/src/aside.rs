//! Names of folders whose tables and statements are not those of the program: tests, examples,
//! documentation. What a path means for a schema is decided elsewhere.

const ASIDE: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test_data",
    "e2e",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    "doc",
    "docs",
    "tutorial",
    "tutorials",
];

/// Whether a folder of this name, in lower case, or one with this word in its name, is aside.
pub fn is_aside(word: &str) -> bool {
    ASIDE.contains(&word)
}
