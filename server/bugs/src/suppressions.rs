//! Comments that silence findings: `nigh: ignore` for all, `nigh: ignore same-operand,
//! unbound-name` for some.
//!
//! Such a comment counts for its own line, or, on a line of its own, for the line below. A word in
//! the place of a code that is none silences nothing: whoever misspelt it learns so, instead of
//! missing what the other patterns find.

use super::finding::Finding;
use super::patterns;
use super::view::View;
use std::ops::Range;
use syntax::Node;
use text::is_word;

const MARK: &str = "nigh: ignore";
/// What may stand between the mark and the codes, and between codes.
const SEPARATORS: &[char] = &[' ', '\t', ',', ':', '[', ']'];
/// How similar two words are at least, from 0 to 1, for one to be the other misspelt.
const SIMILAR: f64 = 0.6;
/// The same where the words around may be a remark.
const SIMILAR_IN_REMARK: f64 = 0.8;

/// A word in the place of a code that no pattern has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// Where it is, in bytes.
    pub range: Range<usize>,
    /// The word.
    pub word: String,
    /// The code that is spelt most like it, if any is similar.
    pub nearest: Option<&'static str>,
}

impl UnknownCode {
    /// What is wrong, as a sentence.
    pub fn message(&self) -> String {
        let advice = match self.nearest {
            Some(code) => format!("did you mean `{code}`?"),
            None => format!("`{MARK}` without a code silences all"),
        };
        format!(
            "no pattern has the code `{}`, so it silences nothing; {advice}",
            self.word
        )
    }
}

/// The ignoring comments of a file.
pub struct Suppressions {
    /// The start of each line that is silenced.
    lines: Vec<(usize, Silenced)>,
    starts: Vec<usize>,
    unknown: Vec<UnknownCode>,
}

/// What a comment silences.
enum Silenced {
    All,
    Codes(Vec<&'static str>),
}

impl Suppressions {
    /// Reads the comments of a file.
    pub fn of(view: &View) -> Self {
        let text = &view.code.text;
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let mut suppressions = Self {
            lines: Vec::new(),
            starts,
            unknown: Vec::new(),
        };
        if text.contains(MARK) {
            let comments = view.code.nodes().filter(|node| node.is_comment());
            comments.for_each(|comment| suppressions.read(view, comment));
        }
        suppressions
    }

    fn read(&mut self, view: &View, comment: Node) {
        let Some(rest) = after_mark(comment.text()) else {
            return;
        };
        let from = comment.start() + comment.text().len() - rest.len();
        let (codes, mut unknown) = read_codes(rest);
        let silenced = match codes.is_empty() && unknown.is_empty() {
            true => Silenced::All,
            false => Silenced::Codes(codes),
        };
        for unknown in &mut unknown {
            unknown.range = from + unknown.range.start..from + unknown.range.end;
        }
        self.unknown.extend(unknown);
        let line = if view.begins_line(comment) {
            let lines = comment.start()..comment.end().saturating_sub(1);
            view.whole_lines(lines).end
        } else {
            view.line_start(comment.start())
        };
        self.lines.push((line, silenced));
    }

    /// Whether a comment silences a finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        let line = self
            .starts
            .partition_point(|start| *start <= finding.range.start)
            - 1;
        let start = self.starts[line];
        let names_it = |silenced: &Silenced| match silenced {
            Silenced::All => true,
            Silenced::Codes(codes) => codes.contains(&finding.code),
        };
        let mut lines = self.lines.iter();
        lines.any(|(line, silenced)| *line == start && names_it(silenced))
    }

    /// The words in the places of codes that no pattern has, in the order of the text.
    pub fn into_unknown_codes(self) -> Vec<UnknownCode> {
        self.unknown
    }
}

/// Whether a comment in a text silences a finding of this code at an offset. For findings without a
/// tree: any mark on the line counts, or on the line above if nothing but a comment is there.
pub fn is_silenced(text: &str, offset: usize, code: &str) -> bool {
    if !text.contains(MARK) {
        return false;
    }
    let line_at = |offset: usize| {
        let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let end = text[offset..]
            .find('\n')
            .map_or(text.len(), |at| offset + at);
        start..end
    };
    let silences = |line: &str| {
        let Some(rest) = after_mark(line) else {
            return false;
        };
        let (codes, unknown) = read_codes(rest);
        codes.contains(&code) || codes.is_empty() && unknown.is_empty()
    };
    let own = line_at(offset);
    let above = own.start.checked_sub(1).map(line_at);
    let is_comment = |line: &&str| !line.trim_start().starts_with(is_word);
    let above = above.map(|above| &text[above]).filter(is_comment);
    silences(&text[own]) || above.is_some_and(silences)
}

/// What follows the mark in a comment; `None` where it is part of another word.
fn after_mark(comment: &str) -> Option<&str> {
    let (_, rest) = comment.split_once(MARK)?;
    let next = rest.strip_prefix('-').unwrap_or(rest).chars().next();
    (!next.is_some_and(is_word)).then_some(rest)
}

/// The codes after the mark, and the words in their places that are none, in bytes of `rest`. They
/// are the words directly after the mark or after a comma in the list; any other words are a
/// remark, unless they are codes, or nearly.
fn read_codes(rest: &str) -> (Vec<&'static str>, Vec<UnknownCode>) {
    let line = rest.lines().next().unwrap_or_default();
    let (mut codes, mut unknown) = (Vec::new(), Vec::new());
    let (mut end, mut is_list) = (0, true);
    for range in words(line) {
        let (word, before) = (&line[range.clone()], &line[end..range.start]);
        let is_listed = before.contains(',') || end == 0;
        is_list &= before.chars().all(|c| SEPARATORS.contains(&c));
        end = range.end;
        if let Some(code) = patterns::codes().find(|code| *code == word) {
            codes.push(code);
            continue;
        }
        is_list &= is_listed;
        let least = if is_list { SIMILAR } else { SIMILAR_IN_REMARK };
        let nearest = nearest(word, least);
        if is_list || nearest.is_some() {
            let word = word.to_owned();
            unknown.push(UnknownCode {
                range,
                word,
                nearest,
            });
        }
    }
    (codes, unknown)
}

/// The words of a line, which may hold hyphens, in bytes.
fn words(line: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| is_word(c) || c == '-';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(char::is_alphabetic)?;
        let rest = &line[start..];
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        at = start + length;
        Some(start..start + rest[..length].trim_end_matches('-').len())
    })
}

/// The code that is most similar to a word, if one is similar enough.
fn nearest(word: &str, least: f64) -> Option<&'static str> {
    let word = word.to_lowercase();
    let similarity = |code| (strsim::normalized_damerau_levenshtein(&word, code), code);
    let all = patterns::codes().map(similarity);
    let (similarity, code) = all.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (similarity >= least).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str) -> (Vec<&str>, Vec<String>) {
        let (codes, unknown) = read_codes(rest);
        let shown = |unknown: UnknownCode| {
            assert_eq!(rest[unknown.range.clone()], unknown.word);
            format!("{} -> {:?}", unknown.word, unknown.nearest)
        };
        (codes, unknown.into_iter().map(shown).collect())
    }

    #[test]
    fn codes_misspelt_ones_and_remarks_are_distinguished() {
        let codes = ["same-operand", "unbound-name"];
        for (rest, known, unknown) in [
            ("", &codes[..0], &[][..]),
            (" (x is a register)", &codes[..0], &[]),
            (" -- same here", &codes[..0], &[]),
            (" */", &codes[..0], &[]),
            (" same-operand, unbound-name", &codes, &[]),
            (" same-operand unbound-name", &codes, &[]),
            (": same-operand: x is a register", &codes[..1], &[]),
            ("[same-operand]", &codes[..1], &[]),
            (" same-operand-->", &codes[..1], &[]),
            (" same-operand because x moves, too", &codes[..1], &[]),
            (
                " same-operant",
                &[],
                &[r#"same-operant -> Some("same-operand")"#],
            ),
            (
                " Same-Operand, unbound-name",
                &codes[1..],
                &[r#"Same-Operand -> Some("same-operand")"#],
            ),
            (
                " same-operand unbound-nmae",
                &codes[..1],
                &[r#"unbound-nmae -> Some("unbound-name")"#],
            ),
            (
                " (same_operand)",
                &[],
                &[r#"same_operand -> Some("same-operand")"#],
            ),
            (" because", &[], &["because -> None"]),
            (" same-operand, E501", &codes[..1], &["E501 -> None"]),
        ] {
            let (found, missed) = read(rest);
            assert_eq!(
                (found.as_slice(), missed),
                (known, unknown.iter().map(|s| s.to_string()).collect()),
                "{rest}"
            );
        }
    }

    #[test]
    fn lines_are_silenced_without_a_tree() {
        let text = "SELECT a -- nigh: ignore\n, b\n-- nigh: ignore unknown-column\n, c, d\n";
        let is = |name: &str, code| is_silenced(text, text.find(name).unwrap(), code);
        assert!(is("a -", "unknown-table"));
        assert!(!is("b\n", "unknown-column"));
        assert!(is("c,", "unknown-column"));
        assert!(!is("c,", "unknown-table"));
    }

    #[test]
    fn the_mark_is_a_word_of_its_own() {
        assert_eq!(after_mark("# nigh: ignore"), Some(""));
        assert_eq!(after_mark("<!-- nigh: ignore-->"), Some("-->"));
        assert_eq!(after_mark("# nigh: ignored"), None);
        assert_eq!(after_mark("# nigh: ignore-next-line"), None);
    }
}
