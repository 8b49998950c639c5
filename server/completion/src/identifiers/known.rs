//! Which names there are to choose from at a place, the nearest first.
//!
//! All of it is read from the text, since the tree around a half-typed line is often broken: the
//! words of the function, the members that follow the same object elsewhere in the file, those that
//! the index knows of its type, and words that the function's own name contains (`httpStatus` in
//! `getHttpStatus`).

use super::Expected;
use crate::completion_context::{CompletionContext, FUNCTIONS};
use grammars::Keywords;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;
use syntax::Definition;
use text::is_word;
use text::words::{is_member, is_name, words};

/// Characters a word must have to be taken from the function's name, and how many such words are.
const MIN_FROM_FUNCTION_NAME: usize = 4;
const MAX_FROM_FUNCTION_NAME: usize = 4;
/// Fields of the object that a method belongs to that are tried where a value may come.
const FIELDS: usize = 4;
/// Members asked of the index.
const MAX_MEMBERS: usize = 24;

/// At most `most` names that begin with `typed` and are longer.
pub(super) fn known(
    context: &CompletionContext,
    expected: Expected,
    typed: &str,
    most: usize,
) -> Vec<String> {
    let typed = if expected == Expected::Return {
        ""
    } else {
        typed
    };
    let mut names = NameList {
        typed,
        most,
        names: Vec::new(),
    };
    match expected {
        Expected::Member(object) => add_members(&mut names, context, object),
        // Nothing returns where no function is.
        Expected::Return if context.function().0.is_none() => {}
        Expected::Value | Expected::Return => add_values(&mut names, context),
    }
    names.names
}

/// Different names, up to a number.
struct NameList<'a> {
    typed: &'a str,
    most: usize,
    names: Vec<String>,
}

impl NameList<'_> {
    fn extend<S: Into<String>>(&mut self, names: impl IntoIterator<Item = S>) {
        for name in names {
            let name = name.into();
            let fits = name.starts_with(self.typed) && name.len() > self.typed.len();
            if fits && self.names.len() < self.most && !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}

fn add_members(names: &mut NameList, context: &CompletionContext, object: &str) {
    let (function, _) = context.function();
    let text = context.text();
    let from_function_name =
        from_function_name(context.keywords(), text, function.unwrap_or_default());
    names.extend(
        from_function_name
            .into_iter()
            .filter(|word| function != Some(word)),
    );
    let members = members_after(text, context.offset, object).into_iter();
    names.extend(members.map(|(_, member)| member));
    names.extend(members_in_index(context));
    let receivers = context.keywords().receivers().into_iter();
    // The sign of a variable is no part of the word before the dot.
    let mut receivers = receivers.map(|receiver| receiver.trim_start_matches('$'));
    if receivers.any(|receiver| receiver == object) {
        names.extend(members_of_class(context));
    }
}

fn add_values(names: &mut NameList, context: &CompletionContext) {
    let (function, range) = context.function();
    let text = context.text();
    let from_function_name =
        from_function_name(context.keywords(), text, function.unwrap_or_default());
    let room = names.most.saturating_sub(from_function_name.len() + FIELDS);
    let variables = variables(context, range);
    names.extend(variables.filter(|word| function != Some(word)).take(room));
    names.extend(from_function_name);
    for object in context.keywords().receivers() {
        let members = members_after(text, context.offset, object).into_iter();
        let fields = members.filter(|(_, member)| !member.ends_with('('));
        names.extend(fields.map(|(dot, field)| format!("{object}{dot}{field}")));
    }
}

/// The words of the function's text that may be variables, each once, the last first.
fn variables<'a>(
    context: &'a CompletionContext,
    function: Range<usize>,
) -> impl Iterator<Item = &'a str> {
    let (text, keywords) = (context.text(), context.keywords());
    let mut found: HashSet<&str> = HashSet::new();
    words(&text[function.clone()])
        .rev()
        .map(move |(at, word)| (function.start + at, word))
        .filter(move |(at, word)| {
            may_be_variable(keywords, text, *at, word)
                && !found.contains(word)
                && context.is_code(at + 1)
                && found.insert(*word)
        })
        .map(|(_, word)| word)
}

/// Whether the word at `at` is no member, function, type, key of a string or word of the language.
fn may_be_variable(keywords: Keywords, text: &str, at: usize, word: &str) -> bool {
    let (before, after) = (&text[..at], &text[at + word.len()..]);
    let is_other = before.ends_with(['\'', '"', '@', '#', '$'])
        || after.starts_with(['(', '!', '"', '\''])
        || after.starts_with("::");
    !is_other && !is_member(text, at) && !is_type(keywords, after) && !keywords.contains(word)
}

/// Whether the word before `after` is a type: a name follows, as in `Path file`.
fn is_type(keywords: Keywords, after: &str) -> bool {
    let next = after.trim_start_matches([' ', '\t']);
    let name = leading_word(next);
    next.len() < after.len() && !name.is_empty() && !keywords.contains(name)
}

fn leading_word(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(is_word).len()]
}

/// The signs between an object and its member.
const DOTS: [&str; 4] = [".", "->", "::", "?."];

/// What follows `object` and a dot in the text, with that dot, the nearest to `offset` first; a
/// call without arguments with its brackets, any other as far as the opening one.
fn members_after(text: &str, offset: usize, object: &str) -> Vec<(&'static str, String)> {
    let mut found: Vec<(usize, &str, String)> = Vec::new();
    for (at, _) in text.match_indices(object) {
        if text[..at].ends_with(is_word) {
            continue;
        }
        let after = &text[at + object.len()..];
        let strip = |dot: &'static str| Some((dot, after.strip_prefix(dot)?));
        let Some((dot, after)) = DOTS.into_iter().find_map(strip) else {
            continue;
        };
        let member = leading_word(after);
        if is_name(member) && text.len() - after.len() != offset {
            let call = call_of(&after[member.len()..]);
            found.push((at.abs_diff(offset), dot, format!("{member}{call}")));
        }
    }
    found.sort();
    let found = found.into_iter();
    found.map(|(_, dot, member)| (dot, member)).collect()
}

/// The brackets that begin the rest of a text, as far as they are the same for every call.
fn call_of(rest: &str) -> &'static str {
    if rest.starts_with("()") {
        "()"
    } else if rest.starts_with('(') {
        "("
    } else {
        ""
    }
}

/// The members that the index knows of the type before the dot.
fn members_in_index(context: &CompletionContext) -> Vec<String> {
    let members = context::members(context.snapshot, context.offset, MAX_MEMBERS);
    members
        .into_iter()
        .map(|(name, call)| format!("{name}{}", call.unwrap_or_default()))
        .collect()
}

/// What the class around the cursor defines, as the tree has it.
fn members_of_class(context: &CompletionContext) -> Vec<String> {
    let Some(syntax) = &context.snapshot.syntax else {
        return Vec::new();
    };
    let rope = context.snapshot.rope();
    let mut scopes = syntax.scopes(rope, context.offset).into_iter().rev();
    let Some(class) = scopes.find(|scope| !FUNCTIONS.contains(&scope.kind)) else {
        return Vec::new();
    };
    let is_inside =
        |one: &Definition| class.range.start < one.range.start && one.range.end <= class.range.end;
    syntax
        .definitions(rope)
        .into_iter()
        .filter(is_inside)
        .map(|one| with_call(context, &one))
        .collect()
}

/// A definition's name, with the brackets of a call where it is a function.
fn with_call(context: &CompletionContext, definition: &Definition) -> String {
    let header = &definition.header;
    let header = context.snapshot.slice(header.start, header.end);
    let call = context::call(&definition.name, &header).unwrap_or_default();
    format!("{}{call}", definition.name)
}

/// The words of the text that the name of the function contains, the longest first.
fn from_function_name<'a>(keywords: Keywords, text: &'a str, function: &str) -> Vec<&'a str> {
    let plain = |word: &str| word.replace('_', "").to_lowercase();
    let function = plain(function);
    let lengths = MIN_FROM_FUNCTION_NAME..=function.len() + 2;
    let mut found: Vec<&str> = Vec::new();
    for (_, word) in words(text).filter(|(_, word)| lengths.contains(&word.len())) {
        let plain = plain(word);
        let is_part = plain != function && function.contains(&plain);
        if is_part && !keywords.contains(word) && !found.contains(&word) {
            found.push(word);
        }
    }
    found.sort_by_key(|word| Reverse(word.len()));
    found.truncate(MAX_FROM_FUNCTION_NAME);
    found
}
