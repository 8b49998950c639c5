//! What a report says: findings with their numbers, tests and queries.
//!
//! A finding knows its kind and numbers, not its words: those are in `sentence/`. The query returns
//! one row, in which each column is named like a number of the finding and has its exact value.

use crate::period::PeriodSpan;

/// What a finding is about. The order is that of a section's sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// How much there is in all; not tested.
    Overview,
    /// From some date on the values are a power of ten larger or smaller.
    UnitChange,
    /// A steady rise or fall.
    Trend,
    /// A place from which on the level differs.
    LevelShift,
    /// A cycle that repeats.
    Season,
    /// A period that does not fit.
    PeriodOutlier,
    /// The last complete period against the same one a year before; not tested.
    YearBefore,
    /// The last complete period against the one before; not tested.
    LastPeriod,
    /// The change between two windows that drivers are explained for.
    Change,
    /// A segment that makes most of a change.
    Driver,
    /// A change, split into volume, rate and mix.
    Split,
    /// Segments that move against the whole.
    Simpson,
    /// The largest segment; not tested.
    Composition,
    /// What a segment holds, of a dimension that was asked for; not tested.
    SegmentPart,
    /// Segments with different means.
    SegmentMeans,
    /// Two columns that move together.
    Relation,
    /// Rows whose values do not fit.
    RowOutlier,
    /// A run of periods in which values are missing.
    MissingBurst,
    /// A column with many missing values; not tested.
    MissingValues,
    /// Values of a key that occur more than once.
    DuplicateKeys,
    /// Rows that are copies of others.
    DuplicateRows,
    /// A column with one value in all rows.
    Constant,
}

/// The part of the page that a finding belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportSection {
    /// What happened over time.
    Changes,
    /// Where a change comes from.
    Drivers,
    /// What differs between segments and columns.
    Differences,
    /// What is wrong with the data.
    Quality,
}

impl FindingKind {
    /// The section that it is shown in.
    pub fn section(self) -> ReportSection {
        match self {
            Self::Overview
            | Self::LastPeriod
            | Self::YearBefore
            | Self::Trend
            | Self::LevelShift
            | Self::Season
            | Self::PeriodOutlier => ReportSection::Changes,
            Self::Change | Self::Driver | Self::Split | Self::Simpson => ReportSection::Drivers,
            Self::Composition | Self::SegmentPart | Self::SegmentMeans | Self::Relation => {
                ReportSection::Differences
            }
            Self::UnitChange
            | Self::RowOutlier
            | Self::MissingBurst
            | Self::MissingValues
            | Self::DuplicateKeys
            | Self::DuplicateRows
            | Self::Constant => ReportSection::Quality,
        }
    }

    /// Whether it only describes what is in the file, and claims no pattern.
    pub fn is_description(self) -> bool {
        matches!(
            self,
            Self::Overview
                | Self::LastPeriod
                | Self::YearBefore
                | Self::Composition
                | Self::SegmentPart
                | Self::Split
                | Self::MissingValues
                | Self::Constant
        )
    }
}

/// An exact value of a finding.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum NumberValue {
    /// A whole number.
    Count(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text, for example of a period or a segment.
    Text(String),
}

/// How a value is written in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberForm {
    /// A number of rows or other things.
    Count,
    /// An amount of the measure.
    Amount,
    /// A share, shown in percent and without its sign: the sentence says "less" or "below".
    Percent,
    /// How many times as large.
    Times,
    /// The label of a period.
    Period(PeriodSpan),
    /// The phase of a cycle: a weekday, a month of the year.
    Phase(PeriodSpan),
    /// A text as it is.
    Text,
    /// A text that may be personal and is masked unless values are shown.
    Private,
}

impl NumberForm {
    /// The word by which names of a finding say that their value is masked.
    pub(crate) fn key(self) -> &'static str {
        if self == Self::Private {
            "private"
        } else {
            "text"
        }
    }
}

/// A number of a finding: the name is that of the query's column and of the place in templates.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ReportNumber {
    /// The query's column.
    pub name: &'static str,
    /// The exact value.
    pub value: NumberValue,
    /// How it is written.
    pub form: NumberForm,
}

/// The test of a finding.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct StatisticalTest {
    /// The method, by its key in the catalogs of sentences: `mann_kendall`.
    pub method: &'static str,
    /// The probability of such data without the pattern.
    pub p: f64,
    /// The size in the method's own unit, for example standard deviations or a share of variance.
    pub effect: f64,
}

/// One statement of a report, without its words.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ReportFinding {
    /// What it is about.
    pub kind: FindingKind,
    /// Which template of the kind is used: `trend.rise`.
    pub template: &'static str,
    /// The measure that it is about.
    pub measure: Option<String>,
    /// Names for the template that are no results: columns, spans.
    pub names: Vec<(&'static str, String)>,
    /// All numbers of the sentence.
    pub numbers: Vec<ReportNumber>,
    /// How many rows it rests on.
    pub rows: u64,
    /// How many periods it rests on; 0 where time has no part in it.
    pub periods: u64,
    /// The labels of the first and last period that it rests on.
    pub range: Option<(String, String)>,
    /// The test, if it claims a pattern.
    pub test: Option<StatisticalTest>,
    /// How much it matters, for the order on the page: 0 and up.
    pub weight: f64,
    /// The query that gives the numbers.
    pub sql: String,
}

impl ReportFinding {
    /// A finding without numbers, from its kind and query.
    pub(crate) fn new(kind: FindingKind, template: &'static str, sql: String) -> Self {
        Self {
            kind,
            template,
            measure: None,
            names: Vec::new(),
            numbers: Vec::new(),
            rows: 0,
            periods: 0,
            range: None,
            test: None,
            weight: 0.0,
            sql,
        }
    }

    pub(crate) fn name(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.names.push((name, value.into()));
        self
    }

    pub(crate) fn count(self, name: &'static str, value: u64) -> Self {
        let value = NumberValue::Count(i64::try_from(value).unwrap_or(i64::MAX));
        self.number(name, value, NumberForm::Count)
    }

    pub(crate) fn amount(self, name: &'static str, value: f64) -> Self {
        self.number(name, NumberValue::Real(value), NumberForm::Amount)
    }

    pub(crate) fn percent(self, name: &'static str, value: f64) -> Self {
        self.number(name, NumberValue::Real(value), NumberForm::Percent)
    }

    /// A share, where shares make sense.
    pub(crate) fn percent_if(self, makes_sense: bool, name: &'static str, value: f64) -> Self {
        if makes_sense {
            self.percent(name, value)
        } else {
            self
        }
    }

    pub(crate) fn text(
        self,
        name: &'static str,
        value: impl Into<String>,
        form: NumberForm,
    ) -> Self {
        self.number(name, NumberValue::Text(value.into()), form)
    }

    pub(crate) fn number(
        mut self,
        name: &'static str,
        value: NumberValue,
        form: NumberForm,
    ) -> Self {
        self.numbers.push(ReportNumber { name, value, form });
        self
    }

    pub(crate) fn test(mut self, method: &'static str, p: f64, effect: f64) -> Self {
        self.test = Some(StatisticalTest { method, p, effect });
        self
    }

    pub(crate) fn weight(mut self, weight: f64) -> Self {
        self.weight = if weight.is_finite() { weight } else { 0.0 };
        self
    }

    /// The value of a number, if it has one of that name that is no text.
    pub fn value(&self, name: &str) -> Option<f64> {
        let number = self.numbers.iter().find(|number| number.name == name)?;
        match number.value {
            NumberValue::Count(count) => Some(count as f64),
            NumberValue::Real(value) => Some(value),
            NumberValue::Text(_) => None,
        }
    }

    /// The text of a number or name, if it has one.
    pub fn word(&self, name: &str) -> Option<&str> {
        let named = self.names.iter().find(|(key, _)| *key == name);
        let text = |number: &'_ ReportNumber| number.name == name;
        match (named, self.numbers.iter().find(|number| text(number))) {
            (Some((_, value)), _) => Some(value),
            (
                None,
                Some(ReportNumber {
                    value: NumberValue::Text(value),
                    ..
                }),
            ) => Some(value),
            _ => None,
        }
    }
}
