//! Comments that silence findings: `nigh: ignore` for all, `nigh: ignore same-operand,
//! unbound-name` for some.
//!
//! Such a comment counts for its own line, or, on a line of its own, for the line below.

use super::finding::Finding;
use super::view::View;

const MARK: &str = "nigh: ignore";

/// The ignoring comments of a file.
pub struct Suppressions {
    /// The start of each line that is silenced, and the codes; none means all.
    lines: Vec<(usize, Vec<String>)>,
    starts: Vec<usize>,
}

impl Suppressions {
    /// Reads the comments of a file.
    pub fn of(view: &View) -> Self {
        let text = &view.code.text;
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        let mut lines = Vec::new();
        if text.contains(MARK) {
            for comment in view.code.nodes().filter(|node| node.is_comment()) {
                let Some((_, codes)) = comment.text().split_once(MARK) else {
                    continue;
                };
                let below = view
                    .whole_lines(comment.start()..comment.end().saturating_sub(1))
                    .end;
                let line = if view.begins_line(comment) {
                    below
                } else {
                    view.line_start(comment.start())
                };
                lines.push((line, names(codes)));
            }
        }
        Self { lines, starts }
    }

    /// Whether a comment silences a finding.
    pub fn covers(&self, finding: &Finding) -> bool {
        let line = self
            .starts
            .partition_point(|start| *start <= finding.range.start)
            - 1;
        let start = self.starts[line];
        let named =
            |codes: &[String]| codes.is_empty() || codes.iter().any(|code| code == finding.code);
        self.lines
            .iter()
            .any(|(silenced, codes)| *silenced == start && named(codes))
    }
}

/// The codes after the mark, up to the end of its line or of the comment.
fn names(rest: &str) -> Vec<String> {
    let line = rest
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches("*/")
        .trim_end_matches("-->");
    let words = line.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
    words
        .filter(|word| super::patterns::is_code(word))
        .map(str::to_owned)
        .collect()
}
