//! The answer of a tool within its budget: the same places as short text and as JSON, what was left
//! out, and the state of each file that was read.
//!
//! Places are added in the order of their importance, until one does not fit. Both forms keep to
//! the budget; a client shows its model one form.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many bytes a token is taken for.
pub(crate) const BYTES_OF_TOKEN: usize = 4;
/// What the frame of an answer takes, in bytes.
const FRAME: usize = 300;
/// What the name of a file takes in an answer besides its letters, in bytes.
const FILE: usize = 24;
/// The most characters of a line of a file that are shown, and of a reason.
const MAX_LINE: usize = 240;
const MAX_REASON: usize = 120;
/// The most reasons that are shown.
const MAX_REASONS: usize = 3;

/// An answer that is being made.
pub(crate) struct Reply {
    /// The most bytes of each form.
    most: usize,
    /// The first line.
    summary: String,
    text: String,
    text_bytes: usize,
    json: Map<String, Value>,
    json_bytes: usize,
    /// The files that were read, with the start of the hash of their bytes.
    files: BTreeMap<String, String>,
    shown_files: BTreeSet<String>,
    is_full: bool,
    left_out: usize,
    why_incomplete: Vec<String>,
}

/// One place of an answer in both forms.
pub(crate) struct ReplyItem {
    /// The file that it is in, with the hash.
    pub file: Option<(String, String)>,
    pub json: Value,
    pub text: String,
}

impl Reply {
    /// An empty one of so many tokens, with empty lists of these names.
    pub fn new(budget: usize, lists: &[&str]) -> Self {
        let most = (budget * BYTES_OF_TOKEN).saturating_sub(FRAME);
        let empty = |name: &&str| ((*name).to_owned(), json!([]));
        Self {
            most,
            summary: String::new(),
            text: String::new(),
            text_bytes: 0,
            json: lists.iter().map(empty).collect(),
            json_bytes: 0,
            files: BTreeMap::new(),
            shown_files: BTreeSet::new(),
            is_full: false,
            left_out: 0,
            why_incomplete: Vec::new(),
        }
    }

    /// The bytes that are left for one more item.
    pub fn left(&self) -> usize {
        self.most
            .saturating_sub(self.text_bytes.max(self.json_bytes))
    }

    /// Sets a member that is there whatever the budget is.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.json_bytes += name.len() + value.to_string().len() + 4;
        self.json.insert(name.to_owned(), value);
    }

    /// Says it all in one line, which comes first.
    pub fn summary(&mut self, line: &str) {
        self.summary = format!("{line}\n");
        self.text_bytes += self.summary.len();
        self.set("summary", line);
    }

    /// Adds a line that is there whatever the budget is.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.text_bytes += line.len() + 1;
    }

    /// Adds an item to a list, if it fits and all before it did; else it counts as left out.
    pub fn add(&mut self, list: &str, item: ReplyItem) -> bool {
        let file = item.file.as_ref().map_or(0, |(path, _)| {
            let is_known = self.shown_files.contains(path);
            if is_known { 0 } else { path.len() + FILE }
        });
        let (json, text) = (
            item.json.to_string().len() + 1 + file,
            item.text.len() + 1 + file,
        );
        let fits = self.json_bytes + json <= self.most && self.text_bytes + text <= self.most;
        if !fits || self.is_full {
            self.is_full = true;
            self.left_out += 1;
            return false;
        }
        self.json_bytes += json;
        self.text_bytes += text;
        self.text.push_str(&item.text);
        self.text.push('\n');
        let list = self
            .json
            .entry(list.to_owned())
            .or_insert_with(|| json!([]));
        if let Value::Array(items) = list {
            items.push(item.json);
        }
        if let Some((path, hash)) = item.file {
            self.shown_files.insert(path.clone());
            self.files.insert(path, hash);
        }
        true
    }

    /// Takes note of a file that was read.
    pub fn read(&mut self, path: &str, hash: &str) {
        self.files.insert(path.to_owned(), hash.to_owned());
    }

    /// Counts what was left out elsewhere.
    pub fn leave_out(&mut self, count: usize) {
        self.left_out += count;
    }

    /// Says that something was not looked at, and why.
    pub fn incomplete(&mut self, why: impl Into<String>) {
        let why = cut(&why.into(), MAX_REASON);
        if self.why_incomplete.len() < MAX_REASONS {
            self.text_bytes += why.len() + 16;
            self.json_bytes += why.len() + 4;
        }
        self.why_incomplete.push(why);
    }

    /// Whether everything was looked at.
    pub fn is_complete(&self) -> bool {
        self.why_incomplete.is_empty()
    }

    /// The answer in both forms.
    pub fn finish(mut self) -> Value {
        self.show_files();
        let hidden = self.files.len() - self.shown_files.len();
        let mut files = Map::new();
        for path in &self.shown_files {
            files.insert(path.clone(), json!(self.files[path]));
        }
        for why in reasons(&self.why_incomplete) {
            self.line(&format!("NOT COMPLETE: {why}"));
        }
        if self.left_out > 0 {
            let line = format!("{} left out: ask with a larger budget", self.left_out);
            self.line(&line);
        }
        if !self.files.is_empty() {
            let shown = files.iter().map(|(path, hash)| {
                let hash = hash.as_str().unwrap_or_default();
                format!("{path} {hash}")
            });
            let mut shown: Vec<String> = shown.collect();
            if hidden > 0 {
                shown.push(format!("{hidden} more"));
            }
            self.line(&format!("read (sha256): {}", shown.join(", ")));
        }
        let text = self.summary + &self.text;
        let mut json = self.json;
        json.insert("complete".into(), json!(self.why_incomplete.is_empty()));
        if !self.why_incomplete.is_empty() {
            json.insert("incomplete".into(), json!(reasons(&self.why_incomplete)));
        }
        json.insert("leftOut".into(), json!(self.left_out));
        json.insert("files".into(), Value::Object(files));
        if hidden > 0 {
            json.insert("moreFiles".into(), json!(hidden));
        }
        json!({
            "content": [{"type": "text", "text": text.trim_end()}],
            "structuredContent": json,
            "isError": false,
        })
    }

    /// Names the other files that were read, as far as they fit.
    fn show_files(&mut self) {
        for path in self.files.keys() {
            if self.shown_files.contains(path) {
                continue;
            }
            let bytes = path.len() + FILE;
            if self.text_bytes.max(self.json_bytes) + bytes > self.most {
                return;
            }
            self.text_bytes += bytes;
            self.json_bytes += bytes;
            self.shown_files.insert(path.clone());
        }
    }
}

/// The first reasons, and how many more there are.
fn reasons(all: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = all.iter().take(MAX_REASONS).cloned().collect();
    if all.len() > MAX_REASONS {
        shown.push(format!("{} more", all.len() - MAX_REASONS));
    }
    shown
}

/// A line of a file, cut if it is long.
pub(crate) fn shown_line(line: &str) -> String {
    cut(line.trim_end(), MAX_LINE)
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(path: &str, text: &str) -> ReplyItem {
        ReplyItem {
            file: Some((path.into(), "0123456789ab".into())),
            json: json!({"path": path, "text": text}),
            text: format!("{path}: {text}"),
        }
    }

    fn sizes(result: &Value) -> (usize, usize) {
        let text = result["content"][0]["text"].as_str().unwrap().len();
        (text, result["structuredContent"].to_string().len())
    }

    #[test]
    fn an_answer_keeps_to_its_budget_and_counts_the_rest() {
        let mut reply = Reply::new(400, &["places"]);
        reply.line("100 places");
        for number in 0..100 {
            let added = reply.add("places", item(&format!("src/{number}.py"), "x = 1"));
            assert!(added || number > 5, "{number}");
        }
        for number in 0..300 {
            reply.read(&format!("other/{number}.py"), "0123456789ab");
        }
        let result = reply.finish();
        let json = &result["structuredContent"];
        let shown = json["places"].as_array().unwrap().len();
        assert_eq!(json["leftOut"], 100 - shown);
        assert_eq!(json["complete"], true);
        let files = json["files"].as_object().unwrap().len();
        assert_eq!(json["moreFiles"], 300 + shown - files);
        let (text, json) = sizes(&result);
        assert!(text <= 1_600 && json <= 1_600, "{text} {json}");
        assert!(text.max(json) > 1_200, "the budget is used: {text} {json}");
    }

    #[test]
    fn what_does_not_fit_is_not_overtaken_by_what_is_less_important() {
        let mut reply = Reply::new(200, &[]);
        assert!(reply.add("a", item("a.py", "x")));
        assert!(!reply.add("a", item("a.py", &"x".repeat(900))));
        assert!(!reply.add("a", item("a.py", "x")));
        reply.incomplete("b.py is not read");
        let json = &reply.finish()["structuredContent"];
        assert_eq!(
            (&json["leftOut"], &json["complete"]),
            (&json!(2), &json!(false))
        );
        assert_eq!(json["files"]["a.py"], "0123456789ab");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(shown_line("  x\r\n"), "  x");
        assert_eq!(shown_line(&"é".repeat(300)).chars().count(), MAX_LINE + 3);
    }
}
