//! Code cut at definitions: each with the comment above it and its docstring as fields.
//!
//! Functions within functions belong to the outer one; a type has the lines that none of its
//! members has. What belongs to no definition is cut at empty lines, and a comment at the top of a
//! file at its headings. Languages differ only in the facts of their grammar.

use super::headings::Style;
use super::{Field, Lines, MAX_LINES, Passage, PassageKind, pieces, prose};
use grammars::{BlockStyle, Facts};
use index::Symbol;
use std::ops::Range;
use std::path::Path;

/// Most lines of a header.
const MAX_HEADER: usize = 12;
/// How many lines above a member the name of its type is looked for.
const MAX_DISTANCE: usize = 1_000;
/// Fewest lines with words of a piece of code without a definition.
const MIN_LINES: usize = 2;

struct File<'a> {
    text: &'a str,
    lines: &'a Lines,
    facts: Option<&'static Facts>,
}

/// The passages of a file of code.
pub(crate) fn definitions(
    path: &str,
    text: &str,
    lines: &Lines,
    symbols: Vec<Symbol>,
) -> Vec<Passage> {
    let grammar = grammars::by_path(Path::new(path));
    let file = File {
        text,
        lines,
        facts: grammar.map(|grammar| &grammar.facts),
    };
    let (kept, owners) = file.owners(symbols);
    let mut found = Vec::new();
    let mut at = file.module_comment(&owners, &mut found);
    let mut seen = vec![false; kept.len()];
    while at < owners.len() {
        let length = owners[at..]
            .iter()
            .take_while(|owner| **owner == owners[at]);
        let run = at..at + length.count();
        at = run.end;
        match owners[run.start].map(|owner| owner as usize) {
            Some(owner) if !seen[owner] => {
                seen[owner] = true;
                found.push(file.definition(&kept[owner], run));
            }
            owner => file.rest(owner.map(|owner| &kept[owner]), run, &mut found),
        }
    }
    found
}

fn is_function(symbol: &Symbol) -> bool {
    matches!(symbol.kind.as_str(), "function" | "method")
}

impl File<'_> {
    /// The definitions that are passages, and for each line the innermost one.
    fn owners(&self, mut symbols: Vec<Symbol>) -> (Vec<Symbol>, Vec<Option<u32>>) {
        symbols.sort_by_key(|one| (one.line, std::cmp::Reverse(one.end_line)));
        let mut owners = vec![None; self.lines.count()];
        let (mut kept, mut closed): (Vec<Symbol>, usize) = (Vec::new(), 0);
        for symbol in symbols {
            let inside = symbol.line < closed;
            if inside || symbol.end_line > owners.len() {
                continue;
            }
            if is_function(&symbol) {
                closed = symbol.end_line;
            }
            let first = self.with_comment(symbol.line, &owners);
            let owner = kept.len() as u32;
            owners[first..symbol.end_line].fill(Some(owner));
            kept.push(symbol);
        }
        (kept, owners)
    }

    /// The first line of the comment and the attributes above a line; those of another definition
    /// that ends there are its own.
    fn with_comment(&self, line: usize, owners: &[Option<u32>]) -> usize {
        let mut first = line;
        let own = |at: usize| owners.get(at).copied().flatten();
        while first > 0 && self.is_comment(first - 1) && own(first - 1) == own(line) {
            first -= 1;
        }
        first
    }

    fn is_comment(&self, at: usize) -> bool {
        let line = self.lines.line(self.text, at).trim();
        let marks = |mark: Option<&str>| mark.is_some_and(|mark| line.starts_with(mark));
        let block = self.facts.and_then(|facts| facts.block_comment.as_ref());
        marks(self.facts.and_then(|facts| facts.line_comment.as_deref()))
            || marks(block.map(|[open, _]| open.as_str()))
            || block.is_some() && (line.starts_with("* ") || line == "*" || line.ends_with("*/"))
            || line.starts_with(['@'])
            || line.starts_with("#[")
    }

    /// The passage of a definition: its comment, its docstring, its header and its body.
    fn definition(&self, symbol: &Symbol, run: Range<usize>) -> Passage {
        let last = run.end.saturating_sub(1).max(run.start);
        let first = symbol.line.clamp(run.start, last);
        let mut header = first + 1;
        while header < run.end && header < first + MAX_HEADER && !self.opens_body(header - 1) {
            header += 1;
        }
        let documentation = self.docstring(header..run.end).unwrap_or(header..header);
        let mut fields = vec![
            (Field::Documentation, self.lines.range(run.start..first)),
            (Field::Signature, self.lines.range(first..header)),
            (
                Field::Documentation,
                self.lines.range(documentation.clone()),
            ),
            (Field::Body, self.lines.range(header..documentation.start)),
            (Field::Body, self.lines.range(documentation.end..run.end)),
        ];
        let is_empty = [first == run.start, false, documentation.is_empty()];
        let is_empty = |at: usize| is_empty.get(at).is_some_and(|is_empty| *is_empty);
        let mut at = 0..;
        fields.retain(|(_, range)| !at.next().is_some_and(is_empty) && !range.is_empty());
        Passage {
            kind: match is_function(symbol) {
                true => PassageKind::Function,
                false => PassageKind::Definition,
            },
            lines: run,
            name: self.find(&symbol.name, first..header),
            parents: self.container(symbol),
            fields,
        }
    }

    fn opens_body(&self, at: usize) -> bool {
        let line = self.lines.line(self.text, at).trim_end();
        line.ends_with(['{', ':', ';', '}']) || line.trim().is_empty()
    }

    /// The lines of a docstring at the start of a body.
    fn docstring(&self, body: Range<usize>) -> Option<Range<usize>> {
        let facts = self
            .facts
            .filter(|facts| facts.block == BlockStyle::Colon)?;
        let first = body.clone().find(|at| !self.is_blank(*at))?;
        let line = self.lines.line(self.text, first).trim();
        let line = line.trim_start_matches(['r', 'R', 'u', 'b']);
        let quote = facts
            .quotes
            .iter()
            .find(|quote| line.starts_with(&***quote))?;
        let closes = |at: &usize| {
            let line = self.lines.line(self.text, *at);
            let quotes = line.matches(quote.as_str()).count();
            quotes > usize::from(*at == first)
        };
        let last = (first..body.end).find(closes)?;
        Some(first..last + 1)
    }

    fn is_blank(&self, at: usize) -> bool {
        self.lines.line(self.text, at).trim().is_empty()
    }

    /// Where a word is in these lines.
    fn find(&self, word: &str, lines: Range<usize>) -> Range<usize> {
        let range = self.lines.range(lines);
        let within = self.text.get(range.clone()).unwrap_or_default();
        let at = within.find(word).map(|at| range.start + at);
        at.map_or(0..0, |at| at..at + word.len())
    }

    /// The name of what a definition is a member of, where it is last before it.
    fn container(&self, symbol: &Symbol) -> Vec<Range<usize>> {
        if symbol.container.is_empty() {
            return Vec::new();
        }
        let first = symbol.line.saturating_sub(MAX_DISTANCE);
        let before = self.lines.range(first..symbol.line + 1);
        let text = self.text.get(before.clone()).unwrap_or_default();
        let at = text.rfind(&symbol.container).map(|at| before.start + at);
        let range = |at| at..at + symbol.container.len();
        at.map(range).into_iter().collect()
    }

    /// Lines that no definition begins with.
    fn rest(&self, owner: Option<&Symbol>, run: Range<usize>, found: &mut Vec<Passage>) {
        for piece in pieces(run, |at| self.is_blank(at)) {
            let has_words = |at: &usize| {
                let line = self.lines.line(self.text, *at);
                line.chars().filter(|c| c.is_alphabetic()).count() > 3
            };
            let Some(first) = piece.clone().find(has_words) else {
                continue;
            };
            let last = piece.clone().rev().find(has_words).unwrap_or(first);
            if piece.clone().filter(has_words).count() < MIN_LINES {
                continue;
            }
            found.push(Passage {
                kind: PassageKind::Code,
                lines: first..last + 1,
                parents: owner.map_or(Vec::new(), |owner| {
                    vec![self.find(&owner.name, owner.line..owner.line + 2)]
                }),
                fields: vec![(Field::Body, self.lines.range(first..last + 1))],
                ..Passage::default()
            });
        }
    }

    /// The comment or docstring at the top of a file as a document; returns the line after it.
    fn module_comment(&self, owners: &[Option<u32>], found: &mut Vec<Passage>) -> usize {
        let top = owners.iter().take_while(|owner| owner.is_none()).count();
        let Some(first) = (0..top).find(|at| !self.is_blank(*at)) else {
            return 0;
        };
        let end = match self.docstring(first..top) {
            Some(lines) => lines.end,
            None => {
                let is_text = |at: &usize| self.is_comment(*at);
                first + (first..top).take_while(is_text).count()
            }
        };
        let line = |number: usize| prose::Line {
            number,
            range: self.without_mark(number),
        };
        let lines: Vec<prose::Line> = (first..end).map(line).collect();
        if lines.len() < MIN_LINES {
            return 0;
        }
        let style = match self.facts.map(|facts| facts.block) {
            Some(BlockStyle::Colon) => Style::Underlined,
            _ => Style::Markdown,
        };
        found.extend(prose::sections(self.text, &lines, style));
        debug_assert!(found.iter().all(|one| one.lines.len() <= MAX_LINES));
        end
    }

    /// A line without the marks of a comment.
    fn without_mark(&self, at: usize) -> Range<usize> {
        let range = self.lines.range(at..at + 1);
        let line = self.text.get(range.clone()).unwrap_or_default();
        let inside = line.trim_start();
        let words = inside.trim_start_matches(['/', '!', '*']);
        let words = match self.facts.and_then(|facts| facts.line_comment.as_deref()) {
            Some("#") => words.trim_start_matches('#'),
            _ => words,
        };
        let words = words.strip_prefix(' ').unwrap_or(words);
        let is_text = words.len() == inside.len();
        range.end - if is_text { line.len() } else { words.len() }..range.end
    }
}
