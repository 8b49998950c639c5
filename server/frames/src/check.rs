//! Columns that the file of an exact frame does not have, where a similar one shows what was meant.

use crate::FrameColumns;
use crate::complete::file_name;
use crate::frame_code::FrameCode;
use data::CodeTokenKind;
use std::ops::Range;

/// A column that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnProblem {
    /// Its name in the code, in bytes, without quotes.
    pub range: Range<usize>,
    /// What is wrong, and what was probably meant.
    pub message: String,
    /// The name of the column that is there.
    pub replacement: String,
}

/// How many letters a misspelt name may differ by, and how many it must have for each.
const MAX_LETTERS: usize = 2;
const LETTERS_EACH: usize = 3;

impl FrameCode<'_> {
    /// The misspelt columns of exact frames, in the order of the code.
    pub fn check(&self, files: &dyn FrameColumns) -> Vec<ColumnProblem> {
        let texts = (0..self.code.tokens.len()).filter(|at| {
            self.code.kind(*at) == Some(CodeTokenKind::Text) && self.code.inside(*at).1
        });
        texts
            .filter_map(|token| self.problem(token, files))
            .collect()
    }

    /// Whether the code looks whether there is a column of this name, or is ready for its absence.
    fn is_asked_for(&self, name: &str) -> bool {
        (0..self.code.tokens.len()).any(|at| {
            self.code.word(at) == Some("KeyError")
                || self.code.word(at + 1) == Some("in")
                    && self.code.content(at).as_deref() == Some(name)
        })
    }

    /// What is wrong with `df["name"]`.
    fn problem(&self, token: usize, files: &dyn FrameColumns) -> Option<ColumnProblem> {
        let is_subscript = token >= 2
            && self.code.is_mark(token - 1, b'[')
            && self.code.is_mark(token + 1, b']')
            && self.code.word(token - 2).is_some();
        let is_prefixed = !self.code.at(token).starts_with(['"', '\'']);
        let is_assigned = self.code.is_mark(token + 2, b'=') && !self.code.is_mark(token + 3, b'=');
        if !is_subscript || is_prefixed || is_assigned {
            return None;
        }
        let is_attribute = token >= 3 && self.code.is_mark(token - 3, b'.');
        let named = self.frame_named(self.code.at(token - 2), token - 2);
        let frame = &self.frames[named.filter(|_| !is_attribute)?];
        let columns = files.columns(&frame.path).filter(|_| frame.is_exact)?;
        let name = self.code.content(token)?;
        let own = columns.iter().map(|column| column.name.as_str());
        let added = frame.added.iter().map(|(name, _)| name.as_str());
        let known: Vec<&str> = own.chain(added).collect();
        if known.contains(&name.as_str()) || self.is_asked_for(&name) || !frame.may_have(&name) {
            return None;
        }
        let meant = nearest(&name, &known)?.to_owned();
        if meant.contains(['"', '\'', '\\']) || meant.contains(char::is_control) {
            return None;
        }
        let file = file_name(&frame.path);
        Some(ColumnProblem {
            range: self.code.inside(token).0,
            message: format!("`{file}` has no column `{name}`; did you mean `{meant}`?"),
            replacement: meant,
        })
    }
}

/// The known name that differs least, if it differs little and no other one as little.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let distance = |other: &&'a str| {
        let distance = strsim::damerau_levenshtein(&lower, &other.to_lowercase());
        (distance, *other)
    };
    let mut found: Vec<(usize, &str)> = known.iter().map(distance).collect();
    found.sort_unstable();
    let (best, meant) = *found.first()?;
    let most = MAX_LETTERS.min(name.chars().count() / LETTERS_EACH);
    let is_only = found.get(1).is_none_or(|(second, _)| *second > best);
    (best <= most && is_only).then_some(meant)
}
