//! Drawings that are complete and have no fixed ink.

use super::draw;
use super::{BarChart, Chart, ChartKind, LineChart};

fn line(values: Vec<f64>) -> Chart {
    let count = values.len();
    Chart {
        measure: "sales".to_owned(),
        kind: ChartKind::Line(LineChart {
            labels: (0..count).map(|at| format!("label {at}")).collect(),
            levels: vec![(0, count / 2, 5.0), (count / 2, count, 2.0)],
            marks: vec![count / 2],
            values,
        }),
    }
}

#[test]
fn lines_have_labels_levels_and_marks() {
    let svg = draw::inline(&line((0..40).map(|at| f64::from(at % 7)).collect())).unwrap();
    assert!(svg.contains("label 0") && svg.contains("<circle") && svg.contains("currentColor"));
    assert!(!svg.contains("#010203"));
    assert!(svg.len() < 20_000);
}

#[test]
fn flat_and_extreme_lines_are_drawn() {
    for values in [
        vec![5.0; 9],
        vec![0.0; 9],
        vec![-1e300, 1e300, 0.0],
        vec![1e-300; 4],
    ] {
        assert!(draw::inline(&line(values)).is_some());
    }
}

#[test]
fn bars_are_named_and_signed() {
    let bars = vec![
        ("N & <S>".to_owned(), -12.5),
        ("x".repeat(60), 3.0),
        ("z".to_owned(), 0.0),
    ];
    let chart = Chart {
        measure: "sales".to_owned(),
        kind: ChartKind::Bars(BarChart {
            dimension: "region".to_owned(),
            windows: Vec::new(),
            bars,
        }),
    };
    let svg = draw::file(&chart).unwrap();
    assert!(svg.contains("−12.5") && svg.contains("+3"));
    assert!(svg.contains("N &amp; &lt;S&gt;") && svg.contains("xxx…"));
    assert!(svg.contains("<style>"));
}

#[test]
fn sparklines_are_one_path() {
    let svg = draw::sparkline(&[0.0, 0.5, 1.0]);
    assert_eq!(svg.matches("<path").count(), 1);
    assert!(svg.contains("M5 22v-10.0h4v10.0z") && !svg.contains("M0 "));
}
