//! Comments next to what they are about: above a table, above a column, or after it on its line.

use super::place::Place;
use crate::schema::Origin;
use crate::tokens::{Comment, Cursor};

/// The longest comment that is kept, in bytes.
const MAX_COMMENT: usize = 1_000;
/// How lines begin that tools write about tables.
const BANNERS: &[&str] = &[
    "name:",
    "table structure",
    "dumping",
    "tablename",
    "type:",
    "tabellenstruktur",
    "host:",
    "structure de la table",
    "estructura de tabla",
    "data for",
    "@",
    "noinspection",
    "sqlfluff",
    "+goose",
    "+migrate",
    "migrate:",
    "--",
    "==",
    "**",
    "create table",
    "creating table",
    "createtable",
    "altertable",
    "createindex",
    "addforeignkey",
    "dropindex",
    "droptable",
    "---",
    "###",
    "object:",
    "table ",
    "create ",
    "copyright",
    "license",
    "breakpoint",
];

/// The comments of a statement, with the place of its text.
pub(crate) struct Remarks<'a> {
    pub text: &'a str,
    pub place: Place<'a>,
    pub comments: &'a [Comment],
    /// The line that the statement begins in, and that of the last token before it.
    pub line: u32,
}

impl Remarks<'_> {
    /// Where an item is.
    pub fn origin(&self, item: &Cursor<'_>) -> Origin {
        self.place.origin(item)
    }

    /// What is written directly above the statement.
    pub fn above(&self) -> Option<String> {
        self.ending_above(self.line)
    }

    /// What is written about an item: after it on its last line, else above it.
    pub fn of_item(&self, item: &Cursor<'_>) -> Option<String> {
        let last = item.tokens.last()?;
        // After a comma at most; a line that has another item says nothing of this one.
        let after = self
            .comments
            .iter()
            .find(|comment| comment.line == last.line && comment.range.start >= last.end);
        let between = after.map(|comment| &self.text[last.end..comment.range.start]);
        let is_next = between.is_some_and(|between| between.trim().len() <= 1);
        if let Some(comment) = after.filter(|_| is_next) {
            return plain(&self.text[comment.range.clone()]);
        }
        let is_first = item.peek().is_some_and(|token| token.is_first);
        if is_first {
            self.ending_above(item.line())
        } else {
            None
        }
    }

    /// The lines of comments that end just above a line.
    fn ending_above(&self, line: u32) -> Option<String> {
        let mut wanted = line.checked_sub(1)?;
        let mut parts = Vec::new();
        let before = self.comments.iter().rev();
        for comment in before.filter(|comment| comment.end_line < line && comment.has_own_line) {
            if comment.end_line != wanted {
                break;
            }
            parts.push(&self.text[comment.range.clone()]);
            wanted = comment.line.saturating_sub(1);
            if parts.len() > 20 {
                return None;
            }
        }
        parts.reverse();
        plain(&parts.join("\n"))
    }
}

/// A comment without its marks, on one line; none if a tool wrote it or it says nothing.
pub(crate) fn plain(written: &str) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    for line in written.lines() {
        let line = line.trim();
        let line = line.trim_start_matches("/**").trim_start_matches("/*");
        let line = line.trim_end_matches("*/").trim();
        let line = line
            .trim_start_matches(['-', '#', '/', '*', '!', '=', '+'])
            .trim();
        let line = line.trim_end_matches(['-', '*', '=', '+', '#']).trim();
        let lower = line.to_lowercase();
        if BANNERS.iter().any(|banner| lower.starts_with(banner)) {
            return None;
        }
        words.extend(line.split_whitespace());
    }
    let text = words.join(" ");
    let says = text.chars().any(char::is_alphabetic) && !looks_like_code(&text);
    (says && text.len() <= MAX_COMMENT).then_some(text)
}

/// Whether a comment is a statement or column that someone took out.
fn looks_like_code(text: &str) -> bool {
    text.ends_with([',', ';', '{', '}', '('])
        || text.starts_with("DROP ")
        || text.starts_with("ALTER ")
        || text.starts_with("INSERT ")
        || text.starts_with("SELECT ")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn marks_and_banners_are_no_comments() {
        assert_eq!(plain("-- the user's mail"), Some("the user's mail".into()));
        assert_eq!(plain("/* a\n * b */"), Some("a b".into()));
        assert_eq!(plain("--\n-- Name: users; Type: TABLE\n--"), None);
        assert_eq!(plain("-----------"), None);
        assert_eq!(plain("-- old_column INT,"), None);
    }
}
