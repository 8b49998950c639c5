//! What a file imports: modules with all their beginnings, and names, each at the line where it is
//! written.
//!
//! One reader for all languages: a statement begins with a word such as `import`, `from`, `use` or
//! `#include`, and everything named in it is imported.

use super::facts::{Fact, FactKind, key};
use super::lex::{Kind, Token};

/// Most tokens of a statement.
const MAX_TOKENS: usize = 1_000;
/// Most parts of a path.
const MAX_PARTS: usize = 16;
/// Calls whose text names a module.
const REQUIRING: &[&str] = &[
    "require",
    "require_relative",
    "import",
    "import_module",
    "require_once",
    "include",
    "load",
];

/// Adds the imports of a file.
pub(crate) fn read(text: &str, all: &[Token], facts: &mut Vec<Fact>) {
    let mut at = 0;
    while at < all.len() {
        let end = Statement { text, all, facts }.read(at);
        at = end.max(at + 1);
    }
}

struct Statement<'a> {
    text: &'a str,
    all: &'a [Token],
    facts: &'a mut Vec<Fact>,
}

impl Statement<'_> {
    fn spelt(&self, at: usize) -> &str {
        self.all.get(at).map_or("", |token| token.text(self.text))
    }

    fn is(&self, at: usize, mark: u8) -> bool {
        self.all.get(at).is_some_and(|token| token.is(mark))
    }

    fn is_text(&self, at: usize) -> bool {
        self.all
            .get(at)
            .is_some_and(|token| token.kind == Kind::Text)
    }

    fn is_word(&self, at: usize) -> bool {
        self.all
            .get(at)
            .is_some_and(|token| token.kind == Kind::Word)
    }

    fn begins(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else {
            return true;
        };
        let (token, before) = (self.all[at], self.all[before]);
        let after = matches!(
            before.kind,
            Kind::Mark(b';' | b'{' | b'}' | b')' | b'#' | b']' | b':')
        );
        before.line < token.line
            || after
            || ["pub", "global", "crate"].contains(&before.text(self.text))
    }

    /// Reads the statement or call that begins here; returns where it ends.
    fn read(&mut self, at: usize) -> usize {
        if !self.is_word(at) {
            return at;
        }
        let word = self.spelt(at);
        if REQUIRING.contains(&word) {
            let module = at + 1 + usize::from(self.is(at + 1, b'('));
            let called = self.is(at + 1, b'(') || word.starts_with("require") || word == "load";
            if called && self.is_text(module) {
                self.module(module);
                return module;
            }
        }
        if !self.begins(at) {
            return at;
        }
        match word {
            "from" => self.from(at),
            "import" if self.is(at + 1, b'(') && !self.is_text(at + 2) => at,
            "import" | "export" => self.import(at),
            "use" | "using" => self.paths(at, true),
            "include" if at > 0 && self.is(at - 1, b'#') => self.include(at),
            "extern" if self.spelt(at + 1) == "crate" => self.paths(at + 1, true),
            _ => at,
        }
    }

    /// `from a.b import c as d, (e)`.
    fn from(&mut self, at: usize) -> usize {
        let mut next = at + 1;
        while self.is(next, b'.') {
            next += 1;
        }
        if self.spelt(next) != "import" {
            next = self.dotted(next);
        }
        if self.spelt(next) == "import" {
            self.names(next + 1)
        } else {
            at
        }
    }

    /// `import a.b, c as d`, `import {a as b} from "m"`, `import "m"`, `import (…)`; of exports,
    /// those from a module.
    fn import(&mut self, at: usize) -> usize {
        let line = self.all[at].line;
        let limit = self.all.len().min(at + MAX_TOKENS);
        let is_export = self.spelt(at) == "export";
        let next = at + 1 + usize::from(self.spelt(at + 1) == "type");
        let lists = self.is(next, b'{') || self.is(next, b'*');
        if is_export && !lists {
            return at;
        }
        if self.is(at + 1, b'(') {
            // Go's list of modules.
            let close = (at..limit).find(|at| self.is(*at, b')')).unwrap_or(limit);
            (at..close)
                .filter(|at| self.is_text(*at))
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|at| self.module(at));
            return close;
        }
        // Names until `from "m"`, where that is in the statement.
        let mut end = next;
        let mut in_braces = false;
        while end < limit && !self.is_text(end) && !self.is(end, b';') {
            in_braces |= self.is(end, b'{');
            if self.all[end].line > line && !in_braces {
                break;
            }
            if self.is(end, b'}') && self.spelt(end + 1) != "from" && self.spelt(end + 1) != "," {
                break;
            }
            end += 1;
        }
        let from_text =
            self.is_text(end) && (end == next || self.all[end].line == self.all[end - 1].line);
        if from_text {
            self.words(next..end);
            self.module(end);
            return end;
        }
        if is_export || lists {
            return at;
        }
        self.names(at + 1)
    }

    /// A list of dotted paths, with new names after `as`; ends with the line or the bracket.
    fn names(&mut self, from: usize) -> usize {
        let (mut at, mut depth) = (from, 0);
        let Some(first) = self.all.get(from) else {
            return from;
        };
        let mut line = first.line;
        while at < self.all.len().min(from + MAX_TOKENS) {
            let token = self.all[at];
            let continues = self.text[..token.start as usize].trim_end().ends_with('\\');
            if token.line != line && depth == 0 && !continues {
                break;
            }
            line = token.line;
            match token.kind {
                Kind::Mark(b'(') => depth += 1,
                Kind::Mark(b')') => {
                    at += 1;
                    break;
                }
                Kind::Mark(b';') => break,
                Kind::Word if !matches!(self.spelt(at), "as" | "static") => {
                    at = self.dotted(at);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// A path of names with dots between them: itself, its beginnings and its last name.
    fn dotted(&mut self, from: usize) -> usize {
        let (mut at, start) = (
            from,
            self.all.get(from).map_or(0, |token| token.start as usize),
        );
        let line = self.all.get(from).map_or(0, |token| token.line);
        loop {
            let Some(end) = self
                .all
                .get(at)
                .filter(|token| token.kind == Kind::Word)
                .map(|token| token.end)
            else {
                return at.max(from + 1);
            };
            let path: String = self.text[start..end as usize].split_whitespace().collect();
            self.facts.push((key(FactKind::Import, &path), line));
            let is_long = at > from + 2 * MAX_PARTS;
            let last = is_long || !self.is(at + 1, b'.') || !self.is_word(at + 2);
            if at > from && last {
                let name = self.spelt(at).to_owned();
                self.facts.push((key(FactKind::Import, &name), line));
            }
            if last {
                return at + 1;
            }
            at += 2;
        }
    }

    /// `use a::b::{c, d as e}`: every name, and the paths as far as they are written in one piece.
    fn paths(&mut self, at: usize, _statement: bool) -> usize {
        let limit = self.all.len().min(at + MAX_TOKENS);
        let end = (at..limit).find(|at| self.is(*at, b';')).unwrap_or(at);
        if self.spelt(at) == "using" && (self.is(at + 1, b'(') || self.spelt(at + 1) == "var") {
            return at;
        }
        self.words(at + 1..end);
        let mut next = at + 1;
        while next < end {
            let start = self.all[next].start as usize;
            let first = next;
            while self.is_word(next) && next < first + 3 * MAX_PARTS {
                let path = self.text[start..self.all[next].end as usize].to_owned();
                if next > first {
                    self.facts
                        .push((key(FactKind::Import, &path), self.all[next].line));
                }
                let colons = self.is(next + 1, b':') && self.is(next + 2, b':');
                let mark = self.is(next + 1, b'\\') || self.is(next + 1, b'.');
                next += 1 + usize::from(mark) + 2 * usize::from(colons);
                if !colons && !mark {
                    break;
                }
            }
            next += usize::from(next == first);
        }
        end
    }

    /// Every name of some tokens.
    fn words(&mut self, range: std::ops::Range<usize>) {
        for at in range {
            let word = self.spelt(at);
            let is_name = self.is_word(at)
                && !["as", "from", "type", "static", "mut", "crate"].contains(&word);
            if is_name {
                let fact = (key(FactKind::Import, word), self.all[at].line);
                self.facts.push(fact);
            }
        }
    }

    /// `#include <a/b.h>` or `"b.h"`.
    fn include(&mut self, at: usize) -> usize {
        if self.is_text(at + 1) {
            self.module(at + 1);
            return at + 1;
        }
        let start = self.all[at].end as usize;
        let line = self.text[start..].lines().next().unwrap_or_default();
        let Some(path) = line
            .trim()
            .strip_prefix('<')
            .and_then(|rest| rest.split('>').next())
        else {
            return at;
        };
        self.path(path.to_owned(), self.all[at].line);
        at + 1
    }

    /// A text that names a module.
    fn module(&mut self, at: usize) {
        let path = self.spelt(at).to_owned();
        self.path(path, self.all[at].line);
    }

    /// A path as written, its package, its last part with and without ending.
    fn path(&mut self, path: String, line: u32) {
        let mut names = vec![path.as_str()];
        let plain = path
            .trim_start_matches("node:")
            .trim_start_matches(['.', '/', '@']);
        names.extend(path.strip_prefix("node:"));
        names.push(plain);
        let last = path.rsplit('/').next().unwrap_or(&path);
        names.push(last);
        names.extend(last.rsplit_once('.').map(|(stem, _)| stem));
        if !path.starts_with('.') {
            let scoped = usize::from(path.starts_with('@'));
            let slash = path.match_indices('/').nth(scoped).map(|(at, _)| at);
            names.extend(slash.map(|at| &path[..at]));
        }
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            self.facts.push((key(FactKind::Import, name), line));
        }
    }
}
