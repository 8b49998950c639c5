//! The tokens of any SQL, for whoever reads queries: all statements of a text, one after another.
//!
//! The lexer is that of the schema's readers (`sql/lex.rs`), which here keeps queries and
//! statements of data too. Broken text gives tokens as well. Nothing is known here of what the
//! tokens mean.

use crate::sql::flavor::Flavor;
use crate::sql::lex::Statements;
use crate::sql_dialect::SqlDialect;
use crate::tokens::Kind;
use std::ops::Range;

/// What a token of SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlTokenKind {
    /// A name or keyword without quotes, `@a` and `$1` among them.
    Word,
    /// A name between quotes, backticks or square brackets. Some databases read `"a"` as a text.
    Name,
    /// A text, with its quotes.
    Text,
    /// A number, without sign or fraction.
    Number,
    /// One byte of anything else.
    Mark(u8),
}

/// A token of SQL. Offsets are bytes of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlToken {
    /// What it is.
    pub kind: SqlTokenKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// For an opening bracket: how many tokens on its partner is; 0 if it has none.
    pub close: usize,
}

/// A statement of SQL, without the mark at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlStatement {
    /// Its tokens, at least one.
    pub tokens: Vec<SqlToken>,
    /// The comments before and in it, in bytes of the text.
    pub comments: Vec<Range<usize>>,
    /// Whether it defines a procedure, function or trigger, whose body is in it.
    pub is_routine: bool,
    /// Why it is not whole, if it is not.
    pub broken: Option<&'static str>,
}

/// The statements of a text. Without a dialect it is guessed from what only one dialect has.
pub fn sql_statements(text: &str, dialect: Option<SqlDialect>) -> Vec<SqlStatement> {
    let flavor = match dialect {
        Some(SqlDialect::Postgres) => Flavor::Postgres,
        Some(SqlDialect::MySql) => Flavor::MySql,
        Some(SqlDialect::TSql) => Flavor::TSql,
        Some(SqlDialect::Sqlite | SqlDialect::DuckDb) => Flavor::Any,
        None => Flavor::of(text),
    };
    let found = Statements::of(text, flavor, 0..text.len(), 1).with_queries();
    let statement = |found: crate::sql::lex::Statement| SqlStatement {
        tokens: found.tokens.iter().map(token).collect(),
        comments: found.comments.into_iter().map(|of| of.range).collect(),
        is_routine: found.is_routine,
        broken: found.broken,
    };
    found.map(statement).collect()
}

fn token(token: &crate::tokens::Token) -> SqlToken {
    let kind = match token.kind {
        Kind::Word => SqlTokenKind::Word,
        Kind::Name => SqlTokenKind::Name,
        Kind::Text => SqlTokenKind::Text,
        Kind::Number => SqlTokenKind::Number,
        Kind::Mark(mark) => SqlTokenKind::Mark(mark),
    };
    SqlToken {
        kind,
        start: token.start,
        end: token.end,
        close: token.close as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<String> {
        let part = |of: &SqlStatement| {
            let ends = of.tokens.first().zip(of.tokens.last());
            ends.map_or("", |(first, last)| &text[first.start..last.end])
                .to_owned()
        };
        sql_statements(text, None).iter().map(part).collect()
    }

    #[test]
    fn queries_and_data_are_statements_too() {
        let text = "SELECT a FROM b; INSERT INTO c VALUES (1); -- d\nUPDATE e SET f = 'g;'";
        let all = [
            "SELECT a FROM b",
            "INSERT INTO c VALUES (1)",
            "UPDATE e SET f = 'g;'",
        ];
        assert_eq!(written(text), all);
    }

    #[test]
    fn long_words_of_wide_letters_are_words() {
        let text = format!("SELECT a{} FROM b", "\u{3060}".repeat(40));
        assert_eq!(written(&text), [text.as_str()]);
    }

    #[test]
    fn a_statement_without_an_end_ends_before_the_next_one() {
        let all = ["SELECT a FROM", "SELECT b FROM c"];
        assert_eq!(written("SELECT a FROM\n\nSELECT b FROM c"), all);
        let one = "INSERT INTO a\n\nSELECT b FROM c\nUNION\n\nSELECT d FROM e";
        assert_eq!(written(one), [one]);
        let with = "WITH a AS (SELECT 1)\nINSERT INTO b SELECT * FROM a";
        assert_eq!(written(with), [with]);
    }

    #[test]
    fn lines_that_begin_with_a_verb_are_statements() {
        let of = |text: &str, dialect| sql_statements(text, dialect).len();
        for (text, count) in [
            ("SELECT a FROM b\nSELECT c FROM d", 2),
            (
                "WITH a AS (SELECT 1 b)\nSELECT b FROM a\nDELETE FROM c WHERE d < 0",
                2,
            ),
            ("INSERT a (b)\nSELECT c FROM d\nSELECT e FROM f", 2),
            ("INSERT a (b) EXEC c\nSELECT e FROM f", 2),
            ("SELECT a FROM b\nUNION ALL\nSELECT c FROM d", 1),
            ("CREATE VIEW a AS\nSELECT c FROM d", 1),
            (
                "MERGE a USING b ON c WHEN MATCHED THEN\nUPDATE SET d = 1",
                1,
            ),
            ("GRANT SELECT,\nUPDATE ON a TO b", 1),
            ("INSERT a\nWITH b AS (SELECT 1 c)\nSELECT c FROM b", 1),
            ("WITH b AS (SELECT 1 c)\nINSERT INTO a\nSELECT c FROM b", 1),
            ("INSERT a VALUES (1) ON DUPLICATE KEY\nUPDATE b = 1", 1),
            ("SELECT a FROM b FOR\nUPDATE", 1),
            (
                "WITH a AS (SELECT 1 b) SEARCH DEPTH FIRST BY b SET c\nSELECT c FROM a",
                1,
            ),
            ("SELECT a FROM b\nMINUS\nSELECT c FROM d", 1),
            ("SELECT a IN (\nSELECT b FROM c)", 1),
        ] {
            assert_eq!(of(text, Some(SqlDialect::TSql)), count, "{text}");
            assert_eq!(of(text, None), count, "{text}");
        }
    }
}
