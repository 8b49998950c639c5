//! The kinds of columns, from all of their values.

use super::super::sketch::limits::SketchLimits;
use super::super::{ColumnProfile, PersonalKind, ValueKind};
use super::state::ColumnState;

fn profile_named(name: &str, values: &[&str]) -> ColumnProfile {
    let limits = SketchLimits::new(10, 1);
    let mut state = ColumnState::new(limits);
    for (at, value) in values.iter().enumerate() {
        state.add(at as u64 + 2, value.as_bytes());
    }
    // The same in two parts gives the same.
    let (a, b) = values.split_at(values.len() / 2);
    let mut first = ColumnState::new(limits);
    let mut second = ColumnState::new(limits);
    for (at, value) in a.iter().enumerate() {
        first.add(at as u64 + 2, value.as_bytes());
    }
    for (at, value) in b.iter().enumerate() {
        second.add(at as u64 + 1, value.as_bytes());
    }
    first.merge(second, a.len() as u64 + 1);
    let rows = values.len() as u64;
    let whole = state.profile(name, rows, &state.decide(name));
    let mut parts = first.profile(name, rows, &first.decide(name));
    // Only rounding may differ, most where numbers have no digits left for their differences.
    if let (Some(a), Some(b)) = (whole.deviation, parts.deviation) {
        let size = whole.max.unwrap_or(0.0).abs() * 1e-15 + a * 1e-9;
        assert!((a - b).abs() <= size, "{a} {b}");
        parts.deviation = whole.deviation;
    }
    if let (Some(a), Some(b)) = (whole.mean, parts.mean) {
        assert!((a - b).abs() <= a.abs() * 1e-12, "{a} {b}");
        parts.mean = whole.mean;
    }
    assert_eq!(format!("{whole:?}"), format!("{parts:?}"));
    whole
}

fn profile(values: &[&str]) -> ColumnProfile {
    profile_named("x", values)
}

fn kind(values: &[&str]) -> ValueKind {
    profile(values).kind
}

#[test]
fn kinds() {
    let rows: [(&[&str], ValueKind); 17] = [
        (&["1", "2", "", "-3"], ValueKind::Integer),
        (&["1", "2.5"], ValueKind::Decimal),
        (&["1,5", "2"], ValueKind::Decimal),
        (&["1,234", "1,234,567"], ValueKind::Integer),
        (&["yes", "No"], ValueKind::Boolean),
        (&["2024-01-01", "2024-01-02"], ValueKind::Date),
        (&["2024-01-01", "2024-01-02 10:00:00"], ValueKind::Time),
        (&["31/01/2024", "01/02/2024"], ValueKind::Date),
        (&["01/31/2024", "01/02/2024"], ValueKind::Date),
        (&["007", "123"], ValueKind::Identifier),
        (&["{\"a\": 1}", "[]"], ValueKind::Json),
        (&["a", "b", "a", "b"], ValueKind::Category),
        (&["a", "b", "c"], ValueKind::Text),
        (&["", "NA", "null"], ValueKind::Empty),
        (&[], ValueKind::Empty),
        (&["1", "2", "x"], ValueKind::Text),
        (&["99999999999999999999", "1"], ValueKind::Identifier),
    ];
    for (values, wanted) in rows {
        assert_eq!(kind(values), wanted, "{values:?}");
    }
}

#[test]
fn numbers_are_measured() {
    let column = profile(&["3", "1.5", "NA", "2", "1.5", ""]);
    assert_eq!(column.kind, ValueKind::Decimal);
    assert_eq!((column.rows, column.missing, column.values()), (6, 2, 4));
    assert_eq!(column.missing_markers, [("".into(), 1), ("NA".into(), 1)]);
    assert_eq!(
        (column.min, column.max, column.mean),
        (Some(1.5), Some(3.0), Some(2.0))
    );
    assert_eq!((column.sum, column.sum_is_exact), (Some(8.0), true));
    assert!((column.deviation.unwrap() - 0.5_f64.sqrt()).abs() < 1e-12);
    assert_eq!(column.distinct.count, 3);
    assert_eq!(column.frequent[0], ("1.5".into(), 2));
    let (first, last) = (column.first.as_deref(), column.last.as_deref());
    assert_eq!((first, last), (Some("3"), Some("1.5")));
    let quantiles = column.quantiles.unwrap();
    assert_eq!((quantiles.at(0.5), quantiles.is_exact), (Some(1.75), true));
    assert!(!column.is_sorted && !column.is_unique);
}

#[test]
fn equal_numbers_are_one_value() {
    let column = profile(&["1", "1.0", "1.00", "2.50", "2.5"]);
    assert_eq!(column.distinct.count, 2);
    assert_eq!(column.frequent, [("1".into(), 3), ("2.5".into(), 2)]);
}

#[test]
fn whole_numbers_beyond_53_bits_stay_apart() {
    let column = profile(&["9007199254740993", "9007199254740992", "9007199254740994"]);
    assert_eq!(column.distinct.count, 3);
    assert_eq!(column.min_text.as_deref(), Some("9007199254740992"));
    assert_eq!(column.max_text.as_deref(), Some("9007199254740994"));
    assert!(column.is_unique);
}

#[test]
fn commas_are_decided_by_all_values() {
    let column = profile(&["1,234", "5,678", "12,5"]);
    assert_eq!(
        (column.kind, column.decimal_mark),
        (ValueKind::Decimal, Some(','))
    );
    assert_eq!(column.max, Some(12.5));
    let column = profile(&["1,234", "5,678", "1,234.50"]);
    assert_eq!((column.decimal_mark, column.max), (Some('.'), Some(5678.0)));
    let state = |values: &[&str]| {
        let mut state = ColumnState::new(SketchLimits::new(10, 1));
        values
            .iter()
            .for_each(|value| state.add(1, value.as_bytes()));
        state.decide("x").is_ambiguous_number
    };
    assert!(state(&["1,234", "5,678"]));
    assert!(state(&["1.234", "5.678"]));
    assert!(!state(&["1.234", "5.67"]));
}

#[test]
fn dates_are_decided_by_all_values() {
    let day = profile(&["03/04/2024", "31/01/2024"]);
    assert_eq!(day.date_format.as_deref(), Some("DD/MM/YYYY"));
    assert_eq!(day.max_text.as_deref(), Some("2024-04-03"));
    let month = profile(&["03/04/2024", "01/31/2024"]);
    assert_eq!(month.date_format.as_deref(), Some("MM/DD/YYYY"));
    assert_eq!(month.max_text.as_deref(), Some("2024-03-04"));
    let unknown = profile(&["03/04/2024", "05/06/2024", "01/02/2024"]);
    assert_eq!(unknown.kind, ValueKind::Text);
    assert!(unknown.is_ambiguous_date);
    assert_eq!(
        unknown.date_format.as_deref(),
        Some("DD/MM/YYYY or MM/DD/YYYY")
    );
    let mixed = profile(&["31/01/2024", "01/31/2024"]);
    assert_eq!(mixed.kind, ValueKind::Text);
    assert!(!mixed.is_ambiguous_date);
}

#[test]
fn dates_are_measured_in_days() {
    let column = profile(&["1970-01-02", "1970-01-04", "1970-01-11"]);
    assert_eq!((column.min, column.max), (Some(1.0), Some(10.0)));
    assert!((column.mean.unwrap() - 14.0 / 3.0).abs() < 1e-9);
    assert_eq!(column.sum, None);
    assert!(column.is_sorted && column.is_unique);
    assert_eq!(column.quantiles.unwrap().values, [1.0, 3.0, 10.0]);
}

#[test]
fn a_few_values_may_not_fit() {
    let mut values = vec!["5"; 60];
    values[20] = "five";
    values[40] = "2024-01-01";
    let column = profile(&values);
    assert_eq!(
        (column.kind, column.unfit, column.values()),
        (ValueKind::Integer, 2, 58)
    );
    let shown: Vec<(u64, &str)> = column
        .unfit_examples
        .iter()
        .map(|value| (value.line, value.text.as_str()))
        .collect();
    assert_eq!(shown, [(22, "five"), (42, "2024-01-01")]);
    assert_eq!(column.distinct.count, 1);
    values[21] = "six";
    values[22] = "seven";
    assert_eq!(kind(&values), ValueKind::Category);
}

#[test]
fn texts_are_measured() {
    let column = profile(&["Zebra", "apple", "日本", "apple"]);
    assert_eq!(
        (column.min_text.as_deref(), column.max_text.as_deref()),
        (Some("Zebra"), Some("日本"))
    );
    assert_eq!((column.min_length, column.max_length), (Some(2), Some(5)));
    assert_eq!((column.min, column.mean), (None, None));
    let column = profile(&["a", "b", "b", "c"]);
    assert!(column.is_sorted && !column.is_unique);
    let long: Vec<String> = (0..50)
        .map(|at| format!("{}{at:02}", "x".repeat(30)))
        .collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let column = profile(&long);
    assert!(column.is_sorted && column.is_unique);
}

#[test]
fn truths_are_counted() {
    let column = profile(&["yes", "no", "YES", "yes"]);
    assert_eq!(column.frequent, [("true".into(), 3), ("false".into(), 1)]);
    assert_eq!((column.mean, column.distinct.count), (Some(0.75), 2));
    assert_eq!((column.min, column.max), (Some(0.0), Some(1.0)));
}

#[test]
fn personal_columns() {
    let personal = |name: &str, values: &[&str]| profile_named(name, values).personal;
    let rows: [(&str, &[&str], Option<PersonalKind>); 17] = [
        (
            "Name",
            &["Ann Lee", "Dr. Bob O'Neil"],
            Some(PersonalKind::PersonName),
        ),
        (
            "author",
            &["王伟", "李小娜"],
            Some(PersonalKind::PersonName),
        ),
        ("name", &["garden chair", "Table"], None),
        (
            "contact",
            &["a@b.org", "c.d@e.com"],
            Some(PersonalKind::Mail),
        ),
        ("customerEmail", &["x", "y"], Some(PersonalKind::Mail)),
        (
            "x",
            &["+49 30 1234567", "(030) 765-4321"],
            Some(PersonalKind::Phone),
        ),
        (
            "手机号",
            &["13800138000", "13900139000"],
            Some(PersonalKind::Phone),
        ),
        ("姓名", &["王伟", "李娜"], Some(PersonalKind::PersonName)),
        (
            "first_name",
            &["Ann", "Bob"],
            Some(PersonalKind::PersonName),
        ),
        ("product_name", &["Chair", "Table"], None),
        (
            "host",
            &["10.0.0.1", "10.0.0.2"],
            Some(PersonalKind::IpAddress),
        ),
        (
            "date_of_birth",
            &["1990-01-01", "1991-05-06"],
            Some(PersonalKind::BirthDate),
        ),
        (
            "出生日期",
            &["1990-01-01", "1991-05-06"],
            Some(PersonalKind::BirthDate),
        ),
        (
            "x",
            &["sk-4fGh7Jk2LmN9pQr5StU8vWx1", "sk-9aBc3DeF6gHi2JkL7mNo4PqR"],
            Some(PersonalKind::Secret),
        ),
        (
            "address",
            &["1 Main St", "2 High St"],
            Some(PersonalKind::Address),
        ),
        ("price", &["1", "2"], None),
        (
            "id",
            &[
                "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
                "3f2504e0-4f89-11d3-9a0c-0305e82c3302",
            ],
            None,
        ),
    ];
    for (name, values, wanted) in rows {
        assert_eq!(personal(name, values), wanted, "{name} {values:?}");
    }
}

#[test]
fn phone_numbers_within_texts_and_cards_are_personal() {
    let personal = |name: &str, values: &[&str]| profile_named(name, values).personal;
    let phone = Some(PersonalKind::Phone);
    let fine = "all was fine";
    for text in [
        "Great – call me at 0171 5551234",
        "my number is +49 171 5551234.",
        "reach me: 212-555-0100 after six",
    ] {
        assert_eq!(personal("Comment", &[fine, text]), phone, "{text}");
    }
    for text in [
        "order 1234567890 is late",
        "since 2024-01-05 10:30:00",
        "0.123456789 of it",
        "between 1000 and 2000 in 2024",
    ] {
        assert_eq!(personal("Comment", &[fine, text]), None, "{text}");
    }
    let mail = personal("Comment", &[fine, "write to <ann@mail.example>, please"]);
    assert_eq!(mail, Some(PersonalKind::Mail));
    let cards = ["4111 1111 1111 1111", "5500-0000-0000-0004"];
    assert_eq!(personal("no", &cards), Some(PersonalKind::PersonNumber));
    assert_eq!(
        personal("no", &["4111111111111112", "5500000000000005"]),
        None
    );
}
