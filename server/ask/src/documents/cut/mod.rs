//! Files cut into passages: documents at headings, code at definitions, settings at blank lines.
//!
//! A passage names places of its text and copies nothing. `segment` indexes its fields; when a
//! passage is shown, its file is cut again. Nothing here knows questions or scores.

mod code;
mod headings;
mod prose;
mod settings;

use index::{Index, Symbol};
use std::ops::Range;

/// Most lines of a passage that is no definition.
const MAX_LINES: usize = 60;
/// Most lines of a file that are read.
const MAX_FILE_LINES: usize = 60_000;

/// What a passage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PassageKind {
    /// A part of a document.
    #[default]
    Section,
    /// A function or method.
    Function,
    /// A type, a constant, or anything else with a name.
    Definition,
    /// Code outside of definitions.
    Code,
    /// Settings of a file such as `tox.ini`.
    Settings,
}

/// A part of a passage that has a weight of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    /// The name of a definition or the heading of a section.
    Name,
    /// The headings above, or what a definition is a member of.
    Parents,
    /// What a definition says of its parameters and results.
    Signature,
    /// A comment above a definition, or its docstring.
    Documentation,
    /// All else.
    Body,
    /// The path of its file.
    Path,
}

/// How many fields there are.
pub(crate) const FIELDS: usize = 6;

/// A passage as ranges of its file's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passage {
    pub kind: PassageKind,
    /// Its lines, counted from 0.
    pub lines: Range<usize>,
    /// Its heading or name; empty if it has none.
    pub name: Range<usize>,
    /// The headings above its own, outermost first, or the name of its container.
    pub parents: Vec<Range<usize>>,
    /// Other fields; what is in no field is not searched.
    pub fields: Vec<(Field, Range<usize>)>,
}

/// The passages of a file, in the order of the text.
pub(crate) fn passages(index: &Index, path: &str, text: &str) -> Vec<Passage> {
    let lines = Lines::new(text);
    match Form::of(path) {
        Form::None => Vec::new(),
        Form::Prose(style) => prose::sections(text, &lines.all(), style),
        Form::Settings => settings::blocks(text, &lines),
        Form::Code => {
            let symbols: Vec<Symbol> = index.outline(path);
            code::definitions(path, text, &lines, symbols)
        }
    }
}

/// How a file is cut.
enum Form {
    None,
    Prose(headings::Style),
    Settings,
    Code,
}

impl Form {
    fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
        match &*extension.to_lowercase() {
            "md" | "markdown" | "mdx" => Self::Prose(headings::Style::Markdown),
            "rst" => Self::Prose(headings::Style::Underlined),
            "adoc" | "asciidoc" => Self::Prose(headings::Style::Asciidoc),
            "org" => Self::Prose(headings::Style::Org),
            "txt" if name.contains("requirements") || name == "CMakeLists.txt" => Self::Settings,
            "txt" | "" if is_prose_name(name) || extension == "txt" => {
                Self::Prose(headings::Style::Plain)
            }
            "toml" | "ini" | "cfg" | "conf" | "yaml" | "yml" | "properties" | "env" | "nix"
            | "gradle" | "cmake" | "mk" => Self::Settings,
            "csv" | "tsv" | "json" | "xml" | "svg" | "ipynb" | "lock" | "po" | "pot" => Self::None,
            _ => Self::Code,
        }
    }
}

/// Whether a name without an extension is that of a document.
fn is_prose_name(name: &str) -> bool {
    let is_upper = |c: char| c.is_ascii_uppercase() || c == '_' || c == '-';
    name.len() > 2 && name.chars().all(is_upper) && name != "BUILD"
}

/// The lines of a text as byte ranges without their line breaks.
pub(crate) struct Lines {
    starts: Vec<usize>,
    length: usize,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let mut starts = vec![0];
        for (at, _) in text.match_indices('\n').take(MAX_FILE_LINES) {
            starts.push(at + 1);
        }
        let length = match starts.len() > MAX_FILE_LINES {
            true => starts.pop().unwrap_or(0),
            false => text.len(),
        };
        Self { starts, length }
    }

    pub(crate) fn count(&self) -> usize {
        self.starts.len()
    }

    /// The bytes from the start of one line to the end of the last one, without its line break.
    pub(crate) fn range(&self, lines: Range<usize>) -> Range<usize> {
        let start = self.starts.get(lines.start).copied();
        let start = start.unwrap_or(self.length);
        let end = match self.starts.get(lines.end) {
            Some(next) => next.saturating_sub(1),
            None => self.length,
        };
        start..end.max(start)
    }

    /// The text of a line.
    pub(crate) fn line<'a>(&self, text: &'a str, number: usize) -> &'a str {
        text.get(self.range(number..number + 1)).unwrap_or_default()
    }

    fn all(&self) -> Vec<prose::Line> {
        let line = |number| prose::Line {
            number,
            range: self.range(number..number + 1),
        };
        (0..self.count()).map(line).collect()
    }
}

/// Cuts lines into pieces of at most [`MAX_LINES`], preferably where `is_gap` says so.
fn pieces(lines: Range<usize>, is_gap: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), lines.start);
    while lines.end - start > MAX_LINES {
        let half = start + MAX_LINES / 2;
        let gap = (half..start + MAX_LINES).rev().find(|line| is_gap(*line));
        let end = gap.map_or(start + MAX_LINES, |gap| gap + 1);
        found.push(start..end);
        start = end;
    }
    if start < lines.end {
        found.push(start..lines.end);
    }
    found
}
