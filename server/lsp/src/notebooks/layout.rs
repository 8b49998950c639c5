//! Which lines of a notebook's script belong to which cell, and places told in the one or the other.
//!
//! Works on the JSON of requests and answers, so that every kind of them is told by the same rules.
//! What only the server reads again (`data`, `arguments`) is left as it is.

use serde_json::{Map, Value, json};
use std::sync::Arc;
use text::Position;

/// The line above each cell, which no completion may hold.
const MARK: &str = " %%";

/// The cells of one notebook.
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
}

/// The cells of all notebooks.
pub struct Layouts(pub Vec<Arc<Layout>>);

/// A cell of one of them.
pub struct Cell {
    layout: Arc<Layout>,
    at: usize,
}

impl Span {
    /// A line and column of the script in the cell; the beginning of the line behind it is its end.
    fn leave(&self, line: u64, character: u64) -> Option<(u64, u64)> {
        let (first, end) = (u64::from(self.first), u64::from(self.end.line));
        let own = line.checked_sub(first)?;
        match own {
            own if own <= end => Some((own, character)),
            own if own == end + 1 && character == 0 => Some((end, u64::from(self.end.character))),
            _ => None,
        }
    }

    /// A line of the cell in the script; one past the end is the one behind it.
    fn enter(&self, line: u64) -> u64 {
        u64::from(self.first) + line.min(u64::from(self.end.line) + 1)
    }

    /// An edit of the script as one of the cell.
    fn edit(&self, edit: &Value) -> Option<Value> {
        let [start, end] = ["start", "end"].map(|end| place(&edit["range"][end]));
        let (start, end) = (start?, end?);
        let behind = u64::from(self.first) + u64::from(self.end.line) + 1;
        let mut text = edit["newText"].as_str()?.to_owned();
        // The break behind the last line is the script's, not the cell's.
        if end == (behind, 0) && !text.is_empty() {
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
        edit["newText"] = text.into();
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
        // An edit behind the last line of a cell belongs to it, not to the mark of the next one.
        self.spans.iter().find(|span| {
            let first = u64::from(span.first);
            (first..=first + u64::from(span.end.line) + 1).contains(&line)
        })
    }

    /// An edit of the script as one of a cell. The top of the script is that of the first code.
    fn edit<'a>(&'a self, edit: &Value) -> Option<(&'a Span, Value)> {
        let line = edit["range"]["start"]["line"].as_u64()?;
        let (start, end) = (place(&edit["range"]["start"])?, place(&edit["range"]["end"])?);
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
            match found.iter_mut().find(|(known, _)| std::ptr::eq(*known, span)) {
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
        let is_hidden = |line: u64| self.span().hidden.iter().any(|hidden| u64::from(*hidden) == line);
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
                        Value::String(uri) if *uri == self.span().uri => uri.clone_from(&self.layout.uri),
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
            Some(Cell { layout: Arc::clone(layout), at })
        })
    }

    fn of(&self, uri: &str) -> Option<&Layout> {
        self.0.iter().find(|layout| layout.uri == uri).map(|layout| &**layout)
    }

    /// Tells an answer in the lines of cells, those of `cell` where no document is named. False
    /// where that cannot be. What cannot be told is left out of lists.
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
            let Some((line, character)) = cell.span().leave(line, character) else { return false };
            members.insert("line".into(), line.into());
            members.insert("character".into(), character.into());
            return true;
        }
        if let Some(layout) = members.get("uri").and_then(Value::as_str).and_then(|uri| self.of(uri)) {
            return self.leave_location(layout, members);
        }
        let is_one = cell.is_some();
        for (name, member) in members.iter_mut().filter(|(name, _)| is_read(name)) {
            let is_told = match (name.as_str(), &mut *member) {
                ("changes", Value::Object(changes)) => self.leave_changes(changes),
                ("documentChanges", Value::Array(changes)) => self.leave_document_changes(changes),
                ("insertText", Value::String(text)) if is_one => without_mark(text),
                _ => self.leave(member, cell),
            };
            if !is_told {
                return false;
            }
        }
        true
    }

    /// A place in a notebook's script, whichever document was asked about.
    fn leave_location(&self, layout: &Layout, members: &mut Map<String, Value>) -> bool {
        let line = members.get("range").and_then(|range| range["start"]["line"].as_u64());
        let Some(span) = line.and_then(|line| layout.span(line)) else { return false };
        let Some(range) = members.get_mut("range") else { return false };
        for end in ["start", "end"] {
            let told = place(&range[end]).and_then(|(line, character)| span.leave(line, character));
            let Some(told) = told else { return false };
            range[end] = position(told);
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
            let Some(found) = layout.edits(&edits) else { return false };
            changes.extend(found.into_iter().map(|(span, edits)| (span.uri.clone(), edits.into())));
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
            let Some(found) = layout.edits(&change["edits"]) else { return false };
            changes.extend(found.into_iter().map(
                |(span, edits)| json!({"textDocument": {"uri": span.uri, "version": span.version}, "edits": edits}),
            ));
        }
        true
    }
}

/// Ends a completion where the next cell would begin; false where nothing is left of it.
fn without_mark(text: &mut String) -> bool {
    let is_mark = |line: &str| {
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The script `# %%`, `a`, `bb`, `# %%`, `# text`, `# %%`, `%magic`, `cc`.
    fn layouts() -> Layouts {
        let span = |uri: &str, first, end: (u32, u32), hidden: &[u32], is_code| {
            let (uri, hidden) = (uri.to_owned(), hidden.to_vec());
            Span { uri, version: 3, first, end: Position::new(end.0, end.1), hidden, is_code }
        };
        let spans = vec![
            span("cell:0", 1, (1, 2), &[], true),
            span("cell:1", 4, (0, 6), &[], false),
            span("cell:2", 6, (1, 2), &[0], true),
        ];
        Layouts(vec![Arc::new(Layout { uri: "book".into(), spans })])
    }

    fn range(start: (u64, u64), end: (u64, u64)) -> Value {
        json!({"start": position(start), "end": position(end)})
    }

    /// The edits of cells that an edit of the script is.
    fn changes(start: (u64, u64), end: (u64, u64), text: &str) -> Option<Value> {
        let mut edit = json!({"changes": {"book": [{"range": range(start, end), "newText": text}]}});
        layouts().leave(&mut edit, None).then(|| edit["changes"].take())
    }

    fn change(cell: &str, start: (u64, u64), end: (u64, u64), text: &str) -> Option<Value> {
        Some(json!({cell: [{"range": range(start, end), "newText": text}]}))
    }

    #[test]
    fn an_edit_belongs_to_its_cell() {
        assert_eq!(changes((2, 0), (2, 1), "x"), change("cell:0", (1, 0), (1, 1), "x"));
        // Behind the last line, where the script has a break and the cell has none.
        assert_eq!(changes((3, 0), (3, 0), "c\n"), change("cell:0", (1, 2), (1, 2), "\nc"));
        assert_eq!(changes((2, 0), (3, 0), "c\n"), change("cell:0", (1, 0), (1, 2), "c"));
        assert_eq!(changes((2, 0), (3, 0), ""), change("cell:0", (1, 0), (1, 2), ""));
        assert_eq!(changes((0, 0), (0, 0), "import x\n"), change("cell:0", (0, 0), (0, 0), "import x\n"));
        assert_eq!(changes((7, 0), (7, 1), "d"), change("cell:2", (1, 0), (1, 1), "d"));
    }

    #[test]
    fn what_no_cell_can_hold_is_not_told() {
        // A bound, a line that is hidden, what is no code.
        assert_eq!(changes((2, 0), (3, 2), "x"), None);
        assert_eq!(changes((2, 0), (7, 0), "x"), None);
        assert_eq!(changes((3, 0), (3, 0), "x"), None);
        assert_eq!(changes((6, 1), (6, 2), "x"), None);
        assert_eq!(changes((4, 0), (4, 1), "x"), None);
        let edit = json!({"changes": {"book": [{"range": range((2, 0), (3, 2)), "newText": ""}]}});
        let mut actions = json!([{"title": "one", "edit": edit}, {"title": "other"}]);
        assert!(layouts().leave(&mut actions, None));
        assert_eq!(actions, json!([{"title": "other"}]));
    }

    #[test]
    fn edits_of_versions_are_shared_out() {
        let edits = json!([
            {"range": range((1, 0), (1, 1)), "newText": "x"},
            {"range": range((7, 0), (7, 0)), "newText": "y"},
        ]);
        let other = json!({"textDocument": {"uri": "file:///a", "version": 1}, "edits": []});
        let document = json!({"textDocument": {"uri": "book", "version": 9}, "edits": edits});
        let mut edit = json!({"documentChanges": [other, document]});
        assert!(layouts().leave(&mut edit, None));
        let documents: Vec<_> = edit["documentChanges"].as_array().unwrap().iter().collect();
        let named: Vec<_> = documents.iter().map(|change| change["textDocument"].clone()).collect();
        let cell = |number| json!({"uri": format!("cell:{number}"), "version": 3});
        assert_eq!(named, [json!({"uri": "file:///a", "version": 1}), cell(0), cell(2)]);
        assert_eq!(documents[2]["edits"][0]["range"], range((1, 0), (1, 0)));
    }

    #[test]
    fn an_answer_is_told_in_the_lines_of_the_cell_that_was_asked_about() {
        let layouts = layouts();
        let cell = layouts.cell("cell:2").unwrap();
        let mut params = json!({"textDocument": {"uri": "cell:2"}, "position": position((1, 2)),
            "range": range((0, 0), (9, 0)), "data": position((1, 2))});
        cell.enter(&mut params);
        assert_eq!(
            params,
            json!({"textDocument": {"uri": "book"}, "position": position((7, 2)),
            "range": range((6, 0), (8, 0)), "data": position((1, 2))})
        );
        let location = |line| json!({"uri": "book", "range": range((line, 0), (line, 1))});
        let mut answer = json!([
            {"range": range((7, 0), (8, 0)), "data": 1, "related": [{"location": location(1)}]},
            {"range": range((1, 0), (1, 1))},
            {"range": range((7, 0), (7, 1)), "related": [{"location": location(5)}]},
        ]);
        assert!(layouts.leave(&mut answer, Some(&cell)));
        let told = json!({"uri": "cell:0", "range": range((0, 0), (0, 1))});
        assert_eq!(
            answer,
            json!([
                {"range": range((1, 0), (1, 2)), "data": 1, "related": [{"location": told}]},
                {"range": range((1, 0), (1, 1)), "related": []},
            ])
        );
    }

    #[test]
    fn a_completion_ends_where_the_next_cell_would_begin() {
        for (text, kept) in [("x\n# %%\ny", "x"), ("// %%", ""), ("a %%", "a %%"), ("x\ny", "x\ny")] {
            let mut items = json!({"items": [{"insertText": text}]});
            let layouts = layouts();
            assert!(layouts.leave(&mut items, layouts.cell("cell:0").as_ref()));
            let left = items["items"][0]["insertText"].as_str().unwrap_or_default();
            assert_eq!(left, kept, "{text:?}");
        }
    }
}
