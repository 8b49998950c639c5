//! A score as a plain table, for the terminal. Shares are in percent of the cases of their line,
//! and those of exact answers in percent of the cases that can be compared by parts. Nothing is
//! computed here that the score does not hold.

use super::score::{AnswerCounts, SqlScore};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The names of the columns, as wide as their numbers.
const HEAD: &str = "cases  answered  prepares  exact   same  undecided  right  of three";

/// A share in percent.
fn percent(part: usize, all: usize) -> String {
    match all {
        0 => "-".into(),
        _ => format!("{:.1}", 100.0 * part as f64 / all as f64),
    }
}

fn line(name: &str, counts: &AnswerCounts, out: &mut String) {
    let of_all = |part: usize| percent(part, counts.cases);
    let _ = writeln!(
        out,
        "{name:28} {:>5}  {:>8}  {:>8}  {:>5}  {:>5}  {:>9}  {:>5}  {:>8}",
        counts.cases,
        of_all(counts.answered),
        of_all(counts.prepared),
        percent(counts.exact, counts.comparable),
        of_all(counts.same),
        counts.inconclusive,
        of_all(counts.right),
        of_all(counts.right_of_three),
    );
}

fn group(title: &str, counts: &BTreeMap<String, AnswerCounts>, out: &mut String) {
    if counts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for (name, counts) in counts {
        line(&format!("  {name}"), counts, out);
    }
}

impl SqlScore {
    /// The score for people: shares in percent, `exact` of the cases that can be compared so.
    pub fn text(&self) -> String {
        let mut out = format!("{:28} {HEAD}\n", "");
        line("all", &self.total, &mut out);
        let _ = writeln!(
            out,
            "standard error over {} databases: exact {:.1}, right {:.1} points",
            self.by_database.len(),
            100.0 * self.exact_error,
            100.0 * self.right_error
        );
        let not_comparable = self.total.cases - self.total.comparable;
        let _ = writeln!(
            out,
            "{not_comparable} known queries cannot be compared by parts"
        );
        if let Some(times) = self.times {
            let (p50, p95) = (1e3 * times.p50, 1e3 * times.p95);
            let _ = writeln!(out, "time: p50 {p50:.1} ms, p95 {p95:.1} ms");
        }
        group("by hardness", &self.by_hardness, &mut out);
        group("by language", &self.by_language, &mut out);
        group("by split", &self.by_split, &mut out);
        group("by database", &self.by_database, &mut out);
        self.add_confidence(&mut out);
        self.add_faults(&mut out);
        for why in &self.left_out {
            let _ = writeln!(out, "left out: {why}");
        }
        out
    }

    fn add_confidence(&self, out: &mut String) {
        let coverage = percent(self.shown, self.total.cases);
        let precision = percent(self.shown_right, self.shown);
        let _ = writeln!(
            out,
            "\noffered unasked: {coverage} % of cases, {precision} % right"
        );
        let _ = writeln!(out, "confidence from  coverage  precision");
        for point in &self.curve {
            let (coverage, precision) = (100.0 * point.coverage, 100.0 * point.precision);
            let _ = writeln!(
                out,
                "{:>15.3}  {coverage:>8.1}  {precision:>9.1}",
                point.confidence
            );
        }
    }

    fn add_faults(&self, out: &mut String) {
        let _ = writeln!(out, "\nfaults");
        for (fault, count) in &self.faults {
            let share = percent(*count, self.total.cases);
            let _ = writeln!(out, "  {:26} {count:>5}  {share:>8}", fault.name());
        }
    }
}
