//! The arguments of calls: texts, symbols, lists and options.

use crate::schema::change::TableKey;
use crate::schema::{Column, DataType, Origin, TableIndex, UniqueKey};
use crate::tokens::{Cursor, Kind, content};

/// Rails' names of types that SQL calls otherwise.
pub(super) const TYPES: &[(&str, &str)] = &[
    ("string", "varchar"),
    ("binary", "bytea"),
    ("datetime", "timestamp"),
    ("float", "double precision"),
    ("bigserial", "bigint"),
    ("serial", "integer"),
    ("primary_key", "bigint"),
];

/// What a call is given.
pub(crate) struct Arguments<'a> {
    /// The arguments without names.
    pub plain: Vec<Cursor<'a>>,
    pub(super) options: Vec<(String, Cursor<'a>)>,
}

impl<'a> Arguments<'a> {
    /// Takes the arguments, in brackets or up to `do`.
    pub fn of(rest: &mut Cursor<'a>) -> Self {
        let inner = rest.group(b'(').unwrap_or_else(|| {
            let start = *rest;
            while !rest.is_empty() && rest.peek_word() != Some("do") {
                let mut ahead = *rest;
                if ahead.mark(b'{') && ahead.is_mark(b'|') {
                    break;
                }
                rest.skip();
            }
            start.until(rest)
        });
        let mut arguments = Self {
            plain: Vec::new(),
            options: Vec::new(),
        };
        for part in inner.split(b',') {
            match option(part) {
                Some(option) => arguments.options.push(option),
                None => arguments.plain.push(part),
            }
        }
        arguments
    }

    /// The text or symbol at a place.
    pub fn name(&self, at: usize) -> Option<String> {
        self.plain.get(at).and_then(name_of)
    }

    /// The option of a name.
    pub fn option(&self, name: &str) -> Option<Cursor<'a>> {
        let found = self.options.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value)
    }

    /// The text or symbol that an option is.
    pub fn option_name(&self, name: &str) -> Option<String> {
        self.option(name).as_ref().and_then(name_of)
    }

    /// Whether an option is `true`, or a list of further options.
    pub fn is_true(&self, name: &str) -> bool {
        self.option(name)
            .is_some_and(|value| value.peek_text() == "true" || value.is_mark(b'{'))
    }

    pub(super) fn is_false(&self, name: &str) -> bool {
        self.option(name)
            .is_some_and(|value| value.peek_text() == "false")
    }

    /// `on_delete: :nullify` in SQL's words.
    pub fn action(&self, name: &str) -> Option<String> {
        Some(match self.option_name(name)?.as_str() {
            "nullify" => "SET NULL".into(),
            other => other.to_uppercase(),
        })
    }

    /// An option as it is written.
    fn written(&self, name: &str) -> Option<String> {
        let value = self.option(name)?;
        Some(value.written())
    }

    /// A type of Rails with these options as SQL; empty where a virtual column has none.
    fn written_type(&self, kind: &str) -> String {
        let known = TYPES.iter().find(|(rails, _)| *rails == kind);
        let base = known.map_or(kind, |(_, sql)| *sql);
        let limit = self.written("limit");
        match kind {
            "integer" => match limit.as_deref() {
                Some("8") => "bigint".into(),
                Some("1" | "2") => "smallint".into(),
                _ => base.into(),
            },
            "string" => match limit {
                Some(limit) => format!("varchar({limit})"),
                None => base.into(),
            },
            "decimal" | "numeric" => {
                let Some(precision) = self.written("precision") else {
                    return base.into();
                };
                let scale = self.written("scale");
                let scale = scale.as_deref().unwrap_or("0");
                format!("{base}({precision}, {scale})")
            }
            "enum" => {
                let named = self.option_name("enum_type");
                let named = named.or_else(|| self.option_name("enum_name"));
                named.unwrap_or_else(|| "enum".into())
            }
            "virtual" => self.option_name("type").unwrap_or_default(),
            _ => base.into(),
        }
    }

    /// The column of this name and type with these options.
    pub fn column(&self, name: &str, kind: &str, at: &Origin) -> Column {
        let written = self.written_type(kind);
        let mut column = Column::named(name);
        let mut data_type = DataType::of(&written);
        data_type.is_list = self.is_true("array");
        column.data_type = Some(data_type).filter(|_| !written.is_empty());
        column.nullable = !self.is_false("null");
        column.default = self.option("default").and_then(|value| literal(&value));
        column.generated = self.option_name("as");
        column.comment = self.option_name("comment");
        column.defined = at.clone();
        column
    }

    /// The index of the columns at a place.
    pub fn index(&self, at: usize) -> Option<TableKey> {
        let columns = names_of(self.plain.get(at)?);
        if columns.is_empty() {
            return None;
        }
        let name = self.option_name("name");
        let condition = self.option_name("where");
        let is_unique = self.is_true("unique");
        let is_plain = columns.iter().all(|column| !column.contains('('));
        if is_unique && condition.is_none() && is_plain {
            return Some(TableKey::Unique(UniqueKey { name, columns }));
        }
        Some(TableKey::Index(TableIndex {
            name,
            columns,
            is_unique,
            condition,
        }))
    }
}

/// `key: value` and `:key => value`.
pub(super) fn option(part: Cursor<'_>) -> Option<(String, Cursor<'_>)> {
    let mut rest = part;
    if rest.mark(b':') {
        let key = rest.word()?;
        return rest.marks("=>").then(|| (key.to_owned(), rest));
    }
    let token = rest.next()?;
    let is_key = token.kind == Kind::Word || token.kind == Kind::Text;
    let colon = rest
        .next()
        .filter(|next| is_key && next.kind == Kind::Mark(b':'))?;
    // `A::B` is a name.
    let is_name = rest.is_mark(b':') && rest.peek().is_some_and(|next| next.start == colon.end);
    if is_name {
        return None;
    }
    let key = content(part.of(token));
    Some((key, rest))
}

/// A text or symbol.
pub(crate) fn name_of(value: &Cursor<'_>) -> Option<String> {
    let mut rest = *value;
    let is_symbol = rest.mark(b':');
    let token = rest.next()?;
    match token.kind {
        Kind::Text => Some(content(value.of(token))),
        Kind::Word if is_symbol => Some(value.of(token).to_owned()),
        _ => None,
    }
}

/// A text, a symbol, or a list: `["a", "b"]`, `[:a]`, `%w[a b]`.
pub(crate) fn names_of(value: &Cursor<'_>) -> Vec<String> {
    let mut rest = *value;
    if rest.mark(b'%') {
        rest.word();
        let inner = rest.group(b'[').or_else(|| rest.group(b'('));
        let mut words = Vec::new();
        for token in inner.map_or(&[][..], |inner| inner.tokens) {
            words.push(value.of(*token).to_owned());
        }
        return words;
    }
    match rest.group(b'[') {
        Some(inner) => inner.split(b',').iter().filter_map(name_of).collect(),
        None => name_of(value).into_iter().collect(),
    }
}

/// A literal as SQL; none for nil and for what Ruby computes.
pub(crate) fn literal(value: &Cursor<'_>) -> Option<String> {
    let mut rest = *value;
    let token = rest.peek()?;
    match token.kind {
        Kind::Text => {
            let plain = content(value.of(token));
            let escaped = plain.replace('\'', "''");
            Some(format!("'{escaped}'"))
        }
        Kind::Number => Some(value.written()),
        Kind::Word if value.is_any(&["true", "false"]) => Some(value.written()),
        Kind::Mark(b':') => name_of(value).map(|name| format!("'{name}'")),
        Kind::Mark(b'-') => {
            rest.next();
            // `-> { "now()" }`
            if rest.mark(b'>')
                && let Some(inner) = rest.group(b'{')
            {
                return name_of(&inner);
            }
            let written = value.written();
            if written.parse::<f64>().is_err() {
                return None;
            }
            Some(written)
        }
        _ => None,
    }
}
