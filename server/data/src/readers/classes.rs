//! Classes with annotations, as TypeScript and Java write them.

use crate::tokens::{Cursor, Kind, content};

/// `@Name(arguments)`.
#[derive(Clone, Copy)]
pub(crate) struct Annotation<'a> {
    pub name: &'a str,
    pub arguments: Option<Cursor<'a>>,
}

/// A class, or an enumeration.
pub(crate) struct AnnotatedClass<'a> {
    pub annotations: Vec<Annotation<'a>>,
    pub name: &'a str,
    pub extends: Option<&'a str>,
    pub is_enum: bool,
    pub body: Cursor<'a>,
    pub head: Cursor<'a>,
}

/// What is declared in a class: a field, or a method without its body.
pub(crate) struct Member<'a> {
    pub annotations: Vec<Annotation<'a>>,
    /// The words and marks of the declaration, up to its end or to `=`.
    pub declared: Cursor<'a>,
    /// Whether brackets with parameters follow the name.
    pub is_method: bool,
    pub whole: Cursor<'a>,
}

const MODIFIERS: &[&str] = &[
    "export",
    "default",
    "abstract",
    "public",
    "private",
    "protected",
    "static",
    "final",
    "declare",
    "sealed",
    "readonly",
    "override",
    "async",
    "volatile",
    "synchronized",
    "strictfp",
];

/// Takes the annotations that are next.
fn annotations<'a>(rest: &mut Cursor<'a>) -> Vec<Annotation<'a>> {
    let mut found = Vec::new();
    loop {
        let mut ahead = *rest;
        if !ahead.mark(b'@') {
            return found;
        }
        let Some(mut name) = ahead.word() else {
            return found;
        };
        while ahead.mark(b'.') {
            name = ahead.word().unwrap_or(name);
        }
        if name == "interface" {
            return found;
        }
        let arguments = ahead.group(b'(');
        found.push(Annotation { name, arguments });
        *rest = ahead;
    }
}

/// All classes and enumerations, those in others too.
pub(crate) fn annotated_classes(cursor: Cursor<'_>) -> Vec<AnnotatedClass<'_>> {
    let (mut rest, mut found, mut pending) = (cursor, Vec::new(), Vec::new());
    while !rest.is_empty() {
        let start = rest;
        let mut new = annotations(&mut rest);
        if !new.is_empty() {
            pending.append(&mut new);
            continue;
        }
        let is_modifier = rest
            .peek_word()
            .is_some_and(|word| MODIFIERS.contains(&word));
        match rest.word() {
            Some("class" | "enum") if rest.peek_word().is_some() => {
                let is_enum = start.peek_text() == "enum";
                if let Some(class) = class(&mut rest, std::mem::take(&mut pending), is_enum, start)
                {
                    found.push(class);
                }
            }
            Some(_) if is_modifier => {}
            Some(_) => pending.clear(),
            None => {
                pending.clear();
                rest.next();
            }
        }
    }
    found
}

/// Reads what follows `class`. The body is not taken: classes in it are found too.
fn class<'a>(
    rest: &mut Cursor<'a>,
    annotations: Vec<Annotation<'a>>,
    is_enum: bool,
    head: Cursor<'a>,
) -> Option<AnnotatedClass<'a>> {
    let name = rest.word()?;
    let mut extends = None;
    while !rest.is_empty() && !rest.is_mark(b'{') {
        if rest.peek_word() == Some("extends") {
            rest.next();
            extends = extends.or_else(|| rest.peek_word());
        } else {
            rest.skip();
        }
    }
    let mut ahead = *rest;
    let body = ahead.group(b'{')?;
    let head = head.until(rest);
    rest.next();
    Some(AnnotatedClass {
        annotations,
        name,
        extends,
        is_enum,
        body,
        head,
    })
}

impl<'a> AnnotatedClass<'a> {
    /// The annotation of a name.
    pub fn annotation(&self, name: &str) -> Option<&Annotation<'a>> {
        self.annotations.iter().find(|found| found.name == name)
    }

    /// Its members. `line_ends`: whether a line ends a field, as it does in TypeScript.
    pub fn members(&self, line_ends: bool) -> Vec<Member<'a>> {
        let (mut rest, mut found) = (self.body, Vec::new());
        while !rest.is_empty() {
            let whole = rest;
            let annotations = annotations(&mut rest);
            let start = rest;
            let mut declared = None;
            let mut is_method = false;
            let mut has_value = false;
            while let Some(token) = rest.peek() {
                let is_next_line =
                    line_ends && token.is_first && start.tokens.len() > rest.tokens.len();
                match token.kind {
                    Kind::Mark(b';') => break,
                    Kind::Mark(b'@') => break,
                    Kind::Word if is_next_line => break,
                    Kind::Mark(b'(') if declared.is_none() => {
                        is_method = true;
                        declared = Some(start.until(&rest));
                        rest.skip();
                    }
                    Kind::Mark(b'=') if declared.is_none() => {
                        declared = Some(start.until(&rest));
                        rest.next();
                        has_value = true;
                    }
                    Kind::Mark(b'{') if !has_value => {
                        declared = declared.or(Some(start.until(&rest)));
                        is_method |= !annotations.is_empty() || line_ends || is_method;
                        rest.skip();
                        break;
                    }
                    _ => {
                        rest.skip();
                    }
                }
            }
            let declared = declared.unwrap_or_else(|| start.until(&rest));
            let is_empty = declared.is_empty();
            if is_empty || rest.is_mark(b';') {
                rest.next();
            }
            if !is_empty {
                found.push(Member {
                    annotations,
                    declared,
                    is_method,
                    whole: whole.until(&rest),
                });
            }
        }
        found
    }

    /// The names of an enumeration, or the texts that they stand for.
    pub fn values(&self) -> Vec<String> {
        let end = self.body.split(b';');
        let Some(constants) = end.first() else {
            return Vec::new();
        };
        let value = |mut part: Cursor<'_>| {
            annotations(&mut part);
            let name = part.word()?;
            let text = if part.mark(b'=') { part.peek() } else { None };
            let text = text.filter(|token| token.kind == Kind::Text);
            Some(text.map_or_else(|| name.to_owned(), |token| content(part.of(token))))
        };
        constants
            .split(b',')
            .into_iter()
            .filter_map(value)
            .collect()
    }
}

impl<'a> Member<'a> {
    /// The annotation of a name.
    pub fn annotation(&self, name: &str) -> Option<&Annotation<'a>> {
        self.annotations.iter().find(|found| found.name == name)
    }
}

impl<'a> Annotation<'a> {
    /// The argument `name = value` (Java), or the only one for `value`.
    pub fn java(&self, name: &str) -> Option<Cursor<'a>> {
        let parts = self.arguments?.split(b',');
        let named = parts.iter().find_map(|part| {
            let mut rest = *part;
            (rest.word() == Some(name) && rest.mark(b'=')).then_some(rest)
        });
        let only = || {
            let first = parts.first().copied()?;
            let mut rest = first;
            let is_named = rest.word().is_some() && rest.is_mark(b'=');
            (name == "value" && !is_named).then_some(first)
        };
        named.or_else(only)
    }

    /// The text that a Java argument is.
    pub fn java_text(&self, name: &str) -> Option<String> {
        text_of(&self.java(name)?)
    }

    /// The entry `name: value` of the object among the arguments (TypeScript).
    pub fn entry(&self, name: &str) -> Option<Cursor<'a>> {
        let parts = self.arguments?.split(b',');
        parts
            .into_iter()
            .filter_map(|mut part| part.group(b'{'))
            .find_map(|inner| entry(&inner, name))
    }

    /// The text that such an entry is.
    pub fn entry_text(&self, name: &str) -> Option<String> {
        text_of(&self.entry(name)?)
    }

    /// The arguments in order.
    pub fn plain(&self) -> Vec<Cursor<'a>> {
        self.arguments
            .map_or_else(Vec::new, |arguments| arguments.split(b','))
    }
}

/// The entry `name: value` of an object.
pub(crate) fn entry<'a>(object: &Cursor<'a>, name: &str) -> Option<Cursor<'a>> {
    object.split(b',').into_iter().find_map(|mut part| {
        let key = part.next()?;
        (content(part.of(key)) == name && part.mark(b':')).then_some(part)
    })
}

/// The text at the start of the value of such an entry.
pub(crate) fn entry_text(object: &Cursor<'_>, name: &str) -> Option<String> {
    text_of(&entry(object, name)?)
}

/// The text at the start of an expression.
pub(crate) fn text_of(value: &Cursor<'_>) -> Option<String> {
    let token = value.peek().filter(|token| token.kind == Kind::Text)?;
    Some(content(value.of(token)))
}

/// The texts in a list in brackets or braces, or the only one.
pub(crate) fn texts_of(value: &Cursor<'_>) -> Vec<String> {
    let tokens = value.tokens.iter().filter(|token| token.kind == Kind::Text);
    tokens.map(|token| content(value.of(*token))).collect()
}
