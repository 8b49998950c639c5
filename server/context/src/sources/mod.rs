//! Where the text next to the file's own window comes from: one file per source, one list.
//!
//! A source is a plain function from what is near the cursor to candidates, scored from 0 to 1 by
//! its own lights. It reads only the snapshot and looks at no other source: `rank.rs` weighs them
//! against each other, drops what is shown twice and fits the rest. To add a source: a file here, a
//! line in [`SOURCES`] (whose order is that of the prompt), a column in `source_weights.rs`. What
//! the compiler says near the cursor belongs here too, once a snapshot has diagnostics.

mod call;
mod data;
mod edits;
mod files;
mod imports;
mod members;
mod names;
mod own;
mod pieces;
mod scopes;
mod siblings;
mod similar;
mod types;

use crate::cursor_context::CursorContext;
pub use members::{call, members};

/// A piece of text that may help.
#[derive(Clone, Debug, PartialEq)]
pub struct Snippet {
    /// The file it is in, as in [`Snapshot::path`](crate::Snapshot::path).
    pub path: String,
    /// Its first line there, counted from 0.
    pub line: usize,
    /// Its text: whole lines, each with its break.
    pub text: String,
    /// How useful its source believes it to be, from 0 to 1.
    pub score: f32,
}

/// One source.
pub struct Source {
    /// Its name, on the command line too.
    pub name: &'static str,
    /// What it gives for a place.
    pub gather: fn(&CursorContext) -> Vec<Snippet>,
}

/// How many sources there are.
pub const COUNT: usize = 11;

/// All sources, in the order of the prompt: what changes rarely comes first.
pub const SOURCES: [Source; COUNT] = [
    Source {
        name: "siblings",
        gather: siblings::gather,
    },
    Source {
        name: "imports",
        gather: imports::gather,
    },
    Source {
        name: "files",
        gather: files::gather,
    },
    Source {
        name: "edits",
        gather: edits::gather,
    },
    Source {
        name: "similar",
        gather: similar::gather,
    },
    Source {
        name: "data",
        gather: data::gather,
    },
    Source {
        name: "names",
        gather: names::gather,
    },
    Source {
        name: "members",
        gather: members::gather,
    },
    Source {
        name: "call",
        gather: call::gather,
    },
    Source {
        name: "own",
        gather: own::gather,
    },
    Source {
        name: "scopes",
        gather: scopes::gather,
    },
];
