//! The charts of a report: what they show. `draw.rs` draws them.
//!
//! A measure over time with its levels and unusual periods; the segments of a change as bars; the
//! shape of a column as a small histogram.

pub(crate) mod draw;
#[cfg(test)]
mod tests;

use crate::finding::{FindingKind, ReportFinding};
use crate::findings::Analysis;
use crate::findings::series::MeasureSeries;
use crate::options::ReportLanguage;
use crate::sentence::format;
use data::files::ColumnProfile;

/// The bars of a small histogram.
const BINS: usize = 24;
/// As many segments have a bar.
const MAX_BARS: usize = 12;

/// A measure over time.
#[derive(Clone, Debug)]
pub(crate) struct LineChart {
    pub(crate) values: Vec<f64>,
    /// The label of each value in words.
    pub(crate) labels: Vec<String>,
    /// From, to (exclusive) and height of each level.
    pub(crate) levels: Vec<(usize, usize, f64)>,
    /// Indexes of unusual values.
    pub(crate) marks: Vec<usize>,
}

/// The change of each segment.
#[derive(Clone, Debug)]
pub(crate) struct BarChart {
    pub(crate) dimension: String,
    /// The windows that are compared, as labels of periods.
    pub(crate) windows: Vec<(&'static str, String)>,
    /// Segments and their changes, the largest first.
    pub(crate) bars: Vec<(String, f64)>,
}

/// What a chart draws.
#[derive(Clone, Debug)]
pub(crate) enum ChartKind {
    Line(LineChart),
    Bars(BarChart),
}

/// A chart of a measure.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) measure: String,
    pub(crate) kind: ChartKind,
}

/// The charts that the findings of each measure call for.
pub(crate) fn choose(analysis: &Analysis<'_>, findings: &[ReportFinding]) -> Vec<Chart> {
    let mut charts = Vec::new();
    for at in 0..analysis.plan.measures {
        let measure = analysis.plan.tracked[at].name.clone();
        let own: Vec<&ReportFinding> = findings
            .iter()
            .filter(|finding| finding.measure.as_deref() == Some(measure.as_str()))
            .collect();
        let Some(series) = analysis.series.get(at).filter(|one| one.values.len() >= 3) else {
            continue;
        };
        let kind = ChartKind::Line(line(series, &own, analysis.plan.language));
        charts.push(Chart {
            measure: measure.clone(),
            kind,
        });
        if let Some(bars) = bars(analysis, at, series, &own) {
            let kind = ChartKind::Bars(bars);
            charts.push(Chart { measure, kind });
        }
    }
    charts
}

fn line(series: &MeasureSeries, own: &[&ReportFinding], language: ReportLanguage) -> LineChart {
    let index = |label: &str| series.labels.iter().position(|one| one == label);
    let mut borders: Vec<usize> = own
        .iter()
        .filter(|finding| finding.kind == FindingKind::LevelShift)
        .filter_map(|finding| index(finding.word("since")?))
        .collect();
    let mut levels = Vec::new();
    if !borders.is_empty() {
        borders.extend([0, series.values.len()]);
        borders.sort_unstable();
        for pair in borders.windows(2).filter(|pair| pair[0] < pair[1]) {
            let part = &series.values[pair[0]..pair[1]];
            levels.push((pair[0], pair[1], crate::stats::mean(part)));
        }
    }
    let outliers = own
        .iter()
        .filter(|finding| finding.kind == FindingKind::PeriodOutlier);
    let labels = series.labels.iter();
    LineChart {
        values: series.values.clone(),
        labels: labels
            .map(|label| format::period(language, series.span, label))
            .collect(),
        levels,
        marks: outliers
            .filter_map(|finding| index(finding.word("period")?))
            .collect(),
    }
}

/// The changes of the segments of the first driver's dimension.
fn bars(
    analysis: &Analysis<'_>,
    measure: usize,
    series: &MeasureSeries,
    own: &[&ReportFinding],
) -> Option<BarChart> {
    let driver = own
        .iter()
        .find(|finding| finding.kind == FindingKind::Driver)?;
    let name = driver.word("dimension")?;
    let dimensions = &analysis.plan.dimensions;
    let dimension = dimensions.iter().position(|one| one.name == name)?;
    if dimensions[dimension].is_personal {
        return None;
    }
    let index = |name: &str| {
        let label = driver.word(name)?;
        series.labels.iter().position(|one| one == label)
    };
    let first = (
        index("before_first_period")?,
        index("before_last_period")? + 1,
    );
    let second = (
        index("after_first_period")?,
        index("after_last_period")? + 1,
    );
    let aggregate = analysis.plan.tracked[measure].aggregate;
    let mut bars = Vec::new();
    for (segment, label) in dimensions[dimension].segments.iter().enumerate() {
        let cells = analysis.groups.segment(dimension, segment, measure);
        let side = |window: (usize, usize)| {
            let mut sum = crate::group::GroupCell::default();
            series.places[window.0..window.1]
                .iter()
                .for_each(|place| sum.merge(&cells[*place]));
            sum
        };
        let (before, after) = (side(first), side(second));
        if before.rows + after.rows > 0 {
            let value = crate::findings::series::value;
            bars.push((
                label.label(),
                value(&after, aggregate) - value(&before, aggregate),
            ));
        }
    }
    bars.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    bars.truncate(MAX_BARS);
    let windows = driver
        .names
        .iter()
        .filter(|(key, _)| key.ends_with("_period"));
    Some(BarChart {
        dimension: name.to_owned(),
        windows: windows.cloned().collect(),
        bars,
    })
}

/// The heights of a column's histogram, 0 to 1; `None` for columns without numbers.
pub(crate) fn histogram(column: &ColumnProfile) -> Option<Vec<f64>> {
    let values = &column.quantiles.as_ref()?.values;
    let (first, last) = (*values.first()?, *values.last()?);
    let width = (last - first) / BINS as f64;
    if width <= 0.0 || !width.is_finite() || column.is_personal {
        return None;
    }
    let mut bins = vec![0.0_f64; BINS];
    for value in values {
        bins[(((value - first) / width) as usize).min(BINS - 1)] += 1.0;
    }
    let most = bins.iter().copied().fold(0.0, f64::max);
    Some(bins.into_iter().map(|count| count / most).collect())
}
