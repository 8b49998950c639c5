//! What a pattern gives back: where something is wrong, why, and the edits that fix it.
//!
//! Patterns make findings, `verify` judges their edits, `lsp` shows them. Offsets are bytes of the
//! text that was looked at. Edits are minimal: they touch the words that change and nothing around
//! them.

use std::ops::Range;
use text::Edit;

/// A place that helps to understand another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// What it has to do with the bug.
    pub message: String,
}

/// Something that is wrong, with a way to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The pattern that found it, such as `index-past-end`.
    pub code: &'static str,
    /// What is wrong, as one sentence.
    pub message: String,
    /// Where, in bytes.
    pub range: Range<usize>,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// What the edits do, as a title begins: `Fix off-by-one in range`.
    pub title: String,
    /// The edits, in the order of the text, apart from each other.
    pub edits: Vec<Edit>,
}

impl Finding {
    /// Something wrong in `range`, and the edits that fix it.
    pub fn new(
        range: Range<usize>,
        message: impl Into<String>,
        title: impl Into<String>,
        mut edits: Vec<Edit>,
    ) -> Self {
        edits.sort_by_key(|edit| edit.range.start);
        Self {
            code: "",
            message: message.into(),
            range,
            related: Vec::new(),
            title: title.into(),
            edits,
        }
    }

    /// The same with a place that explains it.
    pub fn see(mut self, range: Range<usize>, message: impl Into<String>) -> Self {
        self.related.push(Related {
            range,
            message: message.into(),
        });
        self
    }
}

/// The edits of several findings that can be made together: where two overlap, those of the first
/// one.
pub fn merged<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Edit> {
    let mut all: Vec<Edit> = Vec::new();
    for finding in findings {
        let clashes = |edit: &Edit| {
            all.iter().any(|other| {
                edit.conflicts_with(other)
                    || edit.range.is_empty() && edit.range.start == other.range.end
            })
        };
        let new: Vec<&Edit> = finding
            .edits
            .iter()
            .filter(|edit| !all.contains(edit))
            .collect();
        if !new.iter().any(|edit| clashes(edit)) {
            all.extend(new.into_iter().cloned());
        }
    }
    all.sort_by_key(|edit| edit.range.start);
    all
}
