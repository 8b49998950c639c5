//! Something was put around calls or names: `x` became `int(x)` at several places.

use super::Replacement;
use super::hunks::Hunk;
use super::lexemes::{Lexeme, at, balanced, lexemes, whole_words};
use super::view::View;
use crate::words::is_name;
use syntax::Place;

#[derive(Clone, Debug)]
pub(super) struct Wrap {
    before: Vec<String>,
    /// What is written before it and behind it.
    texts: (String, String),
    /// The lexemes all the wrapped have in common, from their first on.
    start: Vec<String>,
    /// Whether these are all there is; else it goes on up to the bracket that closes one of them.
    whole: bool,
}

/// Two hunks of a line that belong together.
pub(super) struct Seen {
    first: Hunk,
    second: Hunk,
    wrapped: Vec<String>,
    pub line: usize,
    pub age: usize,
}

impl Seen {
    /// The pairs among the hunks of one change.
    pub fn pairs(view: &View, hunks: &[Hunk]) -> Vec<Self> {
        let inserts: Vec<&Hunk> = hunks
            .iter()
            .filter(|hunk| !hunk.joined && hunk.old.is_empty())
            .collect();
        inserts
            .windows(2)
            .filter_map(|pair| Self::new(view, pair[0], pair[1]))
            .collect()
    }

    fn new(view: &View, first: &Hunk, second: &Hunk) -> Option<Self> {
        let both: Vec<&String> = first.new.iter().chain(&second.new).collect();
        let apart = !balanced(&first.new) && !balanced(&second.new) && balanced(&both);
        if !apart
            || first.line != second.line
            || first.region != Place::Code
            || first.at.end > second.at.start
        {
            return None;
        }
        let wrapped = lexemes(&view.text[first.at.end..second.at.start]);
        let wrapped = wrapped
            .iter()
            .map(|lexeme| lexeme.text.to_owned())
            .collect::<Vec<_>>();
        let (line, age) = (first.line, first.age);
        balanced(&wrapped).then(|| Self {
            first: first.clone(),
            second: second.clone(),
            wrapped,
            line,
            age,
        })
    }

    pub fn is_like(&self, other: &Self) -> bool {
        self.first.new == other.first.new
            && self.second.new == other.second.new
            && self.wrapped.first() == other.wrapped.first()
    }
}

impl Wrap {
    pub fn learn(group: &[&Seen]) -> Option<Self> {
        let first = group.first().filter(|_| group.len() > 1)?;
        let same = |other: &&Seen| {
            first
                .wrapped
                .iter()
                .zip(&other.wrapped)
                .take_while(|(a, b)| a == b)
                .count()
        };
        let length = group.iter().map(same).min()?;
        let start = first.wrapped[..length].to_vec();
        let whole = group.iter().all(|seen| seen.wrapped.len() == length);
        let texts = (first.first.text.clone(), first.second.text.clone());
        let telling = start.iter().any(|lexeme| is_name(lexeme)) && (whole || !balanced(&start));
        telling.then(|| Self {
            before: first.first.new.clone(),
            texts,
            start,
            whole,
        })
    }

    pub fn places(&self, view: &View) -> Vec<Replacement> {
        let Some(word) = self
            .start
            .iter()
            .filter(|lexeme| is_name(lexeme))
            .max_by_key(|word| word.len())
        else {
            return Vec::new();
        };
        let mut lines: Vec<usize> = whole_words(&view.text, word)
            .map(|at| view.line_of(at))
            .collect();
        lines.dedup();
        lines
            .into_iter()
            .flat_map(|line| self.places_in(view, line))
            .collect()
    }

    fn places_in(&self, view: &View, line: usize) -> Vec<Replacement> {
        let (text, offset) = (view.line(line), view.line_start(line));
        let all = lexemes(text);
        let places = (0..all.len())
            .filter(|first| self.stands(&all, *first))
            .filter_map(|first| {
                let end = self.end(&all, first)?;
                let range = offset + all[first].start..offset + end;
                let wrapped = &view.text[range.clone()];
                let text = format!("{}{wrapped}{}", self.texts.0, self.texts.1);
                (view.region(offset + all[first].end()) == Place::Code).then_some(Replacement {
                    range,
                    text,
                    line,
                })
            });
        places.collect()
    }

    fn stands(&self, all: &[Lexeme], first: usize) -> bool {
        let here = self
            .start
            .iter()
            .enumerate()
            .all(|(k, text)| at(all, (first + k) as isize) == text);
        let from = first as isize - self.before.len() as isize;
        let wrapped = self
            .before
            .iter()
            .zip(from..)
            .all(|(text, place)| at(all, place) == text);
        here && !wrapped && !matches!(at(all, first as isize - 1), ".")
    }

    /// Where what begins with the lexeme `first` ends, in bytes of the line.
    fn end(&self, all: &[Lexeme], first: usize) -> Option<usize> {
        let known = first + self.start.len();
        if self.whole {
            return Some(all[known - 1].end());
        }
        let mut closed = (known..all.len())
            .filter(|end| balanced(&all[first..=*end].iter().map(|l| l.text).collect::<Vec<_>>()));
        closed.next().map(|end| all[end].end())
    }

    pub fn describe(&self) -> String {
        format!(
            "put `{}…{}` around `{}`",
            self.texts.0.trim(),
            self.texts.1.trim(),
            self.start.concat()
        )
    }
}
