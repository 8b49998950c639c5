//! What is where on the pages of a report.

use crate::finding::{FindingKind, ReportFinding, ReportSection};
use crate::losses::kind_key;
use crate::report::Report;
use crate::sentence::format;
use crate::sentence::{Piece, plain};
use data::files::ColumnProfile;

/// As many sentences are repeated at the top.
const MAX_TOP: usize = 4;
/// As many columns are in the table.
const MAX_COLUMNS: usize = 60;
/// Longer values are cut in the table.
const MAX_VALUE: usize = 24;

/// Some sentences and charts under a heading.
pub(super) struct Section {
    pub(super) title: String,
    /// Indexes of charts.
    pub(super) charts: Vec<usize>,
    /// Sentences before these.
    pub(super) lead: Vec<Vec<Piece>>,
    /// Indexes of sentences.
    pub(super) sentences: Vec<usize>,
    /// The text if there are no sentences.
    pub(super) empty: Option<String>,
}

/// A column in the table.
pub(super) struct ColumnRow<'a> {
    pub(super) profile: &'a ColumnProfile,
    pub(super) kind: String,
    pub(super) missing: String,
    pub(super) distinct: String,
    pub(super) range: String,
    pub(super) mean: String,
}

/// A page in the order of reading.
pub(super) struct Outline<'a> {
    pub(super) subtitle: String,
    /// What comes before these: that rows were left out, or that nothing was found.
    pub(super) top_lead: Vec<Vec<Piece>>,
    /// Indexes of the sentences that matter most.
    pub(super) top: Vec<usize>,
    pub(super) sections: Vec<Section>,
    pub(super) columns: Vec<ColumnRow<'a>>,
    pub(super) more_columns: Option<String>,
    pub(super) methods: Vec<String>,
}

/// A catalog line, filled in and without marks.
pub(super) fn line(report: &Report, key: &str, names: &[(&str, String)]) -> String {
    plain(&pieces(report, key, names))
}

fn pieces(report: &Report, key: &str, names: &[(&str, String)]) -> Vec<Piece> {
    let template = crate::sentence::catalog::get(report.language, key);
    let mut names = names.to_vec();
    if let Some(span) = report.span {
        names.push(("span", span.key().to_owned()));
    }
    report.writer.fill(template, &names)
}

pub(super) fn outline(report: &Report) -> Outline<'_> {
    let shown = report.columns.len().min(MAX_COLUMNS);
    let left = report.columns.len() - shown;
    let more = (left > 0).then(|| {
        line(
            report,
            "page.columns.more",
            &[("count", format::count(left as i64))],
        )
    });
    let top = top(report);
    Outline {
        subtitle: subtitle(report),
        top_lead: top_lead(report, top.is_empty()),
        top,
        sections: sections(report),
        columns: report.columns[..shown]
            .iter()
            .map(|one| column(report, one))
            .collect(),
        more_columns: more,
        methods: methods(report),
    }
}

fn subtitle(report: &Report) -> String {
    let mut names = vec![
        ("rows", format::count(report.rows as i64)),
        ("columns", format::count(report.columns.len() as i64)),
    ];
    match &report.range {
        Some((first, last)) => {
            names.extend([("first", first.clone()), ("last", last.clone())]);
            line(report, "page.subtitle.range", &names)
        }
        None => line(report, "page.subtitle", &names),
    }
}

/// What comes first: that rows were left out, and if nothing is claimed, why.
fn top_lead(report: &Report, is_empty: bool) -> Vec<Vec<Piece>> {
    let mut lead: Vec<Vec<Piece>> = report.lost.iter().cloned().collect();
    if is_empty {
        let key = if report.tests == 0 {
            "page.not_tested"
        } else {
            "page.none"
        };
        lead.push(pieces(report, key, &[]));
    }
    lead
}

/// The sentences that claim something, the weightiest first, at most two of a kind.
fn top(report: &Report) -> Vec<usize> {
    let claims = |at: &usize| !report.sentences[*at].finding.kind.is_description();
    let mut order: Vec<usize> = (0..report.sentences.len()).filter(claims).collect();
    let weight = |at: &usize| report.sentences[*at].finding.weight;
    order.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let mut top: Vec<usize> = Vec::new();
    for at in order {
        let finding = &report.sentences[at].finding;
        let same = top
            .iter()
            .filter(|one| report.sentences[**one].finding.kind == finding.kind);
        let repeats = |one: &usize| {
            let other = &report.sentences[*one].finding;
            other.measure == finding.measure && is_movement(other.kind) && is_movement(finding.kind)
        };
        if same.count() < 2 && top.len() < MAX_TOP && !top.iter().any(repeats) {
            top.push(at);
        }
    }
    top
}

/// Whether a finding says that a measure went up or down: one such finding is enough at the top.
fn is_movement(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::Change | FindingKind::LevelShift | FindingKind::Trend
    )
}

/// The indexes of the sentences that are wanted.
fn sentences_of(report: &Report, is_wanted: impl Fn(&ReportFinding) -> bool) -> Vec<usize> {
    let all = 0..report.sentences.len();
    all.filter(|at| is_wanted(&report.sentences[*at].finding))
        .collect()
}

/// The section of a measure, with its charts.
fn measure_section(
    report: &Report,
    measure: &str,
    section: ReportSection,
    key: &str,
) -> Option<Section> {
    let is_of = |finding: &ReportFinding| {
        finding.measure.as_deref() == Some(measure) && finding.kind.section() == section
    };
    let sentences = sentences_of(report, is_of);
    let wants_bars = section == ReportSection::Drivers;
    let has_place = section != ReportSection::Differences;
    let is_shown = |at: &usize| {
        let chart = &report.charts[*at];
        let is_bars = matches!(chart.kind, crate::chart::ChartKind::Bars(_));
        has_place && chart.measure == measure && is_bars == wants_bars
    };
    (!sentences.is_empty()).then(|| Section {
        title: line(report, key, &[("measure", measure.to_owned())]),
        charts: (0..report.charts.len()).filter(is_shown).collect(),
        lead: Vec::new(),
        sentences,
        empty: None,
    })
}

fn sections(report: &Report) -> Vec<Section> {
    let mut sections = Vec::new();
    for measure in &report.measures {
        for (section, key) in [
            (ReportSection::Changes, "page.changes"),
            (ReportSection::Drivers, "page.drivers"),
            (ReportSection::Differences, "page.differences"),
        ] {
            sections.extend(measure_section(report, measure, section, key));
        }
    }
    let relations = sentences_of(report, |finding| finding.kind == FindingKind::Relation);
    if !relations.is_empty() {
        sections.push(Section {
            title: line(report, "page.relations", &[]),
            charts: Vec::new(),
            lead: Vec::new(),
            sentences: relations,
            empty: None,
        });
    }
    sections.push(quality_section(report));
    sections
}

/// What is wrong with the data, what could not be read first.
fn quality_section(report: &Report) -> Section {
    let is_quality = |finding: &ReportFinding| finding.kind.section() == ReportSection::Quality;
    let sentences = sentences_of(report, is_quality);
    let lead: Vec<Vec<Piece>> = report
        .lost
        .iter()
        .chain(&report.unreadable)
        .cloned()
        .collect();
    let none = line(report, "page.quality.none", &[]);
    Section {
        title: line(report, "page.quality", &[]),
        charts: Vec::new(),
        empty: (sentences.is_empty() && lead.is_empty()).then_some(none),
        lead,
        sentences,
    }
}

/// The line of evidence below a sentence: rows, periods, range and test.
pub(super) fn evidence(report: &Report, finding: &ReportFinding) -> String {
    let rows = format::count(i64::try_from(finding.rows).unwrap_or(i64::MAX));
    let mut parts = vec![line(report, "evidence.rows", &[("rows", rows)])];
    if finding.periods > 1 {
        let periods = format::count(finding.periods as i64);
        parts.push(line(
            report,
            "evidence.periods",
            &[("periods", periods), ("spans", span(report))],
        ));
    }
    if let Some((first, last)) = &finding.range {
        let names = [("first", first.clone()), ("last", last.clone())];
        let key = if first == last {
            "evidence.period"
        } else {
            "evidence.range"
        };
        parts.push(line(report, key, &names));
    }
    if let Some(test) = &finding.test {
        let p = format::p_value(test.p);
        let method = line(report, &format!("method.{}", test.method), &[]);
        let names = [("method", method), ("p", p)];
        parts.push(line(report, "evidence.test", &names));
    }
    parts.join(" · ")
}

fn span(report: &Report) -> String {
    report
        .span
        .map_or("", crate::period::PeriodSpan::key)
        .to_owned()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_VALUE {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE - 1).chain(['…']).collect()
}

fn column<'a>(report: &Report, profile: &'a ColumnProfile) -> ColumnRow<'a> {
    let is_masked = profile.is_personal && !report.writer.show_values;
    let share = profile.missing + profile.unfit;
    let missing = if share == 0 {
        "0".to_owned()
    } else {
        let part = format::percent(share as f64 / profile.rows.max(1) as f64);
        format!("{} ({part})", format::count(share as i64))
    };
    let distinct = format::count(profile.distinct.count as i64);
    let about = line(report, "page.about", &[]);
    let numbers = profile
        .min
        .zip(profile.max)
        .filter(|_| profile.kind.is_number());
    let texts = profile.min_text.as_deref().zip(profile.max_text.as_deref());
    let range = match (is_masked, numbers, texts) {
        (true, _, _) => line(report, "page.masked", &[]),
        (_, Some((min, max)), _) => {
            format!("{} – {}", format::amount(min), format::amount(max))
        }
        (_, _, Some((min, max))) if min == max => cut(min),
        (_, _, Some((min, max))) => format!("{} – {}", cut(min), cut(max)),
        _ => String::new(),
    };
    let mean = profile
        .mean
        .filter(|_| profile.kind.is_number() && !is_masked);
    ColumnRow {
        profile,
        kind: line(report, &kind_key(profile), &[]),
        missing,
        distinct: if profile.distinct.is_exact {
            distinct
        } else {
            format!("{about} {distinct}")
        },
        range,
        mean: mean.map(format::amount).unwrap_or_default(),
    }
}

fn methods(report: &Report) -> Vec<String> {
    let tests = ("tests", format::count(report.tests as i64));
    let key = if report.span.is_some() {
        "page.method.tests"
    } else {
        "page.method.tests.plain"
    };
    let mut methods = report.notes.clone();
    methods.push(line(report, key, &[tests, ("spans", span(report))]));
    methods.push(line(report, "page.method.descriptions", &[]));
    methods.push(line(
        report,
        "page.method.sql",
        &[("table", report.table.clone())],
    ));
    methods
}

/// The caption of a chart.
pub(super) fn caption(report: &Report, index: usize) -> String {
    let chart = &report.charts[index];
    let measure = ("measure", chart.measure.clone());
    match &chart.kind {
        crate::chart::ChartKind::Line(one) => {
            let mut text = line(report, "page.chart.line", &[measure]);
            let spans = [("spans", span(report))];
            let notes = [
                ("page.chart.levels", one.levels.is_empty()),
                ("page.chart.marks", one.marks.is_empty()),
            ];
            for (key, _) in notes.into_iter().filter(|(_, is_empty)| !is_empty) {
                text = format!("{text} · {}", line(report, key, &spans));
            }
            text
        }
        crate::chart::ChartKind::Bars(bars) => {
            let mut names = vec![measure, ("dimension", bars.dimension.clone())];
            names.extend(bars.windows.iter().cloned());
            line(report, "page.chart.bars", &names)
        }
    }
}
