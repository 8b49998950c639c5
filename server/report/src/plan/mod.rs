//! What a report is about: the time, the measures, the segments and the rows that count.
//!
//! A plan comes from the options, then from the question, then from the profile, in this order. It
//! says in notes what it left out and why. It reads no rows.

mod asked_time;
mod periods;
pub(crate) mod question;
pub(crate) mod roles;
mod segments;
#[cfg(test)]
mod tests;
mod totals;
pub(crate) mod words;

use crate::options::{ReportLanguage, ReportOptions};
use crate::period::{PeriodSpan, TimeKind};
use crate::problem::ReportProblem;
use crate::sentence::catalog;
use crate::source_sql::{MeasureAggregate, SourceSql};
use crate::sql::{quoted, text};
pub(crate) use asked_time::AskedTime;
use data::files::{ColumnProfile, DataFile};
use question::Question;
pub(crate) use segments::{PlanDimension, PlanPair, Segment};
pub(crate) use totals::PlanTotals;

/// As many measures are analysed if none are named.
const MAX_MEASURES: usize = 3;
/// As many columns have their values compared by period and with each other.
const MAX_TRACKED: usize = 12;
/// As many columns are segments.
const MAX_DIMENSIONS: usize = 4;

/// The time column and its periods.
#[derive(Clone, Debug)]
pub(crate) struct PlanTime {
    pub(crate) column: usize,
    pub(crate) kind: TimeKind,
    pub(crate) span: PeriodSpan,
    /// The ordinal numbers of the first and last period in the file.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Whether rows outside these periods are left out, because their dates seem wrong.
    pub(crate) is_cut: bool,
}

impl PlanTime {
    /// SQL that is true for rows within the periods, and for those without a time.
    fn condition(&self, column: &str) -> String {
        format!(
            "({} IS NULL OR {} BETWEEN {} AND {})",
            quoted(column),
            self.span.sql(column, self.kind),
            text(&self.span.label(self.first)),
            text(&self.span.label(self.last))
        )
    }
}

/// A measure: a column's sum or mean, or the number of rows.
#[derive(Clone, Debug)]
pub(crate) struct PlanMeasure {
    /// `None` for the number of rows.
    pub(crate) column: Option<usize>,
    pub(crate) name: String,
    /// Whether all values are true or false, or 0 and 1: the mean is a share then.
    pub(crate) is_boolean: bool,
    /// Whether shares of the values make sense.
    pub(crate) has_zero: bool,
    /// What makes percentage points of a difference, if the values are shares or percentages.
    pub(crate) points: Option<f64>,
    pub(crate) aggregate: MeasureAggregate,
}

/// A sentence about the plan, as a template and its names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct PlanNote {
    pub(crate) template: &'static str,
    pub(crate) names: Vec<(&'static str, String)>,
}

impl PlanNote {
    pub(crate) fn new(template: &'static str) -> Self {
        Self {
            template,
            names: Vec::new(),
        }
    }

    pub(crate) fn name(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.names.push((name, value.into()));
        self
    }
}

/// The plan of a report.
#[derive(Clone, Debug)]
pub(crate) struct ReportPlan {
    pub(crate) table: String,
    pub(crate) language: ReportLanguage,
    pub(crate) time: Option<PlanTime>,
    /// The measures first; then further columns of numbers, of which quality is checked.
    pub(crate) tracked: Vec<PlanMeasure>,
    /// How many of `tracked` are measures.
    pub(crate) measures: usize,
    pub(crate) dimensions: Vec<PlanDimension>,
    /// The columns of dimensions that an option or the question names: all parts are described.
    pub(crate) named: Vec<usize>,
    /// Dimensions that are looked at together.
    pub(crate) pairs: Vec<PlanPair>,
    /// Only rows of this segment count: the column, and its value.
    pub(crate) filter: Option<(usize, Segment)>,
    /// Rows of these segments do not count, because they add up others.
    pub(crate) totals: Vec<PlanTotals>,
    pub(crate) question: Option<Question>,
    pub(crate) notes: Vec<PlanNote>,
}

impl ReportPlan {
    /// The measures that are analysed.
    pub(crate) fn measures(&self) -> &[PlanMeasure] {
        &self.tracked[..self.measures]
    }

    /// The rows that count, without a measure.
    pub(crate) fn rows_sql(&self, columns: &[ColumnProfile]) -> SourceSql {
        let name = |column: usize| columns[column].name.clone();
        let filter = self.filter.as_ref();
        let time = self.time.as_ref();
        let cut = time.filter(|time| time.is_cut);
        let inside = cut.map(|time| time.condition(&name(time.column)));
        SourceSql {
            table: self.table.clone(),
            time: time.map(|time| (name(time.column), time.kind, time.span)),
            measure: None,
            aggregate: MeasureAggregate::Rows,
            conditions: filter
                .map(|(at, segment)| segment.condition(&name(*at)))
                .into_iter()
                .chain(inside)
                .chain(self.totals.iter().map(|one| one.condition(columns)))
                .collect(),
            range: None,
        }
    }

    /// The rows that count for a tracked measure.
    pub(crate) fn measure_sql(
        &self,
        measure: &PlanMeasure,
        columns: &[ColumnProfile],
    ) -> SourceSql {
        let column = measure.column;
        SourceSql {
            measure: column.map(|at| (columns[at].name.clone(), measure.is_boolean)),
            aggregate: measure.aggregate,
            ..self.rows_sql(columns)
        }
    }
}

/// Makes the plan of a report.
///
/// # Errors
/// If an option names a column that the file does not have, or that cannot serve.
pub(crate) fn choose(
    file: &DataFile,
    options: &ReportOptions,
) -> Result<ReportPlan, ReportProblem> {
    let columns = file.columns();
    let roles: Vec<roles::ColumnRole> = columns.iter().map(roles::role).collect();
    let question = options
        .question
        .as_deref()
        .map(|text| question::read(text, &options.table, columns, &roles));
    let asked_in = question.as_ref().map(|question| question.language);
    let mut plan = ReportPlan {
        table: if options.table.is_empty() {
            "data".to_owned()
        } else {
            options.table.clone()
        },
        language: options.language.or(asked_in).unwrap_or_default(),
        time: None,
        tracked: Vec::new(),
        measures: 0,
        dimensions: Vec::new(),
        named: Vec::new(),
        pairs: Vec::new(),
        filter: None,
        totals: Vec::new(),
        question,
        notes: Vec::new(),
    };
    let asked_span = plan.question.as_ref().and_then(|asked| asked.span);
    let span = options.span.or(asked_span);
    plan.time = periods::choose(columns, &roles, options, span, &mut plan.notes)?;
    choose_filter(&mut plan, columns);
    totals::choose(&mut plan, columns);
    choose_measures(&mut plan, columns, &roles, options)?;
    choose_dimensions(&mut plan, columns, &roles, options)?;
    add_notes(&mut plan, columns);
    Ok(plan)
}

fn choose_filter(plan: &mut ReportPlan, columns: &[ColumnProfile]) {
    let Some((column, value)) = plan
        .question
        .as_ref()
        .and_then(|asked| asked.filter.clone())
    else {
        return;
    };
    if let Some(segment) = segments::segment(&columns[column], &value) {
        plan.filter = Some((column, segment));
    }
}

/// The first and last of at least three columns that are named like the years of one measure.
fn years_side_by_side(columns: &[ColumnProfile]) -> Option<(&str, &str)> {
    let years = columns.iter().filter(|column| roles::is_named_year(column));
    let names: Vec<&str> = years.map(|column| column.name.as_str()).collect();
    let both = names.first().zip(names.last());
    both.filter(|_| names.len() >= 3)
        .map(|(first, last)| (*first, *last))
}

/// The index of a column that an option names; the case of letters does not matter.
fn find(option: &str, name: &str, columns: &[ColumnProfile]) -> Result<usize, ReportProblem> {
    let exact = columns.iter().position(|column| column.name == name);
    let lower = name.to_lowercase();
    let near = || {
        columns
            .iter()
            .position(|column| column.name.to_lowercase() == lower)
    };
    exact.or_else(near).ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        ReportProblem::no_column(option, name, &names)
    })
}

fn measure(column: usize, columns: &[ColumnProfile]) -> PlanMeasure {
    let profile = &columns[column];
    PlanMeasure {
        column: Some(column),
        name: profile.name.clone(),
        is_boolean: roles::is_flag(profile),
        has_zero: roles::has_zero(profile),
        points: roles::points(profile),
        aggregate: roles::aggregate(profile),
    }
}

fn choose_measures(
    plan: &mut ReportPlan,
    columns: &[ColumnProfile],
    roles: &[roles::ColumnRole],
    options: &ReportOptions,
) -> Result<(), ReportProblem> {
    let mut chosen = Vec::new();
    for name in &options.measures {
        let column = find("measure", name, columns)?;
        let kind = columns[column].kind;
        if !kind.is_number() && kind != data::files::ValueKind::Boolean {
            return Err(ReportProblem::new(format!(
                "--measure: `{name}` holds no numbers ({}); name a column of numbers",
                kind.word()
            )));
        }
        chosen.push(column);
    }
    if let (true, Some(asked)) = (chosen.is_empty(), &plan.question) {
        chosen.clone_from(&asked.measures);
    }
    let is_used = |column: usize| plan.time.as_ref().is_some_and(|time| time.column == column);
    let mut others: Vec<usize> = (0..columns.len())
        .filter(|at| roles[*at].measure > 0 && !is_used(*at) && !chosen.contains(at))
        .collect();
    others.sort_by_key(|at| (std::cmp::Reverse(roles[*at].measure), *at));
    if chosen.is_empty() {
        chosen.extend(others.iter().take(MAX_MEASURES));
        others.retain(|at| !chosen.contains(at));
    }
    plan.tracked = chosen.iter().map(|at| measure(*at, columns)).collect();
    if plan.question.as_ref().is_some_and(|asked| asked.asks_mean) {
        plan.tracked
            .iter_mut()
            .for_each(|one| one.aggregate = MeasureAggregate::Mean);
    }
    if plan.tracked.is_empty() && plan.time.is_some() {
        plan.tracked.push(PlanMeasure {
            column: None,
            name: catalog::get(plan.language, "word.rows").to_owned(),
            is_boolean: false,
            has_zero: true,
            points: None,
            aggregate: MeasureAggregate::Rows,
        });
        plan.notes.push(PlanNote::new("note.no_measure"));
    }
    plan.measures = plan.tracked.len();
    let room = MAX_TRACKED.saturating_sub(plan.measures);
    plan.tracked
        .extend(others.iter().take(room).map(|at| measure(*at, columns)));
    Ok(())
}

fn choose_dimensions(
    plan: &mut ReportPlan,
    columns: &[ColumnProfile],
    roles: &[roles::ColumnRole],
    options: &ReportOptions,
) -> Result<(), ReportProblem> {
    let mut chosen = Vec::new();
    for name in &options.dimensions {
        let at = find("by", name, columns)?;
        if columns[at].is_personal && !options.show_values {
            return Err(ReportProblem::new(format!(
                "--by: `{name}` looks personal, and its values would be in sentences and queries; \
                 add --show-values if they may be"
            )));
        }
        chosen.push(at);
    }
    if let (true, Some(asked)) = (chosen.is_empty(), &plan.question) {
        chosen.clone_from(&asked.dimensions);
    }
    plan.named.clone_from(&chosen);
    let is_taken = |at: usize| {
        let is_time = plan.time.as_ref().is_some_and(|time| time.column == at);
        let is_filter = plan
            .filter
            .as_ref()
            .is_some_and(|(column, _)| *column == at);
        let is_measure = plan.measures().iter().any(|one| one.column == Some(at));
        is_time || is_filter || is_measure
    };
    let mut others: Vec<usize> = (0..columns.len())
        .filter(|at| roles[*at].dimension > 0 && !is_taken(*at) && !chosen.contains(at))
        .collect();
    others.sort_by_key(|at| (std::cmp::Reverse(roles[*at].dimension), *at));
    if options.dimensions.is_empty() {
        let room = MAX_DIMENSIONS.saturating_sub(chosen.len());
        chosen.extend(others.into_iter().take(room));
    }
    let time = plan.time.as_ref();
    let periods = time.map_or(1, |time| time.last - time.first + 1).max(1) as usize;
    plan.dimensions = segments::dimensions(&chosen, columns, periods, plan.measures.max(1));
    plan.pairs = segments::pairs(&plan.dimensions, periods, plan.measures.max(1));
    for dimension in &plan.dimensions {
        if dimension.has_other {
            let is_value = |one: &&Segment| !matches!(one, Segment::Missing | Segment::Other);
            let shown = dimension
                .segments
                .iter()
                .filter(is_value)
                .count()
                .to_string();
            let note = PlanNote::new("note.other").name("column", &dimension.name);
            plan.notes.push(note.name("count", shown));
        }
    }
    Ok(())
}

fn add_notes(plan: &mut ReportPlan, columns: &[ColumnProfile]) {
    if plan.time.is_none() {
        let note = match (years_side_by_side(columns), plan.measures) {
            (Some((first, last)), _) => PlanNote::new("note.wide").name("x", first).name("y", last),
            (None, 0) => PlanNote::new("note.profile_only"),
            (None, _) => PlanNote::new("note.no_time"),
        };
        plan.notes.push(note);
    }
    if let Some(unknown) = plan.question.as_ref().map(|asked| &asked.unknown)
        && !unknown.is_empty()
    {
        let words: Vec<String> = unknown.iter().map(|word| format!("“{word}”")).collect();
        plan.notes
            .push(PlanNote::new("note.unknown_words").name("words", words.join(", ")));
    }
    if plan
        .time
        .as_ref()
        .is_some_and(|time| time.span == PeriodSpan::Week)
    {
        plan.notes.push(PlanNote::new("note.weeks"));
    }
}
