//! Texts of a script: those that names are given, templates with such names, and sums of texts.
//! A template with any other expression has no text here.

use crate::readers::SchemaFile;
use crate::readers::chains::whole_text;
use crate::readers::embedded::SqlText;
use crate::schema::Origin;
use crate::tokens::{Cursor, Kind, content};
use std::collections::HashMap;

/// The names of a script that are given one text.
pub(super) struct NamedTexts<'a> {
    by_name: HashMap<&'a str, Cursor<'a>>,
}

impl<'a> NamedTexts<'a> {
    /// Those of `const name = "..."`.
    pub fn of(whole: Cursor<'a>) -> Self {
        let (mut rest, mut by_name) = (whole, HashMap::new());
        while !rest.is_empty() {
            let is_declared = rest.is_any(&["const", "let", "var"]);
            rest.next();
            let mut ahead = rest;
            if let Some(name) = ahead.word().filter(|_| is_declared)
                && ahead.mark(b'=')
            {
                let start = ahead;
                while is_text(&ahead) || ahead.is_mark(b'+') {
                    ahead.next();
                }
                let value = start.until(&ahead);
                if !value.is_empty() {
                    by_name.insert(name, value);
                }
            }
        }
        Self { by_name }
    }

    /// The text that an expression is: a text, a sum of texts, a template or a name of one.
    pub fn text(&self, value: &Cursor<'a>) -> Option<String> {
        let named = value.peek_word().filter(|_| value.tokens.len() == 1);
        let value = match named {
            Some(name) => self.by_name.get(name)?,
            None => value,
        };
        self.sum(value)
    }

    /// The SQL that an expression is.
    pub fn sql(&self, value: &Cursor<'a>, file: &SchemaFile, at: &Origin) -> Option<SqlText> {
        if let ([token], Some(text)) = (value.tokens, whole_text(value))
            && token.kind == Kind::Text
        {
            return Some(SqlText::of(file, *token, text, at));
        }
        self.text(value).map(|text| SqlText::made(text, at))
    }

    fn sum(&self, value: &Cursor<'a>) -> Option<String> {
        let mut whole = String::new();
        for part in value.split(b'+') {
            match part.tokens {
                [token] if token.kind == Kind::Text => {
                    whole.push_str(&self.filled(part.of(*token))?);
                }
                _ => return None,
            }
        }
        (!whole.is_empty()).then_some(whole)
    }

    /// A template with the texts that its names are.
    fn filled(&self, written: &str) -> Option<String> {
        let plain = match written.starts_with('`') {
            // A backtick within a template is written with a backslash.
            true => content(written).replace("\\`", "`").replace("\\n", "\n"),
            false => return Some(content(written)),
        };
        let (mut out, mut rest) = (String::new(), plain.as_str());
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&whole_text(self.by_name.get(name.trim())?)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }
}

fn is_text(cursor: &Cursor<'_>) -> bool {
    cursor.peek().is_some_and(|token| token.kind == Kind::Text)
}
