//! Catalogs that agree, and numbers as people write them.

use super::{catalog, format};
use crate::options::ReportLanguage::{Chinese, English};
use crate::period::PeriodSpan;
use std::collections::BTreeSet;

fn names(text: &str) -> BTreeSet<&str> {
    let parts = text
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'));
    parts
        .map(|(name, _)| name.strip_prefix("in:").unwrap_or(name))
        .collect()
}

#[test]
fn both_languages_have_the_same_sentences_and_numbers() {
    let keys = |language| {
        catalog::lines(language)
            .keys()
            .copied()
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(keys(English), keys(Chinese));
    // Words for a period are not needed where a language has them in the sentence.
    let optional = ["span", "spans"];
    for key in keys(English)
        .into_iter()
        .filter(|key| !key.starts_with("in."))
    {
        let needed = |language| -> BTreeSet<&str> {
            let all = names(catalog::get(language, key)).into_iter();
            all.filter(|name| !optional.contains(name)).collect()
        };
        assert_eq!(needed(English), needed(Chinese), "{key}");
    }
}

#[test]
fn numbers_are_readable() {
    assert_eq!(format::amount(1_234_567.89), "1,234,568");
    assert_eq!(format::amount(-1_234.6), "−1,235");
    assert_eq!(format::amount(123.45), "123.5");
    assert_eq!(format::amount(12.0), "12");
    assert_eq!(format::amount(0.012_345), "0.0123");
    assert_eq!(format::amount(0.0), "0");
    assert_eq!(format::amount(-0.000_001_2), "-1.20e-6");
    assert_eq!(format::amount(f64::NAN), "–");
    assert_eq!(format::percent(-0.1234), "12.3 %");
    assert_eq!(format::percent(4.41), "441 %");
    assert_eq!(format::percent(0.000_4), "0.04 %");
    assert_eq!(format::count(-1_000), "−1,000");
    assert_eq!(format::p_value(0.0004), "≤ 0.001");
    assert_eq!(format::p_value(0.0123), "= 0.012");
}

#[test]
fn periods_are_written_in_both_languages() {
    let month = |language| format::period(language, PeriodSpan::Month, "2023-08");
    assert_eq!(
        (month(English).as_str(), month(Chinese).as_str()),
        ("August 2023", "2023年8月")
    );
    let quarter = |language| format::period(language, PeriodSpan::Quarter, "2023-Q3");
    assert_eq!(
        (quarter(English).as_str(), quarter(Chinese).as_str()),
        ("Q3 2023", "2023年第3季度")
    );
    assert_eq!(
        format::period(English, PeriodSpan::Hour, "2023-08-01 07"),
        "2023-08-01 07:00"
    );
    assert_eq!(format::phase(English, PeriodSpan::Day, "0"), "Sunday");
    assert_eq!(format::phase(Chinese, PeriodSpan::Month, "12"), "12月");
}

#[test]
fn a_key_falls_back_to_its_beginning() {
    assert_eq!(
        catalog::nearest(English, "advice.row.high.one"),
        catalog::find(English, "advice.row")
    );
    assert_eq!(catalog::nearest(English, "advice.relation.same"), None);
}

#[test]
fn notes_about_a_file_are_in_the_language_of_the_report() {
    let days: String = (1..29)
        .map(|day| format!("2024-01-{day:02};{day};00{day}\n"))
        .collect();
    let text = format!("导出\n\n日期;金额;编号\n{days}2024-02-01;NA;07\n2024-02-02;abc;08\n坏\n");
    let options = crate::ReportOptions {
        language: Some(Chinese),
        ..crate::testing::options()
    };
    let report = crate::testing::report(&text, &options);
    let is_chinese = |note: &String| note.contains('。');
    assert!(report.notes.len() >= 5, "{:#?}", report.notes);
    assert!(report.notes.iter().all(is_chinese), "{:#?}", report.notes);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("1个值不是整数：行 ")),
        "{:#?}",
        report.notes
    );
}
