//! Which grammars patterns know, in groups, by the grammars' ids.

pub const PYTHON: &[&str] = &["python"];
pub const JAVASCRIPT: &[&str] = &["javascript", "typescript", "tsx"];
pub const JAVA: &[&str] = &["java"];
pub const C_LIKE: &[&str] = &["c", "cpp", "java", "javascript", "typescript", "tsx"];
pub const C: &[&str] = &["c", "cpp"];
pub const SCRIPTS: &[&str] = &["python", "javascript", "typescript", "tsx"];
pub const SCRIPTS_AND_JAVA: &[&str] = &["python", "javascript", "typescript", "tsx", "java"];
pub const INDEXING: &[&str] = &[
    "python",
    "javascript",
    "typescript",
    "tsx",
    "java",
    "cpp",
    "go",
    "rust",
];
pub const ALL: &[&str] = &[
    "python",
    "javascript",
    "typescript",
    "tsx",
    "java",
    "c",
    "cpp",
    "go",
    "rust",
];
pub const COUNTING: &[&str] = &["c", "cpp", "java", "javascript", "typescript", "tsx", "go"];
