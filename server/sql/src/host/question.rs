//! A question in words where a query is expected: a comment in SQL, a comment `sql: ...` in code,
//! or the argument of a call such as `execute`.
//!
//! A [`SqlQuestion`] says what was asked, which bytes the answer replaces, and how a query is
//! written there ([`SqlQuestion::quoted`]). Whether the question can be answered is not known here.

use super::calls::usage;
use super::literal::text_roles;
use super::region::{content, outermost};
use super::statement::{begins, is_obvious};
use grammars::Grammar;
use std::ops::Range;
use syntax::{Code, Role, Rope, Syntax};

/// The longest question, in bytes.
const MAX_QUESTION: usize = 400;

/// A question, and where its answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlQuestion {
    /// What was asked, without the marks of the comment.
    pub text: String,
    /// The bytes of the file that the answer replaces.
    pub range: Range<usize>,
    form: Form,
}

/// How a query is written at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// As a statement of a file of SQL: what comes before it, and before each line after its first.
    Statement { before: String, indent: String },
    /// As a whole text of the language, after this.
    Literal(String, Quote),
    /// Inside of a text.
    Inside(Quote),
}

/// How a text is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Quote {
    mark: String,
    is_raw: bool,
    is_multiline: bool,
}

impl SqlQuestion {
    /// A query as it is written at the place: with quotes and escapes of the language. Line ends
    /// become blanks where a text may not have them.
    pub fn quoted(&self, sql: &str) -> String {
        match &self.form {
            Form::Statement { before, indent } => {
                let sql = sql.trim_end().trim_end_matches(';');
                format!("{before}{};", sql.replace('\n', &format!("\n{indent}")))
            }
            Form::Literal(before, quote) => {
                let mark = &quote.mark;
                format!("{before}{mark}{}{mark}", quote.escaped(sql))
            }
            Form::Inside(quote) => quote.escaped(sql),
        }
    }
}

impl Quote {
    /// The quotes of a language that fit best around SQL.
    fn of(grammar: &Grammar) -> Self {
        let quotes = &grammar.facts.quotes;
        let double = quotes.iter().find(|mark| *mark == "\"");
        let mark = double
            .or(quotes.first())
            .cloned()
            .unwrap_or_else(|| "\"".to_owned());
        Self::with(grammar, mark, false)
    }

    fn with(grammar: &Grammar, mark: String, is_raw: bool) -> Self {
        let facts = &grammar.facts;
        Self {
            is_raw: is_raw || facts.raw_quotes.contains(&mark),
            is_multiline: facts.multiline_quotes.contains(&mark),
            mark,
        }
    }

    fn escaped(&self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len() + 8);
        let text = match self.is_multiline {
            true => sql.to_owned(),
            false => sql.lines().map(str::trim).collect::<Vec<_>>().join(" "),
        };
        for c in text.chars() {
            let is_mark = self.mark.starts_with(c);
            match c {
                // Go's raw texts have no escapes: the text is put together.
                '`' if self.is_raw && is_mark => out.push_str("` + \"`\" + `"),
                _ if self.is_raw => out.push(c),
                '\\' => out.push_str("\\\\"),
                _ if is_mark => {
                    out.push('\\');
                    out.push(c);
                }
                _ => out.push(c),
            }
        }
        out
    }
}

/// The question at a byte of a file, if there is one: at the end of a comment's line, on the line
/// below it, or in a text that is an argument where SQL is expected.
pub fn question_at(text: &str, grammar: &'static Grammar, offset: usize) -> Option<SqlQuestion> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[offset..];
    let line_end = offset + rest.find('\n').unwrap_or(rest.len());
    let line = &text[line_start..offset];
    if text[offset..line_end].trim().is_empty() {
        if let Some(question) = asked(line, grammar) {
            let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
            let question = with_lines_above(question, &text[..line_start], grammar);
            let before = format!("\n{indent}");
            return Some(answer(question, before, indent, offset..line_end, grammar));
        }
        let above = text[..line_start]
            .trim_end_matches('\n')
            .rsplit('\n')
            .next()
            .unwrap_or_default();
        let is_next = line_start > 0 && !text[..line_start - 1].ends_with('\n');
        if let Some(question) = asked(above, grammar).filter(|_| is_next && awaits(line, grammar)) {
            let end = text[..line_start].trim_end_matches('\n').len();
            let start = text[..end].rfind('\n').map_or(0, |at| at + 1);
            let question = with_lines_above(question, &text[..start], grammar);
            let before = String::new();
            let indent = line.to_owned();
            return Some(answer(question, before, indent, offset..line_end, grammar));
        }
    }
    // A quote must be somewhere before: parsing takes time.
    let has_quote = before.contains(['"', '\'', '`', '<']);
    if grammar.id == "sql" || !has_quote {
        return None;
    }
    in_text(text, grammar, offset)
}

/// The most lines of comments that are one question.
const MAX_LINES: usize = 4;
/// First words of a line that goes on with the one above it.
const GOES_ON: &[&str] = &[
    "and",
    "as",
    "at",
    "before",
    "after",
    "between",
    "but",
    "by",
    "for",
    "from",
    "grouped",
    "having",
    "in",
    "including",
    "of",
    "on",
    "only",
    "or",
    "ordered",
    "per",
    "since",
    "sorted",
    "than",
    "that",
    "to",
    "where",
    "which",
    "who",
    "whose",
    "with",
    "within",
    "without",
];

/// A question with the comments above it that it goes on with.
fn with_lines_above(question: String, before: &str, grammar: &Grammar) -> String {
    if grammar.id != "sql" {
        return question;
    }
    let mut whole = question;
    let lines = before.trim_end_matches('\n').rsplit('\n');
    for line in lines.take(MAX_LINES - 1) {
        let Some(above) = line.trim().strip_prefix("--").map(str::trim) else {
            break;
        };
        let is_open = above.ends_with(|c: char| c.is_alphanumeric() || c == ',');
        let is_lower = |text: &str| text.starts_with(char::is_lowercase);
        let first = whole.split_whitespace().next().unwrap_or_default();
        let goes_on = GOES_ON.contains(&first) || is_lower(&whole) && !is_lower(above);
        let joined = format!("{above} {whole}");
        if !is_open || !goes_on || question_of(&joined).is_none() {
            break;
        }
        whole = joined;
    }
    whole
}

fn answer(
    text: String,
    before: String,
    indent: String,
    range: Range<usize>,
    grammar: &Grammar,
) -> SqlQuestion {
    let form = match grammar.id {
        "sql" => Form::Statement { before, indent },
        _ => Form::Literal(before, Quote::of(grammar)),
    };
    SqlQuestion { text, range, form }
}

/// Whether an answer may stand at the end of a line.
fn awaits(line: &str, grammar: &Grammar) -> bool {
    let line = line.trim();
    line.is_empty() || grammar.id != "sql" && (line.ends_with(['=', '(', ',']) || line == "return")
}

/// The question in a line that is a comment.
fn asked(line: &str, grammar: &Grammar) -> Option<String> {
    let line = line.trim();
    if grammar.id == "sql" {
        let text = line.strip_prefix("--")?;
        return question_of(text);
    }
    let facts = &grammar.facts;
    let mark = facts.line_comment.as_deref()?;
    let text = line.strip_prefix(mark)?.trim_start();
    let (tag, text) = text.split_once(':')?;
    if !tag.trim().eq_ignore_ascii_case("sql") {
        return None;
    }
    question_of(text)
}

/// A text that is words, and neither a heading nor a note for a program: `name: get_user :one`.
fn question_of(text: &str) -> Option<String> {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    let last = text.split_whitespace().next_back().unwrap_or_default();
    let is_note = first.ends_with(':') || last.starts_with(':');
    let is_short = text.split_whitespace().count() < 4;
    let makes = ["create", "drop", "alter", "add"].contains(&&*first.to_lowercase());
    let is_heading = (is_short || makes)
        && ["table", "tables", "view", "views"].contains(&&*last.to_lowercase());
    let words = text
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphabetic));
    let is_wide = text.chars().any(|c| !c.is_ascii() && c.is_alphabetic());
    let count = words.count();
    let is_sentence = count > 1 || is_wide && count > 0;
    let has_code = text.contains([';', '=', '{', '}', '\\', '`']) || is_obvious(text);
    let is_rule = text.starts_with(['-', '=', '*', '#', '+', '!', ':', '@']);
    let is_other = has_code || is_rule || is_note || is_heading;
    (is_sentence && !is_other && text.len() <= MAX_QUESTION).then(|| text.to_owned())
}

/// A question in a text that is an argument where SQL is expected.
fn in_text(text: &str, grammar: &'static Grammar, offset: usize) -> Option<SqlQuestion> {
    let rope = Rope::from_str(text);
    let syntax = Syntax::parse(grammar, &rope, None, &mut || false)?;
    let code = Code::new(&syntax, &rope);
    let around = |node: &syntax::Node<'_>| node.start() < offset && offset < node.end();
    let node = code.of(text_roles()).rfind(around)?;
    let outer = outermost(node);
    let inner = content(&code, outer);
    let usage = usage(&code, outer);
    let is_one = outer == node && !inner.has_values;
    if !usage.expects_sql || usage.is_other || !is_one || begins(&inner.text) {
        return None;
    }
    let asked = question_of(&inner.text)?;
    let written = node.text();
    let mark = ["\"\"\"", "'''", "\"", "'", "`"]
        .into_iter()
        .find(|mark| written.ends_with(*mark))
        .unwrap_or("\"");
    let prefix = &written[..written.find(mark).unwrap_or(0)];
    let is_raw = node.is(Role::RawString) || prefix.contains(['r', 'R', '@']);
    Some(SqlQuestion {
        text: asked,
        range: inner.file_range(),
        form: Form::Inside(Quote::with(grammar, mark.to_owned(), is_raw)),
    })
}
