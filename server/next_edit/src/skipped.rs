//! Lines the user went past: between a changed place and one further down that was changed after
//! it.
//!
//! A place there that was left as it is speaks against the rule that matches it.

/// The lines that were skipped while a change was made again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct SkippedLines {
    /// The lines between which something was left, both excluded.
    between: Vec<(usize, usize)>,
}

impl SkippedLines {
    /// From the lines of the changes, the latest first.
    pub fn new(lines: &[usize]) -> Self {
        let downward = lines.windows(2).filter(|pair| pair[1] < pair[0]);
        Self {
            between: downward.map(|pair| (pair[1], pair[0])).collect(),
        }
    }

    /// Whether the user went past this line.
    pub fn contains(&self, line: usize) -> bool {
        self.between
            .iter()
            .any(|(above, below)| *above < line && line < *below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_on_the_way_down() {
        let skipped = SkippedLines::new(&[9, 5, 7]);
        assert!(
            skipped.contains(6)
                && skipped.contains(8)
                && !skipped.contains(5)
                && !skipped.contains(4)
                && !skipped.contains(9)
        );
        assert!(!SkippedLines::new(&[5, 9]).contains(7));
    }
}
