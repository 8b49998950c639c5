//! Structs of Go, with their fields and tags.

use crate::readers::SchemaFile;
use crate::readers::naming::{plural, snake};
use crate::schema::TableName;
use crate::tokens::{Cursor, Kind, Tokens, content};
use std::collections::{BTreeMap, HashMap};

/// How many structs may be in each other.
pub(super) const MAX_DEPTH: usize = 8;

impl<'a> Structs<'a> {
    pub(super) fn table_name(&self, name: &str) -> TableName {
        let named = self.named.get(name).cloned();
        let name = named.unwrap_or_else(|| format!("{}{}", self.prefix, plural(&snake(name))));
        match name.split_once('.') {
            Some((namespace, name)) => TableName::within(Some(namespace.into()), name.into()),
            None => TableName::plain(name),
        }
    }

    /// Whether a struct has a table: it has tags, is named, or takes over `gorm.Model`.
    pub(super) fn is_model(&self, at: usize) -> bool {
        let (name, found) = &self.all[at];
        let has_model = found
            .fields
            .iter()
            .any(|field| field.name.is_none() && field.whole.written().contains("gorm.Model"));
        let has_tags = found.fields.iter().any(|field| field.has_tag);
        let is_stored =
            found.file.text().contains("gorm.io/") || found.file.text().contains("gorm:\"");
        has_model || has_tags || self.named.contains_key(name) && is_stored
    }

    pub(super) fn collect(&mut self, file: &'a SchemaFile, tokens: &'a Tokens<'a>) {
        let mut rest = tokens.cursor();
        while !rest.is_empty() {
            let head = rest;
            match rest.word() {
                Some("func") => self.table_name_method(&mut rest),
                Some(_) => {
                    // `type Name struct {`, and `Name struct {` in a group of types.
                    let mut ahead = head;
                    if ahead.peek_word() == Some("type") {
                        ahead.next();
                    }
                    let name = ahead.word();
                    ahead.group(b'[');
                    let is_type = head.peek_word() == Some("type");
                    match (name, ahead.word()) {
                        (Some(name), Some("struct")) => {
                            if let Some(body) = ahead.group(b'{') {
                                let found = Struct {
                                    file,
                                    tokens,
                                    head: head.until(&ahead),
                                    fields: fields(body),
                                };
                                self.by_name.entry(name).or_insert(self.all.len());
                                self.all.push((name, found));
                                rest = ahead;
                            }
                        }
                        (Some(name), Some(target)) if is_type => {
                            self.aliases.insert(name, target);
                        }
                        _ => {}
                    }
                }
                None => {
                    rest.next();
                }
            }
        }
    }

    /// Reads `func (u *User) TableName() string { return "users" }`.
    pub(super) fn table_name_method(&mut self, rest: &mut Cursor<'a>) {
        let Some(receiver) = rest.group(b'(') else {
            return;
        };
        let words = receiver
            .tokens
            .iter()
            .rev()
            .filter(|token| token.kind == Kind::Word);
        let class = words.map(|token| receiver.of(*token)).next();
        if rest.peek_word() != Some("TableName") {
            return;
        }
        rest.next();
        rest.group(b'(');
        rest.word();
        let Some(mut body) = rest.group(b'{') else {
            return;
        };
        let returned = body.word() == Some("return");
        let text = body
            .peek()
            .filter(|token| token.kind == Kind::Text && returned);
        if let (Some(class), Some(token)) = (class, text) {
            self.named.insert(class, content(body.of(token)));
        }
    }
}

pub(super) struct Struct<'a> {
    pub(super) file: &'a SchemaFile,
    pub(super) tokens: &'a Tokens<'a>,
    pub(super) head: Cursor<'a>,
    pub(super) fields: Vec<Field<'a>>,
}

/// A field; one without a name is a struct whose fields are taken over.
pub(super) struct Field<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) type_name: &'a str,
    pub(super) is_list: bool,
    /// Whether the type is a map, a function or a channel.
    pub(super) is_other: bool,
    pub(super) tag: BTreeMap<String, String>,
    pub(super) has_tag: bool,
    pub(super) whole: Cursor<'a>,
}

impl Field<'_> {
    /// Whether its tag says how it is stored.
    pub(super) fn has_kind(&self) -> bool {
        self.tag.contains_key("TYPE") || self.tag.contains_key("SERIALIZER")
    }
}

/// The settings in a field's tag, with names in upper case; none if it has no `gorm` tag.
pub(super) fn tag(written: &str) -> Option<BTreeMap<String, String>> {
    let text = content(written);
    let (_, after) = text.split_once("gorm:\"")?;
    let end = after.find('"').unwrap_or(after.len());
    let settings = after[..end]
        .split(';')
        .filter(|setting| !setting.trim().is_empty());
    let setting = |setting: &str| {
        let (name, value) = setting.split_once(':').unwrap_or((setting, ""));
        (
            name.trim().to_uppercase().replace('_', ""),
            value.trim().to_owned(),
        )
    };
    Some(settings.map(setting).collect())
}

/// The fields between the braces of a struct, one or more on each line.
pub(super) fn fields(body: Cursor<'_>) -> Vec<Field<'_>> {
    let (mut rest, mut found) = (body, Vec::new());
    while !rest.is_empty() {
        let start = rest;
        rest.skip();
        while rest.peek().is_some_and(|token| !token.is_first) && !rest.is_mark(b';') {
            rest.skip();
        }
        found.extend(field(start.until(&rest)));
        rest.mark(b';');
    }
    found
}

pub(super) fn field(line: Cursor<'_>) -> Vec<Field<'_>> {
    let written_tag = line.tokens.last().filter(|token| token.kind == Kind::Text);
    let parsed = written_tag.and_then(|token| tag(line.of(*token)));
    let end = line.tokens.len() - usize::from(written_tag.is_some());
    let mut rest = Cursor {
        text: line.text,
        tokens: &line.tokens[..end],
    };
    // `A, B int`, `*Base`, `pkg.Base`, `Base`.
    let mut names = Vec::new();
    let mut ahead = rest;
    while let Some(name) = ahead.word() {
        names.push(name);
        if !ahead.mark(b',') {
            break;
        }
    }
    let is_embedded = names.is_empty() || ahead.is_empty() || ahead.is_mark(b'.');
    if !is_embedded {
        rest = ahead;
    }
    let (mut is_list, mut is_other) = (false, false);
    let mut type_name = "";
    while let Some(token) = rest.next() {
        match token.kind {
            Kind::Mark(b'[') => is_list = true,
            Kind::Word => {
                let word = rest.of(token);
                is_other |= matches!(word, "map" | "func" | "chan" | "interface");
                type_name = word;
            }
            _ => {}
        }
    }
    let names = if is_embedded {
        vec![None]
    } else {
        names.into_iter().map(Some).collect()
    };
    let field = |name| Field {
        name,
        type_name,
        is_list,
        is_other,
        tag: parsed.clone().unwrap_or_default(),
        has_tag: parsed.is_some(),
        whole: line,
    };
    names
        .into_iter()
        .filter(|_| !type_name.is_empty())
        .map(field)
        .collect()
}

pub(super) struct Structs<'a> {
    pub(super) all: Vec<(&'a str, Struct<'a>)>,
    pub(super) by_name: HashMap<&'a str, usize>,
    /// Names of tables that a method gives.
    pub(super) named: HashMap<&'a str, String>,
    /// Names of types, and what they stand for.
    pub(super) aliases: HashMap<&'a str, &'a str>,
    pub(super) prefix: String,
}
