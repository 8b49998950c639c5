//! How numbers and periods are written for people. Findings keep the exact values.

use super::catalog;
use crate::options::ReportLanguage;
use crate::period::PeriodSpan;

/// The digits of a whole part, in groups of three.
fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with a fixed number of decimals, without zeros at its end.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let is_zero = whole == "0" && part.is_empty();
    let sign = if value < 0.0 && !is_zero { "−" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", grouped(whole))
}

/// A whole number.
pub(crate) fn count(value: i64) -> String {
    let sign = if value < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&value.unsigned_abs().to_string()))
}

/// An amount with about four digits that say something.
pub(crate) fn amount(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        size if size >= 1e15 => format!("{value:.3e}"),
        size if size >= 1_000.0 => fixed(value, 0),
        size if size >= 100.0 => fixed(value, 1),
        size if size >= 1.0 => fixed(value, 2),
        size if size >= 1e-4 => {
            let decimals = (2.0 - size.log10().floor()).clamp(0.0, 8.0) as usize;
            fixed(value, decimals)
        }
        _ => format!("{value:.2e}"),
    }
}

/// A share in percent, without its sign.
pub(crate) fn percent(value: f64) -> String {
    let shown = value.abs() * 100.0;
    let decimals = match shown {
        shown if shown >= 100.0 => 0,
        shown if shown >= 0.1 || shown == 0.0 => 1,
        _ => 2,
    };
    format!("{} %", fixed(shown, decimals))
}

/// A factor.
pub(crate) fn times(value: f64) -> String {
    fixed(value, 1)
}

/// A p-value.
pub(crate) fn p_value(p: f64) -> String {
    if p <= 0.001 {
        "≤ 0.001".to_owned()
    } else {
        format!("= {p:.3}")
    }
}

fn item(language: ReportLanguage, key: &str, index: usize) -> &'static str {
    catalog::get(language, key)
        .split(", ")
        .nth(index)
        .unwrap_or_default()
}

/// The label of a period in words.
pub(crate) fn period(language: ReportLanguage, span: PeriodSpan, label: &str) -> String {
    let is_chinese = language == ReportLanguage::Chinese;
    let (year, rest) = label.split_once('-').unwrap_or((label, ""));
    match span {
        PeriodSpan::Month => {
            let month = rest.parse::<usize>().unwrap_or(1).saturating_sub(1);
            let name = item(language, "months", month);
            if is_chinese {
                format!("{year}年{name}")
            } else {
                format!("{name} {year}")
            }
        }
        PeriodSpan::Quarter if is_chinese => {
            format!("{year}年第{}季度", rest.trim_start_matches('Q'))
        }
        PeriodSpan::Quarter => format!("{rest} {year}"),
        PeriodSpan::Year if is_chinese => format!("{year}年"),
        PeriodSpan::Week => catalog::get(language, "period.week").replace("{label}", label),
        PeriodSpan::Hour => format!("{label}:00"),
        PeriodSpan::Day | PeriodSpan::Year => label.to_owned(),
    }
}

/// The phase of a cycle in words.
pub(crate) fn phase(language: ReportLanguage, span: PeriodSpan, phase: &str) -> String {
    let number = phase.parse::<usize>().unwrap_or(0);
    match span {
        PeriodSpan::Day => item(language, "weekdays", number).to_owned(),
        PeriodSpan::Month => item(language, "months", number.saturating_sub(1)).to_owned(),
        PeriodSpan::Hour => format!("{phase}:00"),
        _ => phase.to_owned(),
    }
}
