//! Which names there are to choose from at a place, the nearest first.
//!
//! All of it is read from the text, since the tree around a half-typed line is often broken: the
//! words of the function, the members that follow the same object elsewhere in the file, those that
//! the index knows of its type, and words that the function's own name speaks of (`getHttpStatus`
//! of `httpStatus`).

use super::Sought;
use crate::analogy::is_fixed;
use crate::filters::{FUNCTIONS, Place};
use crate::words::{is_member, words};
use std::collections::HashSet;
use std::ops::Range;
use text::is_word;

/// Characters a word must have to be spoken of by the function's name.
const SPOKEN: usize = 4;
/// The object that a method belongs to.
const OWN: [&str; 2] = ["self", "this"];
/// Its fields that are tried where a value may stand.
const FIELDS: usize = 4;
/// Members asked of the index.
const MEMBERS: usize = 24;

/// At most `most` names that begin with `typed` and are longer.
pub(super) fn pool(place: &Place, sought: Sought, typed: &str, most: usize) -> Vec<String> {
    let mut names = Pool {
        typed: if sought == Sought::Return { "" } else { typed },
        most,
        names: Vec::new(),
    };
    let text = place.text();
    let (name, function) = place.function();
    let spoken = spoken(text, name.unwrap_or_default());
    match sought {
        Sought::Member(object) => {
            names.extend(spoken.into_iter().filter(|word| name != Some(word)));
            names.extend(members_beside(text, place.offset, object));
            names.extend(members_known(place));
            if OWN.contains(&object) {
                names.extend(members_defined(place));
            }
        }
        // Nothing returns where no function is.
        Sought::Return if name.is_none() => {}
        Sought::Value | Sought::Return => {
            let own = own_words(place, function);
            let room = most.saturating_sub(spoken.len() + FIELDS);
            names.extend(own.filter(|word| name != Some(word)).take(room));
            names.extend(spoken);
            for object in OWN {
                let members = members_beside(text, place.offset, object).into_iter();
                names.extend(
                    members
                        .filter(|member| !member.ends_with('('))
                        .map(|member| format!("{object}.{member}")),
                );
            }
        }
    }
    names.names
}

struct Pool<'a> {
    typed: &'a str,
    most: usize,
    names: Vec<String>,
}

impl Pool<'_> {
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

/// The words of the function's text that may be variables, each once, the last first.
fn own_words<'a>(place: &'a Place, function: Range<usize>) -> impl Iterator<Item = &'a str> {
    let text = place.text();
    let mut found: HashSet<&str> = HashSet::new();
    words(&text[function.clone()])
        .rev()
        .filter_map(move |(at, word)| {
            let at = function.start + at;
            let after = &text[at + word.len()..];
            let other = text[..at].ends_with(['\'', '"', '@', '#', '$'])
                || after.starts_with(['(', '!', '"', '\''])
                || after.starts_with("::");
            let fits = !is_member(text, at)
                && !other
                && !is_type(after)
                && !is_fixed(word)
                && !found.contains(word);
            (fits && place.in_code(at + 1) && found.insert(word)).then_some(word)
        })
}

/// Whether a word stands for a type: a name follows, as in `Path file`.
fn is_type(after: &str) -> bool {
    let next = after.trim_start_matches([' ', '\t']);
    let name = &next[..next.len() - next.trim_start_matches(is_word).len()];
    next.len() < after.len() && !name.is_empty() && !is_fixed(name)
}

/// What follows `object` and a dot in the text, the nearest to `offset` first; a call without
/// arguments with its brackets, any other as far as the opening one.
fn members_beside(text: &str, offset: usize, object: &str) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (at, _) in text.match_indices(object) {
        let behind = &text[at + object.len()..];
        let Some(behind) = [".", "->", "::", "?."]
            .iter()
            .find_map(|dot| behind.strip_prefix(dot))
        else {
            continue;
        };
        let member = &behind[..behind.len() - behind.trim_start_matches(is_word).len()];
        if text[..at].ends_with(is_word)
            || !member.starts_with(|c: char| c.is_alphabetic() || c == '_')
            || text.len() - behind.len() == offset
        {
            continue;
        }
        let rest = &behind[member.len()..];
        let call = if rest.starts_with("()") {
            "()"
        } else if rest.starts_with('(') {
            "("
        } else {
            ""
        };
        found.push((at.abs_diff(offset), format!("{member}{call}")));
    }
    found.sort();
    found.into_iter().map(|(_, member)| member).collect()
}

/// The members that the index knows of the type in front of the dot.
fn members_known(place: &Place) -> Vec<String> {
    let members = context::members(place.snapshot, place.offset, MEMBERS);
    members
        .into_iter()
        .map(|(name, call)| format!("{name}{}", call.unwrap_or_default()))
        .collect()
}

/// What the class around the cursor defines, as the tree has it.
fn members_defined(place: &Place) -> Vec<String> {
    let Some(syntax) = &place.snapshot.syntax else {
        return Vec::new();
    };
    let rope = place.snapshot.rope();
    let class = syntax
        .scopes(rope, place.offset)
        .into_iter()
        .rev()
        .find(|scope| !FUNCTIONS.contains(&scope.kind));
    let Some(class) = class else {
        return Vec::new();
    };
    let inside = syntax
        .definitions(rope)
        .into_iter()
        .filter(|one| class.range.start < one.range.start && one.range.end <= class.range.end);
    let member = |one: syntax::Definition| {
        let header = place.snapshot.slice(one.header.start, one.header.end);
        format!(
            "{}{}",
            one.name,
            context::call(&one.name, &header).unwrap_or_default()
        )
    };
    inside.map(member).collect()
}

/// The words of the text that the name of the function contains, the longest first.
fn spoken<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let plain = |word: &str| word.replace('_', "").to_lowercase();
    let function = plain(function);
    let mut found: Vec<&str> = Vec::new();
    for (_, word) in
        words(text).filter(|(_, word)| word.len() >= SPOKEN && word.len() <= function.len() + 2)
    {
        let plain = plain(word);
        if plain != function
            && function.contains(&plain)
            && !is_fixed(word)
            && !found.contains(&word)
        {
            found.push(word);
        }
    }
    found.sort_by_key(|word| std::cmp::Reverse(word.len()));
    found.truncate(4);
    found
}
