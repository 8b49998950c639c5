//! What a user may choose about a report.

use crate::period::PeriodSpan;

/// The language of the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub enum ReportLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

/// The choices for a report; everything that is not chosen is taken from the profile.
#[derive(Clone, Debug, Default)]
pub struct ReportOptions {
    /// The name of the table in the queries; that of the file, as a rule.
    pub table: String,
    /// What the user asks, in English or Chinese.
    pub question: Option<String>,
    /// Columns that are analysed.
    pub measures: Vec<String>,
    /// The column of the time.
    pub time: Option<String>,
    /// Columns whose values are segments.
    pub dimensions: Vec<String>,
    /// How long a period is.
    pub span: Option<PeriodSpan>,
    /// The language of the sentences; that of the question if it is not given.
    pub language: Option<ReportLanguage>,
    /// Whether values of columns that look personal are shown.
    pub show_values: bool,
}
