//! What is expected at a place of SQL, from the tokens before it.

use super::super::mask::masked;
use super::super::words::{BEFORE_OPERAND, is_in};
use super::completion::TYPED;
use data::{SqlDialect, SqlStatement, SqlToken, SqlTokenKind};
use std::ops::Range;

/// What may be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A table.
    Table { after_join: bool },
    /// A condition of a join, after ON.
    Condition,
    /// A column, or an alias that qualifies one.
    Column,
    /// A column that several tables have, in USING.
    Common,
    /// A column of the table that is written to.
    TargetColumn(String),
    /// What comes after a name and a point.
    Member(String),
    /// A value of a column, which may be qualified. `is_open`: its quote is there already.
    Value { column: Vec<String>, is_open: bool },
}

/// A place in a text.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// What was typed of the name, in bytes; for a value with its quotes.
    pub range: Range<usize>,
    /// The same in letters, without quotes.
    pub typed: String,
    pub expected: Expected,
    /// The quote that is before the name or text already; `range` begins after it.
    pub quote: Option<char>,
    /// Whether the quote after it is there too.
    pub is_closed: bool,
    /// The words of the statement before and after, in lower case.
    pub words: Vec<String>,
}

/// Words after which a table is named.
const BEFORE_TABLE: &[&str] = &[
    "from",
    "join",
    "into",
    "update",
    "table",
    "straight_join",
    "truncate",
    "only",
    "describe",
    "references",
];
/// Words after which an operand may stand, besides those that end none.
const BEFORE_COLUMN: &[&str] = &[
    "where",
    "having",
    "set",
    "returning",
    "by",
    "using",
    "select",
    "on",
    "limit",
    "values",
    "qualify",
];

impl Place {
    /// What is expected at a byte; none in comments and where a keyword follows.
    pub fn of(text: &str, offset: usize, dialect: Option<SqlDialect>) -> Option<Self> {
        let masked = masked(text);
        let statements = data::sql_statements(&masked, dialect);
        let begins = |statement: &&SqlStatement| {
            let comments = statement.comments.iter().map(|range| range.start);
            let first = statement.tokens.first().map(|token| token.start);
            first
                .into_iter()
                .chain(comments)
                .min()
                .is_some_and(|start| start < offset.max(1))
        };
        let statement = statements.iter().rev().find(begins)?;
        if statement
            .comments
            .iter()
            .any(|range| range.start < offset && offset <= range.end)
        {
            return None;
        }
        let last = statement.tokens.last()?;
        let is_over = offset > last.end && masked[last.end..offset].contains(';');
        let reader = Reader {
            text: &masked,
            tokens: &statement.tokens,
        };
        if is_over { None } else { reader.place(offset) }
    }

    /// The quote that has to follow the name or text.
    pub fn missing_quote(&self) -> String {
        let quote = self.quote.filter(|_| !self.is_closed);
        let close = quote.map(|quote| if quote == '[' { ']' } else { quote });
        close.map(String::from).unwrap_or_default()
    }

    /// The text with a whole name at the place, so that what follows can be read.
    pub fn with_name(&self, text: &str) -> String {
        let name = match (&self.expected, self.quote) {
            (Expected::Value { .. }, None) => "''",
            (Expected::Value { .. }, Some(_)) => "",
            _ => TYPED,
        };
        let close = self.missing_quote();
        format!(
            "{}{name}{close}{}",
            &text[..self.range.start],
            &text[self.range.end..]
        )
    }
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [SqlToken],
}

impl Reader<'_> {
    fn written(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.start..token.end])
    }

    fn is_mark(&self, at: usize, mark: u8) -> bool {
        self.tokens
            .get(at)
            .is_some_and(|token| token.kind == SqlTokenKind::Mark(mark))
    }

    fn place(&self, offset: usize) -> Option<Place> {
        if let Some(place) = self.value_place(offset) {
            return Some(place);
        }
        let inside = |token: &&SqlToken| token.start < offset && offset <= token.end;
        let typed = self.tokens.iter().find(inside);
        let is_name =
            |token: &&SqlToken| matches!(token.kind, SqlTokenKind::Word | SqlTokenKind::Name);
        if typed
            .is_some_and(|token| matches!(token.kind, SqlTokenKind::Text | SqlTokenKind::Number))
        {
            return None;
        }
        let typed = typed.filter(is_name);
        if let Some(token) = typed.filter(|token| token.kind == SqlTokenKind::Name) {
            return self.quoted_place(token, offset);
        }
        let range = typed.map_or(offset..offset, |token| token.start..offset);
        let mut before = self
            .tokens
            .partition_point(|token| token.end <= range.start);
        // A quote that is not closed yet is none of what comes before.
        let is_quote = |at: &usize| {
            [b'"', b'`', b'[']
                .iter()
                .any(|mark| self.is_mark(*at, *mark))
        };
        let quote = before.checked_sub(1).filter(is_quote);
        let quote = quote.filter(|quote| self.tokens[*quote].end == range.start);
        before = quote.unwrap_or(before);
        let typed = self.text[range.clone()].to_owned();
        if typed.starts_with(['@', '$']) {
            return None;
        }
        let expected = self.expected(before)?;
        Some(Place {
            words: self.words(&range),
            range,
            typed,
            expected,
            quote: quote.and_then(|quote| self.written(quote).chars().next()),
            is_closed: false,
        })
    }

    /// A place in a name whose quotes are both there. Where more than a name is before the second
    /// one, it may be that of another name.
    fn quoted_place(&self, token: &SqlToken, offset: usize) -> Option<Place> {
        let inside = token.start + 1..token.end.checked_sub(1)?;
        let rest = self.text.get(offset..inside.end)?;
        if rest.contains(|c: char| !c.is_alphanumeric() && c != '_') {
            return None;
        }
        let before = self.tokens.partition_point(|of| of.end <= token.start);
        Some(Place {
            words: self.words(&(token.start..token.end)),
            typed: self.text.get(inside.start..offset)?.to_owned(),
            expected: self.expected(before)?,
            quote: self.text[token.start..].chars().next(),
            is_closed: true,
            range: inside,
        })
    }

    fn words(&self, without: &Range<usize>) -> Vec<String> {
        let others = self
            .tokens
            .iter()
            .filter(|token| token.start != without.start);
        let words =
            others.filter(|token| matches!(token.kind, SqlTokenKind::Word | SqlTokenKind::Name));
        let text = |token: &SqlToken| {
            self.text[token.start..token.end]
                .trim_matches(['"', '`', '[', ']'])
                .to_lowercase()
        };
        words.take(2_000).map(text).collect()
    }

    /// What is expected after the first `before` tokens.
    fn expected(&self, before: usize) -> Option<Expected> {
        let last = before.checked_sub(1)?;
        let word = self.written(last).to_lowercase();
        if self.is_mark(last, b'.') {
            let qualifier = self.name(last.checked_sub(1)?)?;
            return Some(Expected::Member(qualifier));
        }
        if let Some(expected) = self.in_list(before) {
            return Some(expected);
        }
        if self.is_using(before) {
            return Some(Expected::Common);
        }
        if word == "column" && last > 2 {
            return self.altered(last).map(Expected::TargetColumn);
        }
        let after_join = matches!(word.as_str(), "join" | "straight_join");
        if is_in(&word, BEFORE_TABLE) || self.is_mark(last, b',') && self.clause(before) == "from" {
            let is_distinct =
                last > 0 && is_in(self.written(last - 1), &["distinct"]) && word == "from";
            let is_for = word == "update"
                && last > 0
                && is_in(self.written(last - 1), &["for", "do", "key", "then", "on"]);
            return (!is_distinct && !is_for).then_some(Expected::Table { after_join });
        }
        match self.tokens[last].kind {
            SqlTokenKind::Word if word == "on" => Some(Expected::Condition),
            SqlTokenKind::Word if word == "set" => self
                .target()
                .map(Expected::TargetColumn)
                .or(Some(Expected::Column)),
            SqlTokenKind::Word if is_in(&word, BEFORE_COLUMN) => Some(Expected::Column),
            SqlTokenKind::Word if is_in(&word, BEFORE_OPERAND) && word != "as" => {
                Some(self.operand(before))
            }
            SqlTokenKind::Mark(b')' | b']' | b'?') => None,
            SqlTokenKind::Mark(b',') if self.clause(before) == "set" => {
                self.target().map(Expected::TargetColumn)
            }
            SqlTokenKind::Mark(_) => Some(self.operand(before)),
            _ => None,
        }
    }

    /// A column, or a value if one of a column with values is compared.
    fn operand(&self, before: usize) -> Expected {
        match self.compared(before) {
            Some(column) => Expected::Value {
                column,
                is_open: false,
            },
            None => Expected::Column,
        }
    }

    /// The column that is compared with what follows: `a =`, `a IN ('x',`.
    fn compared(&self, before: usize) -> Option<Vec<String>> {
        let mut at = before;
        // Back over a list of values.
        while at > 0
            && (self.is_mark(at - 1, b',') || self.tokens[at - 1].kind == SqlTokenKind::Text)
        {
            at -= 1;
        }
        if at > 0 && self.is_mark(at - 1, b'(') && is_in(self.written(at.wrapping_sub(2)), &["in"])
        {
            at -= 2;
            at -= usize::from(at > 0 && is_in(self.written(at - 1), &["not"]));
        } else {
            at = before;
            let is_like = at > 0 && is_in(self.written(at - 1), &["like", "ilike"]);
            let mut marks = 0;
            while at > 0
                && marks < 2
                && [b'=', b'<', b'>', b'!']
                    .iter()
                    .any(|mark| self.is_mark(at - 1, *mark))
            {
                at -= 1;
                marks += 1;
            }
            if marks == 0 && !is_like {
                return None;
            }
            at -= usize::from(is_like);
        }
        let mut chain = vec![self.name(at.checked_sub(1)?)?];
        at -= 1;
        if at > 1 && self.is_mark(at - 1, b'.') {
            chain.insert(0, self.name(at - 2)?);
        }
        Some(chain)
    }

    /// A text that is being typed after a column and an operator.
    fn value_place(&self, offset: usize) -> Option<Place> {
        let around = |token: &&SqlToken| {
            let is_closed =
                token.kind == SqlTokenKind::Text && token.start < offset && offset < token.end;
            is_closed || token.kind == SqlTokenKind::Mark(b'\'') && token.start < offset
        };
        let token = self.tokens.iter().find(around)?;
        let at = self.tokens.iter().position(|of| of.start == token.start)?;
        let typed = self.text.get(token.start + 1..offset)?.to_owned();
        if typed.contains('\n') || typed.contains('\'') {
            return None;
        }
        let is_closed = token.kind == SqlTokenKind::Text;
        let end = if is_closed { token.end - 1 } else { offset };
        let column = self.compared(at)?;
        Some(Place {
            range: token.start + 1..end,
            words: Vec::new(),
            typed,
            quote: Some('\''),
            is_closed,
            expected: Expected::Value {
                column,
                is_open: true,
            },
        })
    }

    fn name(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        let written = self.written(at);
        let is_name = matches!(token.kind, SqlTokenKind::Word | SqlTokenKind::Name);
        is_name.then(|| written.trim_matches(['"', '`', '[', ']']).to_owned())
    }

    /// The list of columns after INSERT INTO or in CREATE INDEX.
    fn in_list(&self, before: usize) -> Option<Expected> {
        let open = self.open_bracket(before)?;
        let is_start = self.is_mark(before - 1, b'(') || self.is_mark(before - 1, b',');
        let table = self.name(open.checked_sub(1)?).filter(|_| is_start)?;
        let mut at = open - 1;
        while at > 1 && self.is_mark(at - 1, b'.') {
            at -= 2;
        }
        let introducer = self.written(at.checked_sub(1)?);
        is_in(introducer, &["into", "references", "on", "ignore"]).then_some(())?;
        is_in(
            self.written(0),
            &["insert", "replace", "create", "alter", "with"],
        )
        .then_some(Expected::TargetColumn(table))
    }

    /// The table of which a column follows: `ALTER TABLE a DROP COLUMN`.
    fn altered(&self, last: usize) -> Option<String> {
        let is_alter = is_in(self.written(0), &["alter"]) && is_in(self.written(1), &["table"]);
        let verbs = ["drop", "rename", "alter", "modify", "change"];
        (is_alter && is_in(self.written(last - 1), &verbs)).then_some(())?;
        let is_word = |at: &usize| is_in(self.written(*at), &["if", "exists", "only"]);
        let mut at = 2;
        while is_word(&at) {
            at += 1;
        }
        while self.is_mark(at + 1, b'.') {
            at += 2;
        }
        self.name(at)
    }

    /// Whether a name of `USING (a, b)` comes next.
    fn is_using(&self, before: usize) -> bool {
        let open = self.open_bracket(before).filter(|open| *open > 0);
        let is_start = self.is_mark(before - 1, b'(') || self.is_mark(before - 1, b',');
        is_start && open.is_some_and(|open| is_in(self.written(open - 1), &["using"]))
    }

    /// The bracket that is open before a token.
    fn open_bracket(&self, before: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (0..before).rev() {
            if self.is_mark(at, b')') {
                depth += 1;
            } else if self.is_mark(at, b'(') {
                if depth == 0 {
                    return Some(at);
                }
                depth -= 1;
            }
        }
        None
    }

    /// The word that opened the clause in which the tokens end.
    fn clause(&self, before: usize) -> String {
        const OPENING: &[&str] = &[
            "select",
            "from",
            "where",
            "group",
            "order",
            "having",
            "set",
            "values",
            "on",
            "returning",
            "into",
            "limit",
            "using",
        ];
        let mut depth = 0_usize;
        for at in (0..before).rev() {
            if self.is_mark(at, b')') {
                depth += 1;
            } else if self.is_mark(at, b'(') {
                if depth == 0 {
                    return "(".to_owned();
                }
                depth -= 1;
            } else if depth == 0 && is_in(self.written(at), OPENING) {
                return self.written(at).to_lowercase();
            }
        }
        String::new()
    }

    /// The table after UPDATE.
    fn target(&self) -> Option<String> {
        let update =
            (0..self.tokens.len().min(200)).find(|at| is_in(self.written(*at), &["update"]))?;
        let name = self.name(update + 1)?;
        if self.is_mark(update + 2, b'.') {
            self.name(update + 3)
        } else {
            Some(name)
        }
    }
}
