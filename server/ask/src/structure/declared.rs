//! Flags, environment variables, settings and routes: where they are declared and read, by name or
//! by what they are for.

use super::facts::{FactKind, key};
use super::messages;
use super::places::{Place, Quotes, count, exact, lines_of};
use super::search;
use crate::{Answer, AskIndex};
use index::Index;
use std::collections::HashSet;

/// How many lines after a declaration may describe it.
const DESCRIPTION_LINES: usize = 6;
/// Words of questions that describe nothing.
const EMPTY_WORDS: &str = "a an the to of for in on do does is are i use used should can that which by be with \
    and or this program command line there it as when set sets setting control controls \
    enable enables change changes read exist exists project says lets choose specifies \
    specify defines turns need want where 我 来";

/// Whether a word of a question describes nothing.
fn is_empty_word(word: &str) -> bool {
    EMPTY_WORDS.split(' ').any(|empty| empty == word)
}

/// A question about what is declared.
pub(crate) struct Declared<'a> {
    pub library: &'a AskIndex,
    pub index: &'a Index,
}

impl Declared<'_> {
    /// Where something of this kind and name is declared or read.
    pub(crate) fn named(&self, kind: FactKind, name: &str) -> Option<Answer> {
        let found = self.library.facts.places(self.index, kind, name);
        let places: Vec<Place> = found
            .into_iter()
            .map(|(path, line)| Place::new(path, line, rank(path)))
            .collect();
        let (what, verb) = match kind {
            FactKind::Flag => ("flag", "declared"),
            FactKind::Variable => ("environment variable", "read or set"),
            FactKind::Setting => ("setting", "declared"),
            _ => ("route", "handled"),
        };
        self.quoted(kind, name, places, |number| {
            format!(
                "the {what} `{name}` is {verb} in {}",
                count(number, "place")
            )
        })
    }

    fn quoted(
        &self,
        kind: FactKind,
        name: &str,
        places: Vec<Place>,
        summary: impl Fn(usize) -> String,
    ) -> Option<Answer> {
        let mut quotes = Quotes::new(self.index);
        // A flag may come from the name of a field.
        let field = name.trim_start_matches('-').replace('-', "_");
        let bare = name.trim_start_matches('-');
        let last = name.rsplit('.').next().unwrap_or(name);
        exact(summary, places, |place| {
            let line = lines_of(self.index.text(&place.path)?, place.line..place.line + 1)?;
            let needle = [name, bare, last, &field]
                .into_iter()
                .find(|needle| line.contains(needle))?;
            let note = quotes
                .around(place)
                .map_or_else(String::new, |around| format!("in `{around}`"));
            match kind {
                FactKind::Variable | FactKind::Route => quotes.line(place, needle, note),
                _ => quotes.statement(place, needle, note),
            }
        })
    }

    /// Where code, or else a document, mentions a flag that no known call declares.
    pub(crate) fn mentioned(&self, flag: &str) -> Option<Answer> {
        let bare = flag.trim_start_matches('-');
        let mut places = Vec::new();
        for (path, text) in search::files_with(self.index, bare) {
            for line in search::lines_with(text, bare) {
                let whole = lines_of(text, line..line + 1).unwrap_or_default();
                let is_flag = whole
                    .split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
                    .any(|word| word == flag);
                places.extend(is_flag.then(|| Place::new(path, line, 3 - rank(path).min(2))));
            }
        }
        let mut quotes = Quotes::new(self.index);
        exact(
            |number| format!("`{flag}` is written in {}", count(number, "place")),
            places,
            |place| quotes.line(place, flag, "mentions it".to_owned()),
        )
    }

    /// What of this kind is about these words; all of the kind where there are none.
    pub(crate) fn about(&self, kind: FactKind, topic: &str) -> Option<Answer> {
        let topic = topic.to_lowercase();
        let asked: Vec<&str> = topic
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !is_empty_word(word))
            .collect();
        let mut seen = HashSet::new();
        let own: Vec<(&str, usize)> = self
            .library
            .facts
            .all(kind)
            .filter(|place| seen.insert(*place))
            .collect();
        let mut places = Vec::new();
        for (path, line) in own {
            let Some(text) = self
                .index
                .text(path)
                .and_then(|text| lines_of(text, line..line + DESCRIPTION_LINES))
            else {
                continue;
            };
            let first = text.lines().next().unwrap_or_default();
            let (near, whole) = (word_set(first), word_set(text));
            let covered =
                |words: &HashSet<String>| asked.iter().all(|word| words.contains(&stem(word)));
            let rank = if covered(&near) {
                Some(0)
            } else {
                covered(&whole).then_some(1)
            };
            places.extend(rank.map(|rank| Place::new(path, line, rank)));
        }
        if !asked.is_empty() && places.iter().any(|place| place.rank == 0) {
            places.retain(|place| place.rank == 0);
        }
        let what = if kind == FactKind::Flag {
            "flag"
        } else {
            "environment variable"
        };
        let mut quotes = Quotes::new(self.index);
        exact(
            |number| format!("{} about this", count(number, what)),
            places,
            |place| {
                let note = quotes
                    .around(place)
                    .map_or_else(String::new, |around| format!("in `{around}`"));
                quotes.statement(place, "", note)
            },
        )
    }

    /// Where a message is written that someone saw; `needed` is the least share of it that must be
    /// written in the code, in percent.
    pub(crate) fn message(&self, seen: &str, needed: usize) -> Option<Answer> {
        let message = messages::plain(seen.trim_end_matches(['.', '!', '?', ':', ' ']));
        let words = messages::seen_words(seen);
        let candidates = self.lines_with(&words);
        let mut found: Vec<(usize, Place)> = Vec::new();
        for (path, lines) in candidates {
            let text = self.index.text(path)?;
            let Some(grammar) = super::facts::language(path, text) else {
                continue;
            };
            let all = super::lex::tokens(grammar, text, 0..text.len(), 0).all;
            for (line, pattern) in messages::at_lines(text, &all, &lines) {
                let agreement = pattern.agreement(&message);
                if agreement * 100 >= needed * message.len().max(1) {
                    found.push((agreement, Place::new(path, line, 0)));
                }
            }
        }
        let best = found.iter().map(|(agreement, _)| *agreement).max()?;
        let mut places: Vec<Place> = found
            .into_iter()
            .filter(|(agreement, _)| *agreement == best)
            .map(|(_, place)| place)
            .collect();
        // Tests only repeat what the program says.
        if places.iter().any(|place| !place.is_test) {
            places.retain(|place| !place.is_test);
        }
        let mut quotes = Quotes::new(self.index);
        exact(
            |number| format!("this message is written in {}", count(number, "place")),
            places,
            |place| {
                let note = quotes
                    .around(place)
                    .map_or_else(String::new, |around| format!("in `{around}`"));
                quotes.statement(place, "", note)
            },
        )
    }

    /// The lines with the most words of a message, by file.
    fn lines_with(&self, words: &[String]) -> Vec<(&str, Vec<usize>)> {
        /// How many lines are read again.
        const MAX_NEAR: usize = 24;
        let mut unique: Vec<&String> = words.iter().collect();
        unique.sort();
        unique.dedup();
        let mut rows: Vec<(&str, usize)> = Vec::new();
        let mut weights = std::collections::HashMap::new();
        for word in unique.into_iter().take(40) {
            let places = self
                .library
                .facts
                .places(self.index, FactKind::MessageWord, word);
            let weight = (12.0 - (1.0 + places.len() as f64).ln()).max(0.5);
            for place in places {
                *weights.entry(place).or_insert(0.0) += weight;
            }
        }
        let mut scored: Vec<(f64, (&str, usize))> = weights
            .into_iter()
            .map(|(place, weight)| (weight, place))
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let best = scored.first().map_or(0.0, |(weight, _)| *weight);
        let near = scored
            .into_iter()
            .take_while(|(weight, _)| *weight > 0.5 * best);
        rows.extend(near.take(MAX_NEAR).map(|(_, place)| place));
        let mut files: Vec<(&str, Vec<usize>)> = Vec::new();
        for (path, line) in rows {
            match files.iter_mut().find(|(known, _)| *known == path) {
                Some((_, lines)) => lines.push(line),
                None => files.push((path, vec![line])),
            }
        }
        files
    }

    /// Whether there is something of this kind and name.
    pub(crate) fn knows(&self, kind: FactKind, name: &str) -> bool {
        debug_assert_ne!(key(kind, name), 0);
        self.library.facts.has(kind, name)
    }
}

/// Code comes before files of configuration, these before data.
fn rank(path: &str) -> u8 {
    let data = [
        ".json", ".yaml", ".yml", ".toml", ".cfg", ".ini", ".md", ".rst", ".txt",
    ];
    u8::from(data.iter().any(|end| path.ends_with(end)))
}

/// The words of a text, and of the names in it, without endings.
fn word_set(text: &str) -> HashSet<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty());
    words
        .flat_map(text::words::parts)
        .map(|part| stem(&part))
        .collect()
}

/// A word without a usual ending.
fn stem(word: &str) -> String {
    let cut = ["ing", "es", "s", "ed"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .filter(|stem| stem.len() > 2);
    cut.unwrap_or(word).trim_end_matches('e').to_owned()
}
