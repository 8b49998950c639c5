//! Which lines of a document are headings, in Markdown, reStructuredText, AsciiDoc, Org and plain
//! text.
//!
//! `prose` cuts at them. The lines may be those of a comment without their marks. Nothing here
//! knows what is below a heading.

use super::prose::Line;
use std::ops::Range;

/// How a document marks its headings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `# Heading`, or a line of `=` or `-` below it.
    Markdown,
    /// A line of punctuation below it, and perhaps above it.
    Underlined,
    /// `== Heading`.
    Asciidoc,
    /// `* Heading`.
    Org,
    /// Underlined, numbered, or in capitals.
    Plain,
}

/// A heading.
pub(crate) struct Heading {
    /// The number of its first line in the list of lines.
    pub first: usize,
    /// The number of the line after it and its underline.
    pub end: usize,
    /// Its words.
    pub name: Range<usize>,
    /// 1 is the outermost.
    pub level: usize,
}

/// Most bytes of a heading.
const MAX_HEADING: usize = 200;

/// The headings among these lines, in order.
pub(crate) fn headings(text: &str, lines: &[Line], style: Style) -> Vec<Heading> {
    let mut finder = Finder {
        text,
        lines,
        style,
        marks: Vec::new(),
        fence: None,
    };
    let (mut found, mut at) = (Vec::new(), finder.front_matter());
    while at < lines.len() {
        match finder.heading(at) {
            Some(heading) => {
                at = heading.end;
                found.push(heading);
            }
            None => at += 1,
        }
    }
    found
}

struct Finder<'a> {
    text: &'a str,
    lines: &'a [Line],
    style: Style,
    /// The kinds of underlines in the order in which they first occur.
    marks: Vec<(u8, bool)>,
    /// What closes the block of code that is open.
    fence: Option<String>,
}

impl<'a> Finder<'a> {
    fn line(&self, at: usize) -> &'a str {
        let range = self.lines.get(at).map(|line| line.range.clone());
        let line = range.and_then(|range| self.text.get(range));
        line.unwrap_or_default().trim_end()
    }

    /// The first line after a block of settings at the top.
    fn front_matter(&self) -> usize {
        let fence = self.line(0);
        if self.style != Style::Markdown || !matches!(fence, "---" | "+++") {
            return 0;
        }
        let close = (1..self.lines.len().min(60)).find(|at| self.line(*at) == fence);
        close.map_or(0, |at| at + 1)
    }

    fn heading(&mut self, at: usize) -> Option<Heading> {
        let line = self.line(at);
        if self.is_fenced(line) || line.is_empty() || line.len() > MAX_HEADING {
            return None;
        }
        match self.style {
            Style::Markdown => self
                .marked(at, '#')
                .or_else(|| self.underlined(at, b"=-").filter(|_| !self.is_item(line))),
            Style::Asciidoc => self
                .marked(at, '=')
                .or_else(|| self.underlined(at, b"=-~^")),
            Style::Org => self.marked(at, '*'),
            Style::Underlined => self.underlined(at, UNDERLINES),
            Style::Plain => self
                .underlined(at, UNDERLINES)
                .or_else(|| self.marked(at, '#'))
                .or_else(|| self.plain(at)),
        }
    }

    /// Follows blocks of code; whether this line is part of one.
    fn is_fenced(&mut self, line: &str) -> bool {
        let start = line.trim_start();
        if let Some(fence) = &self.fence {
            let rest = start.strip_prefix(fence.as_str());
            if rest.is_some_and(|rest| rest.chars().all(|c| fence.starts_with(c))) {
                self.fence = None;
            }
            return true;
        }
        let fences: &[&str] = match self.style {
            Style::Markdown => &["```", "~~~"],
            Style::Asciidoc => &["----", "....", "```"],
            _ => &[],
        };
        let fence = fences.iter().find(|fence| start.starts_with(**fence));
        let length = |mark: char| start.chars().take_while(|c| *c == mark).count();
        let mark = fence.and_then(|fence| fence.chars().next());
        self.fence = mark.map(|mark| mark.to_string().repeat(length(mark)));
        mark.is_some()
    }

    fn is_item(&self, line: &str) -> bool {
        line.starts_with([' ', '\t', '>', '|', '-', '*'])
    }

    /// A heading with its level in marks before it.
    fn marked(&self, at: usize, mark: char) -> Option<Heading> {
        let line = self.line(at);
        let level = line.chars().take_while(|c| *c == mark).count();
        let words = line[level..].strip_prefix(' ')?;
        let name = words.trim().trim_end_matches(mark).trim();
        let fits = (1..=6).contains(&level) && !name.is_empty();
        fits.then(|| self.found(at..at + 1, name, level))
    }

    fn found(&self, lines: Range<usize>, name: &str, level: usize) -> Heading {
        let start = name.as_ptr() as usize - self.text.as_ptr() as usize;
        Heading {
            first: lines.start,
            end: lines.end,
            name: start..start + name.len(),
            level,
        }
    }

    /// A heading with a line of marks below it, and perhaps one above it.
    fn underlined(&mut self, at: usize, marks: &[u8]) -> Option<Heading> {
        let over = underline(self.line(at), marks);
        let (title, below) = match over {
            Some(_) => (at + 1, at + 2),
            None => (at, at + 1),
        };
        let name = self.line(title).trim();
        let (mark, length) = underline(self.line(below), marks)?;
        let width = name.chars().count();
        let is_title = width > 0
            && length + 2 >= width
            && over.is_none_or(|over| over == (mark, length))
            && (over.is_some() || !self.line(title).starts_with([' ', '\t', '=']))
            && name.contains(char::is_alphanumeric);
        // A table's rule has blanks, or is among other rows.
        let is_row = name.contains("  ") || name.contains('|');
        if !is_title || is_row || self.style == Style::Markdown && over.is_some() {
            return None;
        }
        let kind = (mark, over.is_some());
        let known = self.marks.iter().position(|known| *known == kind);
        let level = known.unwrap_or_else(|| {
            self.marks.push(kind);
            self.marks.len() - 1
        });
        let level = match (self.style, mark) {
            (Style::Markdown | Style::Asciidoc, b'=') => 1,
            (Style::Markdown | Style::Asciidoc, _) => 2,
            _ => level + 1,
        };
        Some(self.found(at..below + 1, name, level))
    }

    /// A line of capitals, or one that begins with a number such as `2.1`, after an empty one.
    fn plain(&self, at: usize) -> Option<Heading> {
        let line = self.line(at);
        let is_separate = at == 0 || self.line(at - 1).is_empty();
        if !is_separate || line.len() > 100 || line.ends_with([',', ';', '.']) {
            return None;
        }
        let digits = line.trim_start();
        let number = digits.split(' ').next().unwrap_or_default();
        let name = digits[number.len()..].trim();
        let is_number = number.starts_with(|c: char| c.is_ascii_digit())
            && number.contains('.')
            && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if is_number && name.contains(char::is_alphabetic) {
            let level = 1 + number.trim_end_matches('.').matches('.').count();
            return Some(self.found(at..at + 1, name, level));
        }
        let letters = line.chars().filter(|c| c.is_alphabetic()).count();
        let capitals = letters > 3 && !line.contains(char::is_lowercase);
        (capitals && !line.starts_with([' ', '\t'])).then(|| self.found(at..at + 1, line.trim(), 1))
    }
}

const UNDERLINES: &[u8] = b"=-~^\"'`#*+:._<>$%&!";

/// The mark and the length of a line of at least three equal marks.
fn underline(line: &str, marks: &[u8]) -> Option<(u8, usize)> {
    let first = *line.as_bytes().first()?;
    let fits = line.len() >= 3 && marks.contains(&first) && line.bytes().all(|b| b == first);
    fits.then_some((first, line.len()))
}
