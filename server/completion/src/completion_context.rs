//! The place where something is to be completed, looked at once: everything that filters,
//! candidates and the gate ask of it.
//!
//! Made before anything else for a request. What is not always needed is found when it is first
//! asked for. Knows no candidates and no model.

use crate::extent::Extent;
use context::Snapshot;
use grammars::{Facts, Keywords};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use syntax::{Place, Scope};
use text::is_word;

/// Kinds of scopes that are functions.
pub(crate) const FUNCTIONS: [&str; 4] = ["function", "method", "constructor", "lambda"];
/// Lines above the cursor that are read where no function is known.
const LINES_WITHOUT_FUNCTION: usize = 40;

/// The text around the cursor.
pub struct CompletionContext<'a> {
    /// The document.
    pub snapshot: &'a Snapshot,
    /// Byte offset of the cursor.
    pub offset: usize,
    /// How far completions may go here.
    pub extent: Extent,
    /// The cursor's line up to the cursor.
    pub before: String,
    /// What comes after the completion on its line.
    pub after: String,
    /// The nearest line above with anything on it; empty at the start of the text.
    pub above: String,
    /// The next line with anything on it; empty at the end of the text.
    pub next: String,
    text: OnceCell<String>,
    function: OnceCell<(Option<String>, Range<usize>)>,
    in_code: OnceCell<bool>,
}

impl<'a> CompletionContext<'a> {
    /// What is around byte `offset`. Where it was invoked, rather than asked for while someone
    /// types, completions may go further.
    pub fn new(snapshot: &'a Snapshot, offset: usize, invoked: bool) -> Self {
        let extent = if invoked {
            Extent::invoked(snapshot, offset)
        } else {
            Extent::at(snapshot, offset)
        };
        Self::with_extent(snapshot, offset, extent)
    }

    /// The same for completions that go as far as `extent`.
    pub fn with_extent(snapshot: &'a Snapshot, offset: usize, extent: Extent) -> Self {
        let (before, mut after) = snapshot.line_around(offset);
        let mut next = first_with_text(snapshot.lines_below(offset));
        if extent == Extent::WholeLine {
            next = std::mem::take(&mut after);
        }
        Self {
            snapshot,
            offset,
            extent,
            before,
            after,
            above: first_with_text(snapshot.lines_above(offset)),
            next,
            text: OnceCell::new(),
            function: OnceCell::new(),
            in_code: OnceCell::new(),
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        self.text.get_or_init(|| self.snapshot.rope().to_string())
    }

    /// What is known of the language, where there is a tree.
    pub(crate) fn facts(&self) -> Option<&'a Facts> {
        let syntax = self.snapshot.syntax.as_ref()?;
        Some(&syntax.grammar.facts)
    }

    /// The words that are names of nothing that a program defines.
    pub(crate) fn keywords(&self) -> Keywords {
        Keywords::of(self.snapshot.syntax.as_ref().map(|syntax| syntax.grammar))
    }

    /// Whether nothing but indentation comes before the cursor on its line.
    pub(crate) fn begins_line(&self) -> bool {
        self.before.trim().is_empty()
    }

    /// The cursor's line once `text` is inserted, as far as it comes from them.
    pub(crate) fn first_line(&self, text: &str) -> String {
        let inserted = text.split('\n').next().unwrap_or_default();
        format!("{}{inserted}", self.before)
    }

    /// The lines of the text once `text` is inserted, as far as it reaches, with where each begins
    /// in `text`. The first one begins before the cursor.
    pub(crate) fn completed_lines<'t>(
        &self,
        text: &'t str,
    ) -> impl Iterator<Item = (usize, Cow<'t, str>)> {
        let first = self.first_line(text);
        let mut start = 0;
        text.split('\n').enumerate().map(move |(number, line)| {
            let begins = start;
            start += line.len() + 1;
            match number {
                0 => (begins, Cow::Owned(first.clone())),
                _ => (begins, Cow::Borrowed(line)),
            }
        })
    }

    /// The name of the function around the cursor, and the range of its text above the cursor's
    /// word; some lines where no function is known.
    pub(crate) fn function(&self) -> (Option<&str>, Range<usize>) {
        let (name, range) = self.function.get_or_init(|| self.find_function());
        (name.as_deref(), range.clone())
    }

    /// The innermost function around the cursor, if one is known.
    pub(crate) fn innermost_function(&self) -> Option<Scope> {
        let syntax = self.snapshot.syntax.as_ref()?;
        let scopes = syntax.scopes(self.snapshot.rope(), self.offset);
        scopes
            .into_iter()
            .rev()
            .find(|scope| FUNCTIONS.contains(&scope.kind))
    }

    fn find_function(&self) -> (Option<String>, Range<usize>) {
        let word = self.before.len() - self.before.trim_end_matches(is_word).len();
        let end = self.offset - word;
        if let Some(scope) = self.innermost_function()
            && scope.range.start < end
        {
            return (scope.name, scope.range.start..end);
        }
        let rope = self.snapshot.rope();
        let line = rope.byte_to_line(self.offset);
        let first = rope.line_to_byte(line.saturating_sub(LINES_WITHOUT_FUNCTION));
        (None, first.min(end)..end)
    }

    /// Whether what is typed at the cursor is code: neither comment nor string.
    pub(crate) fn in_code(&self) -> bool {
        *self.in_code.get_or_init(|| self.is_code(self.offset))
    }

    /// Whether what is typed at `offset` is code. Without a tree, everything is.
    pub(crate) fn is_code(&self, offset: usize) -> bool {
        let syntax = self.snapshot.syntax.as_ref();
        syntax.is_none_or(|syntax| syntax.place(self.snapshot.rope(), offset) == Place::Code)
    }

    /// The text as it will be inserted.
    pub fn inserted(&self, text: &str) -> String {
        let line_feed = if self.extent == Extent::WholeLine {
            "\n"
        } else {
            ""
        };
        format!("{text}{line_feed}")
    }
}

/// The first of these lines with anything on it, or an empty one.
pub(crate) fn first_with_text(mut lines: impl Iterator<Item = String>) -> String {
    lines
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}
