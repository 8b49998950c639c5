//! Lines the user went past: between a changed place and one further down that was changed after
//! it.
//!
//! A place there that was left as it is speaks against the rule that holds for it.

/// What was passed over while a change was made again and again.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    /// The lines between which something was left, both excluded.
    between: Vec<(usize, usize)>,
}

impl Passed {
    /// From the lines of the changes, the latest first.
    pub fn new(lines: &[usize]) -> Self {
        let down = lines
            .windows(2)
            .filter(|pair| pair[1] < pair[0])
            .map(|pair| (pair[1], pair[0]));
        Self {
            between: down.collect(),
        }
    }

    /// Whether a place that still stands in this line was passed over.
    pub fn over(&self, line: usize) -> bool {
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
        let passed = Passed::new(&[9, 5, 7]);
        assert!(
            passed.over(6)
                && passed.over(8)
                && !passed.over(5)
                && !passed.over(4)
                && !passed.over(9)
        );
        assert!(!Passed::new(&[5, 9]).over(7));
    }
}
