//! Which lines of a notebook's script belong to which cell; translates places from one to the
//! other.
//!
//! Works on the JSON of requests and answers, so that the same rules apply to all kinds. What only
//! the server reads again (`data`, `arguments`) is left as it is.

use super::magics::SIGN;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use text::Position;

/// How the line above each cell ends, which no completion may hold.
const MARK: &str = " %%";
/// What precedes a line number of the script in a title.
const LINE: &str = " (line ";

/// The cells of one notebook.
#[derive(Default)]
pub struct Layout {
    /// The notebook's URI, under which its script is known.
    pub uri: String,
    pub spans: Vec<Span>,
}

/// One cell.
#[derive(Debug)]
pub struct Span {
    pub uri: String,
    pub version: i32,
    /// Its first line in the script.
    pub first: u32,
    /// The end of its text, in lines of its own.
    pub end: Position,
    /// Lines of its own that the script does not show as they are.
    pub hidden: Vec<u32>,
    /// Whether its lines are code of the script.
    pub is_code: bool,
    /// What ends its lines.
    pub line_break: &'static str,
}

/// The cells of all notebooks.
pub struct Layouts(pub Vec<Arc<Layout>>);

/// A cell of a notebook.
pub struct Cell {
    layout: Arc<Layout>,
    at: usize,
}

impl Span {
    /// A line and column of the script in the cell; the beginning of the line after it is its end.
    fn leave(&self, line: u64, character: u64) -> Option<(u64, u64)> {
        let (first, end) = (u64::from(self.first), u64::from(self.end.line));
        let own = line.checked_sub(first)?;
        match own {
            own if own <= end => Some((own, character)),
            own if own == end + 1 && character == 0 => Some((end, u64::from(self.end.character))),
            _ => None,
        }
    }

    /// A line of the cell in the script; those past its end become the line after it.
    fn enter(&self, line: u64) -> u64 {
        u64::from(self.first) + line.min(u64::from(self.end.line) + 1)
    }

    /// An edit of the script as one of the cell.
    fn edit(&self, edit: &Value) -> Option<Value> {
        let [start, end] = ["start", "end"].map(|end| place(&edit["range"][end]));
        let (start, end) = (start?, end?);
        let next_line = u64::from(self.first) + u64::from(self.end.line) + 1;
        let mut text = edit["newText"].as_str()?.to_owned();
        // The break after the last line is the script's, not the cell's.
        if end == (next_line, 0) && !text.is_empty() {
            text.truncate(text.strip_suffix('\n')?.len());
            if start == end {
                text.insert(0, '\n');
            }
        }
        let (start, end) = (self.leave(start.0, start.1)?, self.leave(end.0, end.1)?);
        let touches = |line: &u32| (start.0..=end.0).contains(&u64::from(*line));
        if !self.is_code || self.hidden.iter().any(touches) {
            return None;
        }
        let mut edit = edit.clone();
        edit["newText"] = text.replace('\n', self.line_break).into();
        edit["range"] = json!({"start": position(start), "end": position(end)});
        Some(edit)
    }
}

fn place(position: &Value) -> Option<(u64, u64)> {
    Some((position["line"].as_u64()?, position["character"].as_u64()?))
}

fn position((line, character): (u64, u64)) -> Value {
    json!({"line": line, "character": character})
}

impl Layout {
    /// The cell that an edit or a place of the script lies in.
    fn span(&self, line: u64) -> Option<&Span> {
        // An edit after the last line of a cell belongs to it, not to the mark of the next one.
        self.spans.iter().find(|span| {
            let first = u64::from(span.first);
            (first..=first + u64::from(span.end.line) + 1).contains(&line)
        })
    }

    /// An edit of the script as one of a cell. The top of the script is that of the first code.
    fn edit<'a>(&'a self, edit: &Value) -> Option<(&'a Span, Value)> {
        let line = edit["range"]["start"]["line"].as_u64()?;
        let (start, end) = (
            place(&edit["range"]["start"])?,
            place(&edit["range"]["end"])?,
        );
        if (start, end) != ((0, 0), (0, 0)) {
            let span = self.span(line)?;
            return Some((span, span.edit(edit)?));
        }
        let span = self.spans.iter().find(|span| span.is_code)?;
        let mut moved = edit.clone();
        for end in ["start", "end"] {
            moved["range"][end] = position((u64::from(span.first), 0));
        }
        Some((span, span.edit(&moved)?))
    }

    /// Edits of the script as edits of cells.
    fn edits<'a>(&'a self, edits: &Value) -> Option<Vec<(&'a Span, Vec<Value>)>> {
        let mut found: Vec<(&Span, Vec<Value>)> = Vec::new();
        for edit in edits.as_array()? {
            let (span, edit) = self.edit(edit)?;
            match found
                .iter_mut()
                .find(|(known, _)| std::ptr::eq(*known, span))
            {
                Some((_, edits)) => edits.push(edit),
                None => found.push((span, vec![edit])),
            }
        }
        Some(found)
    }
}

impl Cell {
    fn span(&self) -> &Span {
        &self.layout.spans[self.at]
    }

    /// Whether a request with these parameters can be about the script.
    pub fn takes(&self, params: &Value) -> bool {
        let line = params["position"]["line"].as_u64();
        let is_hidden = |line: u64| {
            self.span()
                .hidden
                .iter()
                .any(|hidden| u64::from(*hidden) == line)
        };
        self.span().is_code && !line.is_some_and(is_hidden)
    }

    /// Makes parameters about the cell some about the script.
    pub fn enter(&self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.enter(item)),
            Value::Object(members) => {
                if let Some((line, character)) = members.get("line").zip(members.get("character")) {
                    if let (Some(line), true) = (line.as_u64(), character.is_u64()) {
                        members.insert("line".into(), self.span().enter(line).into());
                    }
                    return;
                }
                for (_, member) in members.iter_mut().filter(|(name, _)| is_read(name)) {
                    match member {
                        Value::String(uri) if *uri == self.span().uri => {
                            uri.clone_from(&self.layout.uri)
                        }
                        member => self.enter(member),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a member of a message is for both sides to read.
fn is_read(name: &str) -> bool {
    !["data", "arguments"].contains(&name)
}

impl Layouts {
    /// The cell of this URI.
    pub fn cell(&self, uri: &str) -> Option<Cell> {
        self.0.iter().find_map(|layout| {
            let at = layout.spans.iter().position(|span| span.uri == uri)?;
            Some(Cell {
                layout: Arc::clone(layout),
                at,
            })
        })
    }

    fn of(&self, uri: &str) -> Option<&Layout> {
        self.0
            .iter()
            .find(|layout| layout.uri == uri)
            .map(|layout| &**layout)
    }

    /// Translates an answer to the lines of cells, those of `cell` if no document is named. False
    /// if that is impossible. Items of lists that cannot be translated are left out.
    pub fn leave(&self, value: &mut Value, cell: Option<&Cell>) -> bool {
        match value {
            Value::Array(items) => {
                items.retain_mut(|item| self.leave(item, cell));
                true
            }
            Value::Object(members) => self.leave_object(members, cell),
            _ => true,
        }
    }

    fn leave_object(&self, members: &mut Map<String, Value>, cell: Option<&Cell>) -> bool {
        let line = members.get("line").and_then(Value::as_u64);
        let character = members.get("character").and_then(Value::as_u64);
        if let (Some(line), Some(character)) = (line, character) {
            let Some(cell) = cell else { return true };
            let Some((line, character)) = cell.span().leave(line, character) else {
                return false;
            };
            members.insert("line".into(), line.into());
            members.insert("character".into(), character.into());
            return true;
        }
        if let Some(layout) = members
            .get("uri")
            .and_then(Value::as_str)
            .and_then(|uri| self.of(uri))
        {
            return self.leave_location(layout, members);
        }
        let is_one = cell.is_some();
        for (name, member) in members.iter_mut().filter(|(name, _)| is_read(name)) {
            let is_translated = match (name.as_str(), &mut *member) {
                ("changes", Value::Object(changes)) => self.leave_changes(changes),
                ("documentChanges", Value::Array(changes)) => self.leave_document_changes(changes),
                ("insertText", Value::String(text)) if is_one => without_mark(text),
                ("title", Value::String(title)) if is_one => without_line(title),
                _ => self.leave(member, cell),
            };
            if !is_translated {
                return false;
            }
        }
        true
    }

    /// A place in a notebook's script, whichever document was asked about.
    fn leave_location(&self, layout: &Layout, members: &mut Map<String, Value>) -> bool {
        let line = members
            .get("range")
            .and_then(|range| range["start"]["line"].as_u64());
        let Some(span) = line.and_then(|line| layout.span(line)) else {
            return false;
        };
        let Some(range) = members.get_mut("range") else {
            return false;
        };
        for end in ["start", "end"] {
            let in_cell =
                place(&range[end]).and_then(|(line, character)| span.leave(line, character));
            let Some(in_cell) = in_cell else { return false };
            range[end] = position(in_cell);
        }
        members.insert("uri".into(), span.uri.clone().into());
        true
    }

    fn leave_changes(&self, changes: &mut Map<String, Value>) -> bool {
        for (uri, edits) in std::mem::take(changes) {
            let Some(layout) = self.of(&uri) else {
                changes.insert(uri, edits);
                continue;
            };
            let Some(found) = layout.edits(&edits) else {
                return false;
            };
            changes.extend(
                found
                    .into_iter()
                    .map(|(span, edits)| (span.uri.clone(), edits.into())),
            );
        }
        true
    }

    fn leave_document_changes(&self, changes: &mut Vec<Value>) -> bool {
        for change in std::mem::take(changes) {
            let uri = change["textDocument"]["uri"].as_str();
            let Some(layout) = uri.and_then(|uri| self.of(uri)) else {
                changes.push(change);
                continue;
            };
            let Some(found) = layout.edits(&change["edits"]) else {
                return false;
            };
            changes.extend(found.into_iter().map(
                |(span, edits)| json!({"textDocument": {"uri": span.uri, "version": span.version}, "edits": edits}),
            ));
        }
        true
    }
}

/// Removes the line of the script from a title, as the user cannot see that line.
fn without_line(title: &mut String) -> bool {
    if let Some(start) = title.find(LINE) {
        let length = title[start..].find(')').map_or(0, |end| end + 1);
        title.replace_range(start..start + length, "");
    }
    true
}

/// Ends a completion where the next cell would begin; false where nothing is left of it.
fn without_mark(text: &mut String) -> bool {
    let is_mark = |line: &str| {
        if line.trim_start().starts_with(SIGN) {
            return true;
        }
        let sign = line.strip_suffix(MARK).unwrap_or_default();
        !sign.is_empty() && sign.chars().all(|c| c.is_ascii_punctuation())
    };
    let mut kept = 0;
    for line in text.split_inclusive('\n') {
        if is_mark(line.trim_end()) {
            text.truncate(kept);
            text.truncate(text.trim_end_matches('\n').len());
            break;
        }
        kept += line.len();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests;
