//! Columns of a file while code names one.

use crate::frame_code::FrameCode;
use crate::place::ColumnPlace;
use crate::{FrameColumn, FrameColumns};
use std::ops::Range;

/// A column to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnCompletion {
    /// The column's name.
    pub name: String,
    /// The name as it is written there, which replaces `range`.
    pub text: String,
    /// What it replaces, in bytes.
    pub range: Range<usize>,
    /// Its type and file, such as `decimal, sales.csv`.
    pub detail: String,
    /// Its place in the list, from 0.
    pub rank: usize,
}

/// The most columns that are offered.
const MAX_COLUMNS: usize = 500;

impl FrameCode<'_> {
    /// The columns that fit at an offset: those that begin as it is written, then those that hold
    /// it, in the order of the file.
    pub fn complete(&self, offset: usize, files: &dyn FrameColumns) -> Vec<ColumnCompletion> {
        let Some(place) = self.typed_at(offset) else {
            return Vec::new();
        };
        let frame = &self.frames[place.frame];
        let Some(columns) = files.columns(&frame.path) else {
            return Vec::new();
        };
        let added = frame.added.iter().filter(|(_, at)| *at < place.range.start);
        let added = added.map(|(name, _)| (name.as_str(), "added here".to_owned()));
        let of_file =
            |column: &'_ FrameColumn| format!("{}, {}", column.kind, file_name(&frame.path));
        let known = columns
            .iter()
            .map(|column| (column.name.as_str(), of_file(column)));
        let mut fitting: Vec<(usize, &str, String)> = Vec::new();
        for (name, detail) in known.chain(added) {
            let is_offered = if place.is_attribute {
                is_plain(name)
            } else {
                !name.contains(char::is_control) && frame.may_have(name)
            };
            let is_new = fitting.iter().all(|(_, other, _)| *other != name);
            if let Some(fit) = fit(name, &place.written)
                && is_offered
                && is_new
            {
                fitting.push((fit, name, detail));
            }
        }
        fitting.sort_by_key(|(fit, ..)| *fit);
        let completion =
            |(rank, (_, name, detail)): (usize, (usize, &str, String))| ColumnCompletion {
                text: self.written(&place, name),
                name: name.to_owned(),
                range: place.range.clone(),
                detail,
                rank,
            };
        let fitting = fitting.into_iter().take(MAX_COLUMNS);
        fitting.enumerate().map(completion).collect()
    }
}

impl FrameCode<'_> {
    /// A name between the quotes of a place.
    fn written(&self, place: &ColumnPlace, name: &str) -> String {
        let quote = self.code.text[..place.range.start].chars().next_back();
        let mut text = String::with_capacity(name.len());
        for c in name.chars() {
            if !place.is_attribute && (c == '\\' || Some(c) == quote) {
                text.push('\\');
            }
            text.push(c);
        }
        text
    }
}

/// How well a name fits what is written, 0 best.
fn fit(name: &str, written: &str) -> Option<usize> {
    let (name, written) = (name.to_lowercase(), written.to_lowercase());
    if name.starts_with(&written) {
        Some(0)
    } else if name.contains(&written) {
        Some(1)
    } else {
        let mut rest = name.chars();
        let is_scattered = written.chars().all(|c| rest.any(|other| other == c));
        is_scattered.then_some(2)
    }
}

/// Whether a name can be an attribute.
fn is_plain(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
