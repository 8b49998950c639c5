//! Places in files as answers show them: path, line from 1, and the text of the line, because
//! agents miscount lines.

use crate::project::{Project, ReadFile};
use crate::reply::{Reply, ReplyItem, shown_line};
use ask::Quote;
use bugs::Bug;
use index::Index;
use serde_json::json;

/// The most lines of one quote.
const MAX_LINES: usize = 40;

/// A bug as an item.
pub(super) fn bug_item(file: &ReadFile, bug: &Bug) -> ReplyItem {
    let finding = &bug.finding;
    let (line, _) = file.file.place(finding.range.start);
    let text = shown_line(file.file.line(line));
    let (path, code, message) = (&file.name, finding.code, &finding.message);
    let fix = (!finding.edits.is_empty()).then(|| bug.title());
    let fix_line = fix
        .as_ref()
        .map_or(String::new(), |fix| format!("\n  fix: {fix}"));
    ReplyItem {
        file: Some((path.clone(), file.hash.clone())),
        json: json!({
            "path": path, "line": line, "text": text, "code": code, "message": message, "fix": fix,
        }),
        text: format!("{path}:{line}: {message} [{code}]\n  {text}{fix_line}"),
    }
}

/// A file as it was when quotes were taken from it: its name, hash and lines.
pub(super) struct QuotedFile {
    name: String,
    hash: String,
    text: String,
}

impl QuotedFile {
    /// The file on disk, if it has the text that the index has.
    pub fn read(project: &Project, index: &Index, name: &str) -> Option<Self> {
        let (hash, bytes) = project.state(name)?;
        let text = String::from_utf8(bytes).ok()?;
        let plain = text.strip_prefix('\u{feff}').unwrap_or(&text);
        (index.text(name) == Some(plain)).then(|| Self {
            name: name.to_owned(),
            hash,
            text: plain.to_owned(),
        })
    }

    /// A line, counted from 0.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number).unwrap_or_default()
    }

    /// One line with a note as an item; `line` counts from 0.
    pub fn line_item(&self, line: usize, note: &str) -> ReplyItem {
        let text = shown_line(self.line(line));
        let (path, line) = (&self.name, line + 1);
        ReplyItem {
            file: Some((path.clone(), self.hash.clone())),
            json: json!({"path": path, "line": line, "text": text, "note": note}),
            text: format!("{path}:{line}: {}  ({note})", text.trim_start()),
        }
    }

    /// A quote of which at most so many lines are shown.
    fn quote_item(&self, quote: &Quote, most: usize) -> ReplyItem {
        let lines: Vec<String> = quote.text.lines().take(most).map(shown_line).collect();
        let (path, line, note) = (&self.name, quote.lines.start + 1, &quote.note);
        let text = lines.join("\n");
        ReplyItem {
            file: Some((path.clone(), self.hash.clone())),
            json: json!({"path": path, "line": line, "text": text, "note": note}),
            text: format!("{path}:{line}: {note}\n{text}"),
        }
    }

    /// Whether the lines of a quote are what it says.
    fn has(&self, quote: &Quote) -> bool {
        let own = lines(&self.text).skip(quote.lines.start);
        own.take(quote.lines.len().max(1)).eq(lines(&quote.text))
    }
}

/// The lines of a text without what ends them; the last one may be empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

/// Adds a quote, with fewer lines if all do not fit; one whose file has changed meanwhile is left
/// out.
pub(super) fn add_quote(
    reply: &mut Reply,
    list: &str,
    project: &Project,
    index: &Index,
    quote: &Quote,
) {
    let file = QuotedFile::read(project, index, &quote.path).filter(|file| file.has(quote));
    let Some(file) = file else {
        reply.incomplete(format!("{} changed while it was read", quote.path));
        return;
    };
    let mut most = quote.text.lines().count().clamp(1, MAX_LINES);
    let mut item = file.quote_item(quote, most);
    // What JSON adds to a line and to an item is less than this.
    const AROUND: usize = 160;
    while most > 1 && item.json.to_string().len() + AROUND > reply.left() {
        most = most.div_ceil(2);
        item = file.quote_item(quote, most);
    }
    reply.add(list, item);
}
