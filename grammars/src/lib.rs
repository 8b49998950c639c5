//! The languages: for each one a parser, facts (comment marks, indent unit, what opens a block),
//! three queries, and the roles of its nodes.
//!
//! `syntax` and `context` look a grammar up by LSP language id, path or first line and ask it for
//! facts, compiled queries and [`NodeTables`]. This crate never sees a document of the user and
//! knows nothing of LSP, models or the server.
//!
//! To add a language: a folder next to `src/` named by a plain id and one line in the list below;
//! `README.md` has the steps. The tests walk the folders.

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod examples;
pub mod facts;
pub mod grammar;
pub mod library;
pub mod parts;
mod patterns;
pub mod queries;
pub mod roles;
mod tables;

pub use facts::{BlockStyle, Facts};
pub use grammar::{Keywords, all, by_id, by_language_id, by_path, by_shebang};
pub use library::{
    InPlace, IndexTest, Interpolation, Library, MessageFormat, NanTest, NewLists, Semantics,
    SliceCall, SliceEnd, TextEquality, TypeNames, TypeQuestion, WholeDivision,
};
pub use parts::Part;
pub use patterns::{Child, ChildTable};
pub use queries::Queries;
pub use roles::{Role, Roles};
pub use tables::{Local, NameKind, NodeTables};

use std::sync::OnceLock;
use tree_sitter::Language;

/// One language: its parser, its facts and its queries. Lives for the whole run; compare by
/// [`Grammar::id`].
pub struct Grammar {
    /// The name of the folder, a plain id such as `cpp`.
    pub id: &'static str,
    /// What `language.toml` says.
    pub facts: Facts,
    /// The parser.
    language: Language,
    /// The text of the three queries, inherited patterns first.
    sources: queries::Sources,
    /// The queries, compiled when first asked for.
    queries: OnceLock<Option<Queries>>,
    /// The tables, made when first asked for.
    tables: OnceLock<NodeTables>,
}

/// Declares the languages: folder name => parser. Everything else is read from the folder.
macro_rules! languages {
    ($($id:literal => $language:expr,)*) => {
        const FOLDERS: &[grammar::Folder] = &[$(grammar::Folder {
            id: $id,
            language: || $language.into(),
            facts: include_str!(concat!("../", $id, "/language.toml")),
            sources: queries::Embedded {
                tags: include_str!(concat!("../", $id, "/tags.scm")),
                scopes: include_str!(concat!("../", $id, "/scopes.scm")),
                imports: include_str!(concat!("../", $id, "/imports.scm")),
                roles: include_str!(concat!("../", $id, "/roles.scm")),
                locals: include_str!(concat!("../", $id, "/locals.scm")),
            },
        }),*];
    };
}

languages! {
    "bash" => tree_sitter_bash::LANGUAGE,
    "c" => tree_sitter_c::LANGUAGE,
    "cpp" => tree_sitter_cpp::LANGUAGE,
    "csharp" => tree_sitter_c_sharp::LANGUAGE,
    "go" => tree_sitter_go::LANGUAGE,
    "java" => tree_sitter_java::LANGUAGE,
    "javascript" => tree_sitter_javascript::LANGUAGE,
    "json" => tree_sitter_json::LANGUAGE,
    "kotlin" => tree_sitter_kotlin_ng::LANGUAGE,
    "markdown" => tree_sitter_md::LANGUAGE,
    "php" => tree_sitter_php::LANGUAGE_PHP,
    "python" => tree_sitter_python::LANGUAGE,
    "ruby" => tree_sitter_ruby::LANGUAGE,
    "rust" => tree_sitter_rust::LANGUAGE,
    "sql" => tree_sitter_sequel::LANGUAGE,
    "tsx" => tree_sitter_typescript::LANGUAGE_TSX,
    "typescript" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
}
