//! Times that questions name, in English and Chinese.

use super::*;
use crate::calendar;

fn read(text: &str) -> (String, bool) {
    let (time, _) = time(&words::split(text)).unwrap();
    assert_eq!(time.first, calendar_day(&time));
    (time.label, time.end.is_none())
}

fn calendar_day(time: &AskedTime) -> i64 {
    let (year, month, day) = calendar::date(time.first);
    calendar::days(year, month, day)
}

#[test]
fn years_quarters_and_months_are_read() {
    let cases = [
        ("why did sales fall in 2024?", "2024", false),
        ("sales since January 2024", "2024-01", true),
        ("sales in mar 2023", "2023-03", false),
        ("sales in Q3 2023", "2023-Q3", false),
        ("sales 2023-Q3", "2023-Q3", false),
        ("sales from 2024-03", "2024-03", true),
        ("2024年销售额为什么下降", "2024", false),
        ("2024年3月销售额", "2024-03", false),
        ("2024年第2季度销售额", "2024-Q2", false),
    ];
    for (text, label, is_open) in cases {
        assert_eq!(read(text), (label.to_owned(), is_open), "{text}");
    }
    for text in ["why did sales fall", "sales of 12345", "top 20 of 3000"] {
        assert_eq!(time(&words::split(text)), None, "{text}");
    }
}

#[test]
fn lengths_of_periods_are_read() {
    let read = |text: &str| span(&words::split(text)).map(|(span, _)| span);
    assert_eq!(read("sales by quarter"), Some(PeriodSpan::Quarter));
    assert_eq!(read("sales per week and region"), Some(PeriodSpan::Week));
    assert_eq!(read("what happened last quarter"), None);
}
