//! A report: the findings in words, the columns, the charts and the notes, ready to be laid out.
//!
//! [`make`] plans, reads the rows a second time, tests, and writes. What it returns is complete and
//! needs the file no more, except to be verified.

use crate::answer::{self, Answer};
use crate::chart::{self, Chart};
use crate::finding::ReportFinding;
use crate::findings::{self, Analysis, MIN_PERIODS, row_outliers, series};
use crate::group;
use crate::losses;
use crate::options::{ReportLanguage, ReportOptions};
use crate::period::PeriodSpan;
use crate::plan::{self, PlanNote, ReportPlan};
use crate::problem::ReportProblem;
use crate::report_sentence::ReportSentence;
use crate::sentence::{self, Piece, Writer};
use data::files::{ColumnProfile, DataFile};

/// Permutation tests begin here, so that a file has one report.
const SEED: u64 = 0x6e69_6768;
/// A file with fewer rows gets a profile only.
const FEW_ROWS: u64 = 20;

/// A report about a data file.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file's name.
    pub title: String,
    /// The name of the table in the queries.
    pub table: String,
    /// The language of the sentences.
    pub language: ReportLanguage,
    /// How many rows the file has.
    pub rows: u64,
    /// The columns of the file.
    pub columns: Vec<ColumnProfile>,
    /// What was found, the most important first within a section.
    pub sentences: Vec<ReportSentence>,
    /// How the file was read, what was left out, and which words were not understood.
    pub notes: Vec<String>,
    /// How many tests were made.
    pub tests: usize,
    /// The measures that were analysed.
    pub measures: Vec<String>,
    pub(crate) writer: Writer,
    pub(crate) answer: Option<Answer>,
    pub(crate) charts: Vec<Chart>,
    pub(crate) span: Option<PeriodSpan>,
    pub(crate) range: Option<(String, String)>,
    /// That rows were left out, if any were.
    pub(crate) lost: Option<Vec<Piece>>,
    /// What else was unreadable, a sentence for each column.
    pub(crate) unreadable: Vec<Vec<Piece>>,
}

impl Report {
    /// The sentences that claim or describe something, with their texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.sentences.iter().map(|sentence| sentence.text.as_str())
    }
}

/// Makes the report of a file.
///
/// # Errors
/// If an option does not fit the file, or the file cannot be read a second time.
pub fn make(file: &DataFile, options: &ReportOptions) -> Result<Report, ReportProblem> {
    let columns = file.columns();
    let mut plan = plan::choose(file, options)?;
    let mut notes = std::mem::take(&mut plan.notes);
    let limits = row_outliers::limits(&plan, columns);
    let groups = group::collect(file, &plan, &limits)?;
    let series = series::all(&plan, &groups, columns, SEED, &mut notes);
    let analysis = Analysis {
        plan: &plan,
        groups: &groups,
        columns,
        limits: &limits,
        series: &series,
        seed: SEED,
    };
    let mut tested = findings::run(&analysis, file, &mut notes)?;
    note_sizes(file, &series, &mut notes);
    let order = |finding: &ReportFinding| (finding.kind.section(), finding.kind);
    tested
        .findings
        .sort_by(|a, b| order(a).cmp(&order(b)).then(b.weight.total_cmp(&a.weight)));
    let writer = Writer {
        language: plan.language,
        show_values: options.show_values,
    };
    let charts = chart::choose(&analysis, &tested.findings);
    let sentences: Vec<ReportSentence> = tested
        .findings
        .into_iter()
        .map(|finding| ReportSentence::write(&writer, finding))
        .collect();
    let answer = answer::answer(&plan, columns, &sentences, &writer);
    let name = file
        .path()
        .file_name()
        .map(std::ffi::OsStr::to_string_lossy);
    Ok(Report {
        title: name.map_or_else(|| plan.table.clone(), std::borrow::Cow::into_owned),
        table: plan.table.clone(),
        language: plan.language,
        rows: file.rows(),
        columns: columns.to_vec(),
        sentences,
        notes: all_notes(file, &notes, &writer, &plan),
        tests: tested.tests,
        measures: plan.measures().iter().map(|one| one.name.clone()).collect(),
        writer,
        answer,
        charts,
        span: plan.time.as_ref().map(|time| time.span),
        range: series.first().and_then(series::MeasureSeries::range),
        lost: losses::rows(file, &writer),
        unreadable: far_dates(&notes, &writer)
            .chain(losses::values(columns, &writer))
            .collect(),
    })
}

/// The notes that dates seem wrong, which are about the data too.
fn far_dates<'a>(
    notes: &'a [PlanNote],
    writer: &'a Writer,
) -> impl Iterator<Item = Vec<Piece>> + 'a {
    let far = notes
        .iter()
        .filter(|note| note.template == "note.far_dates");
    far.map(|note| writer.note(note))
}

/// Says why nothing is claimed, where there are too few rows or periods.
fn note_sizes(file: &DataFile, series: &[series::MeasureSeries], notes: &mut Vec<PlanNote>) {
    let few = series.first().filter(|one| one.values.len() < MIN_PERIODS);
    match (file.rows(), few) {
        (0, _) => notes.push(PlanNote::new("note.empty")),
        (rows, _) if rows < FEW_ROWS => notes.push(PlanNote::new("note.few_rows")),
        (_, Some(few)) => {
            let note = PlanNote::new("note.few_periods").name("span", few.span.key());
            let note = note.name("spans", few.span.key());
            notes.push(note.name("count", few.values.len().to_string()));
        }
        (_, None) => {}
    }
}

fn all_notes(
    file: &DataFile,
    notes: &[PlanNote],
    writer: &Writer,
    plan: &ReportPlan,
) -> Vec<String> {
    let span = plan.time.as_ref().map_or("", |time| time.span.key());
    let ours = notes.iter().map(|note| {
        let mut note = note.clone();
        if note
            .names
            .iter()
            .all(|(key, _)| *key != "span" && *key != "spans")
        {
            note.names.push(("span", span.to_owned()));
        }
        sentence::plain(&writer.note(&note))
    });
    let translated = |message: &str| sentence::file_notes::translated(plan.language, message);
    let read = file.notes().iter().map(|note| translated(&note.message));
    ours.chain(read).collect()
}
