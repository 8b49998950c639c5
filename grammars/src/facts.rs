//! What `language.toml` says about a language: names, comment marks, brackets, blocks, and which
//! kinds of nodes are text; `library.rs` has what it says of the language's behaviour and library.
//!
//! Read once per language by `grammar::all`; used by every crate that must write, cut or judge code
//! of a language without a tree. An unknown or missing field is an error that names it, so a folder
//! cannot be half right.

use crate::library::{Library, Semantics};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How a language opens a block of statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BlockStyle {
    /// A colon at the end of a line; the block is what is indented deeper (Python).
    Colon,
    /// A `{`; the block ends at its `}`.
    Brace,
    /// No blocks of statements, or blocks opened by words.
    None,
}

/// The facts of one language, field by field as in `language.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The name people use, such as `C++`.
    pub name: String,
    /// The LSP language ids that mean this language.
    pub language_ids: Vec<String>,
    /// File extensions without the dot, lower case.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Whole file names, such as `.bashrc`.
    #[serde(default)]
    pub file_names: Vec<String>,
    /// Programs in a `#!` line that run this language, without version digits at the end.
    #[serde(default)]
    pub interpreters: Vec<String>,
    /// What starts a comment that ends with the line.
    pub line_comment: Option<String>,
    /// What opens and closes a comment over several lines.
    pub block_comment: Option<[String; 2]>,
    /// One step of indentation where the file does not show its own.
    pub indent: String,
    /// How blocks are opened.
    pub block: BlockStyle,
    /// The first words of lines that open a block with a colon.
    #[serde(default)]
    pub colon_words: Vec<String>,
    /// Further texts that open a block at the end of a line, such as Bash's `then`.
    #[serde(default)]
    pub block_words: Vec<String>,
    /// First words of lines that open a block which a word closes, such as Ruby's `def`.
    #[serde(default)]
    pub block_line_words: Vec<String>,
    /// First words of lines on which a brace at the end opens a list of names, such as `import`.
    #[serde(default)]
    pub inline_brace_words: Vec<String>,
    /// The statement that does nothing, where a block may not be empty.
    pub filler: Option<String>,
    /// Words that open something and the words that close it, such as `do` and `done`.
    #[serde(default)]
    pub word_pairs: Vec<[String; 2]>,
    /// Words that open something as the first ones of a line, and the words that close it, such as
    /// Ruby's `if` and `end`.
    #[serde(default)]
    pub line_pairs: Vec<[String; 2]>,
    /// Pairs of brackets, opening and closing, such as `()`.
    pub brackets: Vec<String>,
    /// Quotes that open and close a string, longest first.
    pub quotes: Vec<String>,
    /// Those quotes whose strings may go on over several lines.
    #[serde(default)]
    pub multiline_quotes: Vec<String>,
    /// Those quotes in whose strings a backslash escapes nothing.
    #[serde(default)]
    pub raw_quotes: Vec<String>,
    /// Words that are names of nothing that a program defines: keywords, and the types and values
    /// that every program has. Sorted.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Kinds of nodes that are comments.
    #[serde(default)]
    pub comment_nodes: Vec<String>,
    /// Kinds of nodes that are string or character literals.
    #[serde(default)]
    pub string_nodes: Vec<String>,
    /// Kinds of nodes inside a string that are code again, such as interpolations.
    #[serde(default)]
    pub code_in_string_nodes: Vec<String>,
    /// Kinds of nodes that are blocks of statements or members: what is between `{` and `}`, or
    /// is indented.
    #[serde(default)]
    pub block_nodes: Vec<String>,
    /// What the name of a test file has before and after that of the file it tests.
    #[serde(default = "default_test_marks")]
    pub test_marks: Vec<[String; 2]>,
    /// Extensions of files that belong to a file with an extension, such as those of headers.
    #[serde(default)]
    pub counterparts: BTreeMap<String, Vec<String>>,
    /// Where its packages are kept: `cargo`, `go`, `node`, `python`.
    pub packages: Option<String>,
    /// The id of the language whose queries stand before this one's own.
    pub inherits: Option<String>,
    /// The id of the language whose [`Semantics`], [`Library`] and bug patterns this one has where
    /// it says nothing of its own.
    pub resembles: Option<String>,
    /// The codes of the bug patterns that were measured on code of the language and found right.
    #[serde(default)]
    pub bugs: Vec<String>,
    /// The programs that say whether its code is sound, the most thorough first; the rows of
    /// `server/checks/src/checkers.rs` say how each runs.
    #[serde(default)]
    pub checkers: Vec<String>,
    /// How the language behaves.
    #[serde(default)]
    pub semantics: Semantics,
    /// What comes with the language.
    #[serde(default)]
    pub library: Library,
}

/// How most languages name test files.
pub fn common_test_marks() -> &'static [[String; 2]] {
    static COMMON: LazyLock<[[String; 2]; 6]> = LazyLock::new(|| {
        let marks = [
            ["test_", ""],
            ["", "_test"],
            ["", ".test"],
            ["", ".spec"],
            ["", "Test"],
            ["", "Tests"],
        ];
        marks.map(|mark| mark.map(str::to_owned))
    });
    &*COMMON
}

fn default_test_marks() -> Vec<[String; 2]> {
    common_test_marks().to_vec()
}

impl Facts {
    /// Whether a word is a keyword, or as good as one.
    pub fn is_keyword(&self, word: &str) -> bool {
        self.keywords
            .binary_search_by(|keyword| keyword.as_str().cmp(word))
            .is_ok()
    }

    /// Reads the text of a `language.toml`. The error says which field is wrong.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Takes over what a language says that this one resembles.
    pub(crate) fn take_over(&mut self, other: Self) {
        if self.bugs.is_empty() {
            self.bugs = other.bugs;
        }
        if self.semantics == Semantics::default() {
            self.semantics = other.semantics;
        }
        if self.library == Library::default() {
            self.library = other.library;
        }
    }
}
