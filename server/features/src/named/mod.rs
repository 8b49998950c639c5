//! Names that may stand at the cursor: those used in the function, or members of what stands in
//! front of the dot.
//!
//! A small model makes names up; those that exist here are few enough for it to judge all of them.
//! [`named`] gathers them from the text, lets the model say which are the likeliest, and gives each
//! with what ends its line (`ending.rs`). `inline_completion` puts them beside the other
//! candidates. Half a word that is typed already must begin the name.

mod ending;
mod pool;

use crate::filters::Place;
use crate::generate::{Generate, GenerateError};
use context::{Prompt, Segment};
use ending::ending;
use text::is_word;

/// Names that are given at most.
const MOST: usize = 3;
/// Names that the model judges at most.
const JUDGED: usize = 16;
/// Names that are judged at once.
const AT_ONCE: usize = 6;
/// Spare tokens of the model for each name that it judges: names are short.
const TOKENS: usize = 4;
/// Signs behind which a value stands.
const VALUE_SIGNS: [char; 17] = [
    '(', '[', '{', ',', '=', '+', '-', '*', '/', '%', '<', '>', '&', '|', '!', '?', ':',
];
/// Words behind which a value stands.
const VALUE_WORDS: [&str; 14] = [
    "return", "in", "not", "and", "or", "if", "elif", "while", "await", "yield", "case", "match",
    "throw", "is",
];

/// What is looked for at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sought<'a> {
    /// A member of this, behind a dot, an arrow or two colons.
    Member(&'a str),
    /// A variable or constant.
    Value,
    /// `return` and a variable, at the beginning of a line.
    Return,
}

/// The likeliest texts of a line that goes on with a name and nothing else, filters not yet
/// applied.
pub fn named(
    place: &Place,
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let (head, typed) = split(&place.before);
    let sought = sought(head, typed, &line_above(place)).filter(|sought| fits(place, *sought));
    let Some(sought) = sought else {
        return Ok(Vec::new());
    };
    let names = pool::pool(
        place,
        sought,
        typed,
        JUDGED.min(model.spare_tokens() / TOKENS),
    );
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<String> = names
        .iter()
        .map(|name| rest(head, typed, sought, name))
        .collect();
    let judged = likeliest(&texts, prompt, model)?;
    let ending = ending(place, head);
    // Nothing is known of the arguments of a call.
    let whole = |text: String| {
        if text.ends_with('(') {
            text
        } else {
            text + &ending
        }
    };
    Ok(judged.into_iter().map(whole).collect())
}

/// The [`MOST`] likeliest texts, the likeliest first. None is likelier than its first token, which
/// is known at once; so those that begin well are judged first, and the rest is left out once it
/// cannot come among them.
fn likeliest(
    texts: &[String],
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let continuation = |text: &String| vec![Segment::Text(format!("{}{text}", prompt.required))];
    let continuations: Vec<_> = texts.iter().map(continuation).collect();
    let firsts = model.begin(prompt, &continuations)?;
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by(|&a, &b| firsts[b].total_cmp(&firsts[a]));
    let mut judged: Vec<(f32, usize)> = Vec::new();
    for few in order.chunks(AT_ONCE) {
        if judged
            .get(MOST - 1)
            .is_some_and(|(least, _)| firsts[few[0]] < *least)
        {
            break;
        }
        let scores = model.score(
            prompt,
            &few.iter()
                .map(|&at| continuations[at].clone())
                .collect::<Vec<_>>(),
        )?;
        judged.extend(
            scores
                .iter()
                .map(|scores| scores.iter().sum::<f32>())
                .zip(few.iter().copied()),
        );
        judged.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        judged.truncate(MOST);
    }
    Ok(judged
        .into_iter()
        .map(|(_, at)| texts[at].clone())
        .collect())
}

/// Whether this can stand at the cursor: nothing in a comment or a string, and `return` only in a
/// function.
fn fits(place: &Place, sought: Sought) -> bool {
    let in_function = || place.snapshot.syntax.is_none() || place.innermost_function().is_some();
    place.in_code(place.offset) && (sought != Sought::Return || in_function())
}

/// What is missing of a name at the cursor, with what stands in front of it.
fn rest(head: &str, typed: &str, sought: Sought, name: &str) -> String {
    match sought {
        Sought::Return => format!("return {name}")[typed.len()..].to_owned(),
        Sought::Value if typed.is_empty() && head.ends_with(['=', ',', ':']) => format!(" {name}"),
        _ => name[typed.len()..].to_owned(),
    }
}

/// The line in front of the cursor without the word that is half typed, and that word.
fn split(before: &str) -> (&str, &str) {
    before.split_at(before.trim_end_matches(is_word).len())
}

/// The nearest line above with anything on it.
fn line_above(place: &Place) -> String {
    place
        .snapshot
        .lines_above(place.offset)
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
}

fn sought<'a>(head: &'a str, typed: &str, above: &str) -> Option<Sought<'a>> {
    if typed.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    for dot in [".", "->", "::"] {
        if let Some(object) = head.strip_suffix(dot) {
            let object = object.trim_end_matches('?');
            let word = &object[object.trim_end_matches(is_word).len()..];
            return (!word.is_empty()).then_some(Sought::Member(word));
        }
    }
    let line = head.trim_end();
    if line.is_empty() && above.trim_end().ends_with(['(', '[', ',']) {
        return Some(Sought::Value);
    }
    if line.is_empty() {
        return "return".starts_with(typed).then_some(Sought::Return);
    }
    let word = &line[line.trim_end_matches(is_word).len()..];
    let behind_word = VALUE_WORDS.contains(&word) && line.len() < head.len();
    (behind_word || line.ends_with(VALUE_SIGNS)).then_some(Sought::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sought_follows_from_the_line() {
        for (before, wanted) in [
            ("    return ", Some(Sought::Value)),
            ("    return", Some(Sought::Return)),
            ("    ret", Some(Sought::Return)),
            ("    ", Some(Sought::Return)),
            ("    x", None),
            ("x = self.na", Some(Sought::Member("self"))),
            ("x = a?.", Some(Sought::Member("a"))),
            ("x = f().", None),
            ("p->", Some(Sought::Member("p"))),
            ("Opcode::", Some(Sought::Member("Opcode"))),
            ("call(", Some(Sought::Value)),
            ("x =", Some(Sought::Value)),
            ("x = 1", None),
            ("x ", None),
        ] {
            let (head, typed) = split(before);
            assert_eq!(sought(head, typed, "x = 1;"), wanted, "{before}");
        }
        assert_eq!(sought("    ", "", "call("), Some(Sought::Value));
    }
}
