//! What a similar line says, with its names exchanged for those used here.
//!
//! Code repeats itself with other names: after `width = read("width")` and `height = read(`, the
//! first line says how the second one ends once `width` is read as `height`. A line of the same
//! file serves as a pattern if everything before the cursor, on this line and above, is the same
//! except for names that are exchanged consistently. Parts of names are exchanged too: if `width`
//! becomes `height`, `max_width` becomes `max_height`. Called by `candidates`; knows no model.

use context::Snapshot;
use grammars::Keywords;
use index::lexemes;
use std::collections::HashMap;
use std::ops::Range;
use text::is_word;
use text::words::is_name;

/// What a pattern makes of this place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analogous {
    /// The rest of the line, to be inserted at the cursor.
    pub text: String,
    /// Lexemes before the cursor that the pattern agrees with.
    pub lexemes: usize,
    /// Names that were exchanged.
    pub renamed: usize,
    /// How many lines away the pattern is.
    pub lines: usize,
}

/// Bytes of the file around the cursor that are looked through.
const SEARCH_RADIUS: usize = 150_000;
/// Lexemes compared before the cursor's line.
const ABOVE: usize = 40;
/// Fewer lexemes in common say nothing.
const LEAST: usize = 3;

/// The patterns' answers for `offset`, the best pattern first, no text twice.
pub fn analogies(snapshot: &Snapshot, offset: usize, most: usize) -> Vec<Analogous> {
    let rope = snapshot.rope();
    let start = rope.line_to_byte(rope.byte_to_line(offset.saturating_sub(SEARCH_RADIUS)));
    let end = rope.line_to_byte(rope.byte_to_line((offset + SEARCH_RADIUS).min(rope.len_bytes())));
    let text = snapshot.slice(start, end.max(offset));
    let keywords = Keywords::of(snapshot.syntax.as_ref().map(|syntax| syntax.grammar));
    let file = File::new(&text, offset - start, keywords);
    let mut found: Vec<(f32, Analogous)> = Vec::new();
    for pattern in 0..file.lines.len() {
        let Some((score, new)) = file.follow(pattern) else {
            continue;
        };
        match found.iter_mut().find(|(_, known)| known.text == new.text) {
            Some(known) if known.0 < score => *known = (score, new),
            Some(_) => {}
            None => found.push((score, new)),
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.lines.cmp(&b.1.lines)));
    found
        .into_iter()
        .take(most)
        .map(|(_, analogous)| analogous)
        .collect()
}

/// A text cut into lexemes, and where the cursor is in it.
struct File<'a> {
    text: &'a str,
    words: Vec<Range<usize>>,
    /// The first lexeme of each line.
    lines: Vec<usize>,
    /// The cursor's line.
    line: usize,
    /// The first lexeme that is not wholly before the cursor.
    cursor: usize,
    /// The part of a name that is typed already.
    typed: &'a str,
    offset: usize,
    keywords: Keywords,
}

impl<'a> File<'a> {
    fn new(text: &'a str, offset: usize, keywords: Keywords) -> Self {
        let before = &text[..offset];
        let typed = &before[before.trim_end_matches(is_word).len()..];
        let words: Vec<Range<usize>> = lexemes(before)
            .chain(lexemes(&text[offset..]).map(|word| word.start + offset..word.end + offset))
            .collect();
        let count_before = |at: usize| words.partition_point(|word| word.start < at);
        let cursor = count_before(offset - typed.len());
        let breaks = words
            .iter()
            .enumerate()
            .filter(|(_, word)| is_break(&text[(*word).clone()]));
        let lines: Vec<usize> = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        let line = lines.partition_point(|&first| first <= cursor) - 1;
        Self {
            text,
            words,
            lines,
            line,
            cursor,
            typed,
            offset,
            keywords,
        }
    }

    /// A lexeme; line breaks are all alike.
    fn word(&self, at: usize) -> &'a str {
        let word = self
            .words
            .get(at)
            .map_or("", |word| &self.text[word.clone()]);
        if is_break(word) { "\n" } else { word }
    }

    /// Reads on from the line `pattern` as if it were the cursor's, if it is alike so far.
    fn follow(&self, pattern: usize) -> Option<(f32, Analogous)> {
        let (first, here) = (self.lines[pattern], self.lines[self.line]);
        let length = self.cursor - here;
        if pattern == self.line || self.word(first) == "\n" {
            return None;
        }
        let mut names = Names {
            keywords: self.keywords,
            ..Names::default()
        };
        let alike = |at: usize, names: &mut Names<'a>| {
            names.agree(self.word(first + at), self.word(here + at))
        };
        if !(0..length).all(|at| alike(at, &mut names)) {
            return None;
        }
        let above = (1..=ABOVE.min(first).min(here))
            .take_while(|back| names.agree(self.word(first - back), self.word(here - back)))
            .count();
        let lexemes = length + above;
        if lexemes < LEAST {
            return None;
        }
        let text = self.rest(first + length, &names)?;
        let lines = pattern.abs_diff(self.line);
        let renamed = names.exchanged.len();
        Some((
            lexemes as f32 - 0.5 * renamed as f32,
            Analogous {
                text,
                lexemes,
                renamed,
                lines,
            },
        ))
    }

    /// The line from this lexeme on with the names exchanged, without what is typed already.
    fn rest(&self, from: usize, names: &Names) -> Option<String> {
        let (mut text, mut end) = (
            String::new(),
            self.words
                .get(from.checked_sub(1)?)
                .map_or(0, |word| word.end),
        );
        for word in self.words[from..]
            .iter()
            .take_while(|word| !is_break(&self.text[(*word).clone()]))
        {
            text.push_str(&self.text[end..word.start]);
            text.push_str(&names.exchange(&self.text[word.clone()]));
            end = word.end;
        }
        let after_blank = self.text[..self.offset - self.typed.len()].ends_with([' ', '\t', '\n']);
        let text = if after_blank {
            text.trim_start()
        } else {
            &text
        };
        let text = text.strip_prefix(self.typed)?.trim_end();
        (!text.trim().is_empty()).then(|| text.to_owned())
    }
}

/// Which names of the pattern correspond to which names here.
#[derive(Default)]
struct Names<'a> {
    keywords: Keywords,
    exchanged: HashMap<&'a str, &'a str>,
    same: Vec<&'a str>,
    /// A part of a name in lower case, and the parts that take its place.
    parts: HashMap<String, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    /// Whether two lexemes correspond; records which name corresponds to which.
    fn agree(&mut self, pattern: &'a str, here: &'a str) -> bool {
        if let Some(known) = self.exchanged.get(pattern) {
            return *known == here;
        }
        if pattern == here {
            self.same.push(pattern);
            return true;
        }
        let free = |word: &str| is_name(word) && !self.keywords.contains(word);
        if !free(pattern) || !free(here) || self.same.contains(&pattern) {
            return false;
        }
        self.exchanged.insert(pattern, here);
        if let Some((one, other)) = differing_part(pattern, here) {
            self.parts.insert(one.to_lowercase(), other);
        }
        true
    }

    /// The lexeme as it would be here.
    fn exchange(&self, word: &str) -> String {
        if let Some(known) = self.exchanged.get(word) {
            return (*known).to_owned();
        }
        if self.parts.is_empty() || !is_name(word) || self.same.contains(&word) {
            return word.to_owned();
        }
        let exchanged = |part: &'_ str| match self.parts.get(&part.to_lowercase()) {
            None => part.to_owned(),
            Some(others) => written_as(part, word, others),
        };
        parts(word).map(exchanged).collect()
    }
}

fn is_break(lexeme: &str) -> bool {
    lexeme.starts_with(|c: char| c.is_whitespace())
}

/// The one part in which two names differ.
fn differing_part<'a>(one: &str, other: &'a str) -> Option<(String, Vec<&'a str>)> {
    let (one, other): (Vec<&str>, Vec<&str>) = (parts(one).collect(), parts(other).collect());
    let head = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let left = one.len().min(other.len()) - head;
    let tail = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take(left)
        .take_while(|(a, b)| a == b)
        .count();
    let (one, other) = (
        &one[head..one.len() - tail],
        &other[head..other.len() - tail],
    );
    let [part] = one else { return None };
    (part.len() > 1 && is_name(part) && !other.is_empty())
        .then(|| ((*part).to_owned(), other.to_vec()))
}

/// The parts `others` written as `part` is in `name`: in capitals, with underscores, or with a
/// capital first.
fn written_as(part: &str, name: &str, others: &[&str]) -> String {
    let others = others
        .iter()
        .filter(|other| is_name(other) && !other.starts_with('_') || is_number(other));
    let capitals = part.len() > 1 && !part.contains(char::is_lowercase);
    if capitals || name.contains('_') {
        let joined = others.copied().collect::<Vec<_>>().join("_");
        return if capitals {
            joined.to_uppercase()
        } else {
            joined.to_lowercase()
        };
    }
    let capital_first = part.starts_with(char::is_uppercase);
    let word = |(at, other): (usize, &&str)| {
        let mut letters = other.chars();
        let first = letters.next().into_iter();
        let head: String = if capital_first || at > 0 {
            first.flat_map(char::to_uppercase).collect()
        } else {
            first.flat_map(char::to_lowercase).collect()
        };
        head + letters.as_str()
    };
    others.enumerate().map(word).collect()
}

fn is_number(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_digit())
}

/// The parts of a name in camelCase or snake_case, with the underscores as parts of their own.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let mut letters = rest.char_indices();
        let (_, first) = letters.next()?;
        let mut capitals = first.is_uppercase();
        let mut last = first;
        let mut end = rest.len();
        for (at, c) in letters {
            let begins = (c == '_') != (last == '_') || c.is_uppercase() && !last.is_uppercase();
            if begins {
                end = at;
                break;
            }
            if capitals && !c.is_uppercase() && c != '_' && at > first.len_utf8() {
                end = at - last.len_utf8();
                break;
            }
            capitals &= c.is_uppercase();
            last = c;
        }
        let (part, remaining) = rest.split_at(end);
        rest = remaining;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use context::testing::snapshot;

    /// The best answer at `$0`.
    fn best(path: &str, text: &str) -> Option<String> {
        let offset = text.find("$0").unwrap();
        let found = analogies(&snapshot(path, &text.replace("$0", "")), offset, 3);
        found.into_iter().next().map(|analogous| analogous.text)
    }

    #[test]
    fn a_line_is_repeated_with_other_names() {
        let text = "width = read(\"w\", config.width)\nheight = read($0\n";
        assert_eq!(best("a.py", text).as_deref(), Some("\"w\", config.height)"));
        let text = "self.width = width\nself.height = $0\n";
        assert_eq!(best("a.py", text).as_deref(), Some("height"));
        let text = "self.width = width\nself.height = he$0\n";
        assert_eq!(best("a.py", text).as_deref(), Some("ight"));
    }

    #[test]
    fn names_are_exchanged_in_parts() {
        let text = "fn set_width(&mut self) { self.max_width = MAX_WIDTH; }\nfn set_height(&mut self) {$0\n";
        assert_eq!(
            best("a.rs", text).as_deref(),
            Some(" self.max_height = MAX_HEIGHT; }")
        );
    }

    #[test]
    fn the_way_names_are_written_is_kept() {
        let text = "int channels() { return channels_; }\nint sampleRate() { return $0\n";
        assert_eq!(best("a.cpp", text).as_deref(), Some("sample_rate_; }"));
    }

    #[test]
    fn a_line_that_differs_in_more_than_names_is_no_pattern() {
        assert_eq!(best("a.py", "x = [a, b]\ny = (c, $0\n"), None);
        assert_eq!(best("a.py", "return a.b\nraise c.$0\n"), None);
    }

    #[test]
    fn a_name_maps_to_one_name_only() {
        assert_eq!(best("a.py", "a = f(a, x)\nb = f(c, $0\n"), None);
    }

    #[test]
    fn names_fall_into_parts() {
        let split = |name: &'static str| parts(name).collect::<Vec<_>>();
        assert_eq!(split("getHTTPServer2"), ["get", "HTTP", "Server2"]);
        assert_eq!(split("max__size_x"), ["max", "__", "size", "_", "x"]);
        assert_eq!(split("MAX_SIZE"), ["MAX", "_", "SIZE"]);
        assert_eq!(split("Größe"), ["Größe"]);
    }
}
