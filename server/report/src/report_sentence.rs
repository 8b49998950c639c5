//! A finding in words: the sentence of a report, and what to do about it.
//!
//! Made once from the finding and the catalogs; pages and answers only choose and lay out.

use crate::finding::ReportFinding;
use crate::sentence::{self, Piece, Writer};

/// A finding in words.
#[derive(Clone, Debug)]
pub struct ReportSentence {
    /// What it says, without words.
    pub finding: ReportFinding,
    /// The sentence.
    pub text: String,
    /// What to do about it, if there is something.
    pub advice: Option<String>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) advice_pieces: Vec<Piece>,
}

impl ReportSentence {
    /// The sentence of a finding.
    pub(crate) fn write(writer: &Writer, finding: ReportFinding) -> Self {
        let pieces = writer.sentence(&finding);
        let advice_pieces = writer.advice(&finding).unwrap_or_default();
        let advice = sentence::plain(&advice_pieces);
        Self {
            text: sentence::plain(&pieces),
            advice: (!advice.is_empty()).then_some(advice),
            finding,
            pieces,
            advice_pieces,
        }
    }
}
