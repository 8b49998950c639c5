//! Draws charts as SVG with plotters.
//!
//! Plotters writes fixed colors. They are replaced: ink by `currentColor`, so that a chart is
//! readable on light and dark pages, and the two accents work on both. A file of its own brings its
//! ink with a style for both schemes.

use super::{BarChart, Chart, ChartKind, LineChart};
use crate::sentence::format;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

const WIDTH: u32 = 720;
const LINE_HEIGHT: u32 = 240;
/// An axis is at least so long: steps of much less are no numbers any more.
const LEAST_WIDTH: f64 = 1e-9;
/// In place of the ink of the page.
const INK: RGBColor = RGBColor(1, 2, 3);
const ACCENT: RGBColor = RGBColor(59, 130, 196);
const MARK: RGBColor = RGBColor(214, 96, 50);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Failed<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// The lowest and highest value of an axis that begins at 0 where that wastes little.
fn range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let margin = ((high - low) * 0.08)
        .max(high.abs() * 1e-6)
        .max(LEAST_WIDTH);
    let low = if low >= 0.0 && low < 0.6 * high {
        0.0
    } else {
        low - margin
    };
    (low, high + margin)
}

fn draw_line(chart: &LineChart, area: &Area<'_>) -> Result<(), Failed<'static>> {
    let (low, high) = range(&chart.values);
    let last = chart.values.len().saturating_sub(1).max(1) as f64;
    let mut context = ChartBuilder::on(area)
        .margin(8)
        .margin_right(28)
        .x_label_area_size(24)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..last, low..high)?;
    let label = |at: &f64| {
        let is_whole = (at - at.round()).abs() < 1e-6;
        let label = chart.labels.get(at.round().max(0.0) as usize);
        label.filter(|_| is_whole).cloned().unwrap_or_default()
    };
    context
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(5)
        .y_labels(5)
        .light_line_style(INK.mix(0.0))
        .bold_line_style(INK.mix(0.12))
        .axis_style(INK.mix(0.35))
        .label_style(font(12))
        .x_label_formatter(&label)
        .y_label_formatter(&|value| format::amount(*value))
        .draw()?;
    let points = chart
        .values
        .iter()
        .enumerate()
        .map(|(at, value)| (at as f64, *value));
    context.draw_series(LineSeries::new(points, ACCENT.stroke_width(2)))?;
    for (from, to, height) in &chart.levels {
        let ends = [(*from as f64, *height), ((*to - 1) as f64, *height)];
        let dashed = DashedLineSeries::new(ends, 6, 4, MARK.stroke_width(2));
        context.draw_series(dashed)?;
    }
    let marks = chart.marks.iter().map(|at| (*at as f64, chart.values[*at]));
    context.draw_series(marks.map(|point| Circle::new(point, 6, MARK.stroke_width(2))))?;
    Ok(())
}

/// A bar's label, cut where it would run into the bars.
fn short(label: &str) -> String {
    const MAX_LABEL: usize = 22;
    if label.chars().count() <= MAX_LABEL {
        return label.to_owned();
    }
    label.chars().take(MAX_LABEL - 1).chain(['…']).collect()
}

fn bars_range(chart: &BarChart) -> (f64, f64) {
    let low = chart
        .bars
        .iter()
        .map(|(_, value)| *value)
        .fold(0.0, f64::min);
    let high = chart
        .bars
        .iter()
        .map(|(_, value)| *value)
        .fold(0.0, f64::max);
    let width = (high - low).max(LEAST_WIDTH);
    // Numbers are written at the ends of the bars.
    let room = |is_used: bool| if is_used { 0.18 * width } else { 0.02 * width };
    (low - room(low < 0.0), high + room(high > 0.0))
}

fn draw_bars(chart: &BarChart, area: &Area<'_>) -> Result<(), Failed<'static>> {
    let count = chart.bars.len() as f64;
    let (low, high) = bars_range(chart);
    let mut context: ChartContext<'_, _, Cartesian2d<RangedCoordf64, RangedCoordf64>> =
        ChartBuilder::on(area)
            .margin(6)
            .margin_left(170)
            .build_cartesian_2d(low..high, count..0.0)?;
    for (at, (label, value)) in chart.bars.iter().enumerate() {
        let (top, middle, bottom) = (at as f64 + 0.18, at as f64 + 0.5, at as f64 + 0.82);
        let color = if *value < 0.0 { MARK } else { ACCENT };
        let bar = Rectangle::new([(0.0, top), (*value, bottom)], color.filled());
        context.draw_series([bar])?;
        let place = context.backend_coord(&(*value, middle));
        let (gap, side) = if *value < 0.0 {
            (-6, plotters::style::text_anchor::HPos::Right)
        } else {
            (6, plotters::style::text_anchor::HPos::Left)
        };
        let center = plotters::style::text_anchor::VPos::Center;
        let number = font(12).pos(plotters::style::text_anchor::Pos::new(side, center));
        let sign = if *value > 0.0 { "+" } else { "" };
        let text = format!("{sign}{}", format::amount(*value));
        area.draw(&Text::new(text, (place.0 + gap, place.1), number))?;
        let right = plotters::style::text_anchor::HPos::Right;
        let name = font(13).pos(plotters::style::text_anchor::Pos::new(right, center));
        area.draw(&Text::new(short(label), (160, place.1), name))?;
    }
    let axis = [(0.0, 0.0), (0.0, count)];
    context.draw_series(LineSeries::new(axis, INK.mix(0.35)))?;
    Ok(())
}

/// Plotters' fixed size and ink become those of the page.
fn adapt(svg: &str) -> String {
    svg.replace("#010203", "currentColor")
}

/// A chart for a page: its ink is that of the page. `None` if it cannot be drawn.
pub(crate) fn inline(chart: &Chart) -> Option<String> {
    let height = match &chart.kind {
        ChartKind::Line(_) => LINE_HEIGHT,
        ChartKind::Bars(bars) => 20 + 26 * bars.bars.len() as u32,
    };
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        match &chart.kind {
            ChartKind::Line(line) => draw_line(line, &area).ok()?,
            ChartKind::Bars(bars) => draw_bars(bars, &area).ok()?,
        }
        area.present().ok()?;
    }
    Some(adapt(&svg))
}

/// A chart as a file of its own.
pub(crate) fn file(chart: &Chart) -> Option<String> {
    let style = "<style>svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#d0d7de}}\
                 </style>";
    let svg = inline(chart)?;
    let open = svg.find("<svg")?;
    let body = open + svg[open..].find('>')? + 1;
    Some(format!("{}\n{style}{}", &svg[..body], &svg[body..]))
}

/// A small histogram as a single path.
pub(crate) fn sparkline(heights: &[f64]) -> String {
    let mut path = String::new();
    for (at, height) in heights.iter().enumerate() {
        if *height > 0.0 {
            let size = (height * 20.0).max(1.0);
            path.push_str(&format!("M{} 22v-{size:.1}h4v{size:.1}z", at * 5));
        }
    }
    let width = heights.len() * 5;
    format!(
        "<svg class=\"spark\" width=\"{width}\" height=\"22\" viewBox=\"0 0 {width} 22\" \
         aria-hidden=\"true\"><path d=\"{path}\" fill=\"#3b82c4\"/></svg>"
    )
}
