//! Values and what they mean, one by one.

use super::date::{self, DateReading, Moment};
use super::number::{self, Number, NumberReading};
use super::{json, text, word};

fn point(value: &str) -> Option<f64> {
    match number::read(value.as_bytes()) {
        NumberReading::Plain(number) => Some(number.value),
        NumberReading::Styled(point, _) => point.map(|number| number.value),
        _ => None,
    }
}

fn comma(value: &str) -> Option<f64> {
    match number::read(value.as_bytes()) {
        NumberReading::Plain(number) => Some(number.value),
        NumberReading::Styled(_, comma) => comma.map(|number| number.value),
        _ => None,
    }
}

#[test]
fn numbers_in_both_styles() {
    let rows = [
        ("0", Some(0.0), Some(0.0)),
        ("-7", Some(-7.0), Some(-7.0)),
        ("+7", Some(7.0), Some(7.0)),
        ("12.5", Some(12.5), None),
        ("12,5", None, Some(12.5)),
        ("0.125", Some(0.125), None),
        ("1.234", Some(1.234), Some(1234.0)),
        ("1,234", Some(1234.0), Some(1.234)),
        ("1,234.5", Some(1234.5), None),
        ("1.234,5", None, Some(1234.5)),
        ("1,234,567", Some(1_234_567.0), None),
        ("1.234.567", None, Some(1_234_567.0)),
        ("1 234 567", Some(1_234_567.0), Some(1_234_567.0)),
        ("1'234.5", Some(1234.5), None),
        ("1e3", Some(1000.0), Some(1000.0)),
        ("2.5E-2", Some(0.025), None),
        (".5", Some(0.5), None),
        ("-0.5", Some(-0.5), None),
        ("9007199254740993", Some(9_007_199_254_740_992.0), None),
    ];
    for (value, by_point, by_comma) in rows {
        assert_eq!(point(value), by_point, "{value}");
        if by_comma.is_some() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            assert_eq!(comma(value), by_comma, "{value}");
        }
    }
}

#[test]
fn no_numbers() {
    let values = [
        "", "-", "+", ".", ",", "1.", "1..2", "1,23,456", "12 34", "1-2", "0x10", "1e", "e5",
        "abc", "1.2.3", "1,2,3", "--1", "1 ", "12:30", "1e999", "1'2", "Ⅷ", "١٢",
    ];
    for value in values {
        let found = number::read(value.as_bytes());
        assert_eq!(found, NumberReading::No, "{value}");
    }
}

#[test]
fn digits_that_are_no_quantity() {
    for value in [
        "007",
        "00",
        "00123",
        "9223372036854775808",
        "123456789012345678901234567890",
    ] {
        assert_eq!(
            number::read(value.as_bytes()),
            NumberReading::Digits,
            "{value}"
        );
    }
    let most = NumberReading::Plain(Number {
        mantissa: i64::MAX,
        scale: 0,
        value: i64::MAX as f64,
        is_exact: true,
    });
    assert_eq!(number::read(b"9223372036854775807"), most);
}

#[test]
fn decimals_are_rounded_once() {
    for value in [
        "0.1",
        "0.3",
        "123.456",
        "99999999.99",
        "0.000001",
        "123456789012345.678",
    ] {
        assert_eq!(point(value), value.parse().ok(), "{value}");
    }
    let mut state = 1_u64;
    for _ in 0..2000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let (whole, part) = (state >> 40, (state >> 20) % 100_000);
        let value = format!("{whole}.{part:05}");
        assert_eq!(point(&value), value.parse().ok(), "{value}");
    }
}

#[test]
fn scaled_numbers_as_text() {
    let text = |whole, scale| {
        let mut out = Vec::new();
        number::write_scaled(whole, scale, &mut out);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(text(12345, 2), "123.45");
    assert_eq!(text(-5, 3), "-0.005");
    assert_eq!(text(7, 0), "7");
    assert_eq!(text(7, -3), "7");
}

fn moment(value: &str) -> Option<Moment> {
    match date::read(value.as_bytes()) {
        DateReading::Plain(moment) => Some(moment),
        _ => None,
    }
}

#[test]
fn dates_with_the_year_first() {
    let day = 19_783 * date::DAY;
    for value in [
        "2024-03-01",
        "2024/03/01",
        "2024.03.01",
        "2024-3-1",
        "2024年3月1日",
        "2024-03",
    ] {
        assert_eq!(moment(value).map(|m| m.micros), Some(day), "{value}");
    }
    let clock = day + (13 * 3600 + 5 * 60 + 9) * 1_000_000;
    let times = [
        ("2024-03-01 13:05:09", clock, false),
        ("2024-03-01T13:05:09", clock, false),
        ("2024-03-01T13:05:09Z", clock, true),
        ("2024-03-01 13:05:09.25", clock + 250_000, false),
        ("2024-03-01 13:05:09.123456789", clock + 123_456, false),
        ("2024-03-01 01:05:09 PM", clock, false),
        ("2024-03-01T13:05:09+02:00", clock, true),
        ("2024-03-01T13:05:09-0130", clock, true),
        ("2024-03-01 13:05", clock - 9_000_000, false),
    ];
    for (value, micros, has_offset) in times {
        let found = moment(value).unwrap_or_else(|| panic!("{value}"));
        assert_eq!(
            (found.micros, found.has_offset),
            (micros, has_offset),
            "{value}"
        );
        assert!(found.has_time, "{value}");
    }
}

#[test]
fn dates_with_two_orders() {
    let days = |reading| match reading {
        DateReading::Ordered(day, month) => {
            let iso = |m: Moment| date::iso_date(m.micros / date::DAY);
            (day.map(iso), month.map(iso))
        }
        _ => (None, None),
    };
    let both = (Some("2024-04-03".into()), Some("2024-03-04".into()));
    for value in [
        "3/4/2024",
        "03/04/2024",
        "03-04-2024",
        "3.4.2024",
        "03/04/24",
    ] {
        assert_eq!(days(date::read(value.as_bytes())), both, "{value}");
    }
    let day = (Some("1999-01-31".to_owned()), None);
    assert_eq!(days(date::read(b"31/01/99")), day);
    let month = (None, Some("1999-01-31".to_owned()));
    assert_eq!(days(date::read(b"1/31/1999")), month);
    // The same day in both orders has one reading.
    assert!(moment("05/05/2024").is_some());
}

#[test]
fn no_dates() {
    let values = [
        "2024-02-30",
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-00",
        "32/01/2024",
        "2024-03-01 24:00:00",
        "2024-03-01 12:60:00",
        "2024-03-01x",
        "1/2",
        "10.0.0.1",
        "2024",
        "12-34-56-78",
        "2024-03-01 12",
        "1/2/345",
        "0000-01-01",
    ];
    for value in values {
        assert_eq!(date::read(value.as_bytes()), DateReading::No, "{value}");
    }
}

#[test]
fn days_and_back() {
    for days in (-200_000..200_000).step_by(37) {
        let (year, month, day) = date::civil(days);
        let again = date::days(year as i32, month, day);
        assert_eq!(again.map(i64::from), Some(days));
    }
    assert_eq!(date::iso_date(0), "1970-01-01");
    assert_eq!(date::iso_time(-1_000_000), "1969-12-31 23:59:59");
    assert_eq!(date::iso_time(1500), "1970-01-01 00:00:00.001500");
}

#[test]
fn words() {
    for value in [
        "", "-", "NA", "na", "N/A", "NaN", "NULL", "null", "\\N", "#N/A",
    ] {
        assert!(word::missing(value.as_bytes()).is_some(), "{value}");
    }
    for value in ["0", "--", "none", "nah", "x", "nope", "N.A."] {
        assert!(word::missing(value.as_bytes()).is_none(), "{value}");
    }
    for (value, truth) in [
        ("TRUE", true),
        ("no", false),
        ("Y", true),
        ("是", true),
        ("f", false),
    ] {
        assert_eq!(word::boolean(value.as_bytes()), Some(truth), "{value}");
    }
    for value in ["1", "0", "on", "yess", "tru", "ja"] {
        assert_eq!(word::boolean(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn texts_that_are_no_utf8() {
    assert_eq!(text::decode(b"caf\xe9"), "café");
    assert_eq!(text::decode(b"\x80 5"), "€ 5");
    assert_eq!(text::decode("日".as_bytes()), "日");
    assert_eq!(text::decode_cut(&"a日".as_bytes()[..3]), "a");
}

#[test]
fn json_objects() {
    let data = br#"{"a": 1, "b\n": "x\u00e9\ud83d\ude00\"", "c": {"d": [1, "}"]}, "e": null} rest"#;
    let mut found = Vec::new();
    let end = json::object(data, 0, &mut |name, value| found.push((name, value))).unwrap();
    assert_eq!(&data[end..], b" rest");
    assert_eq!(found.len(), 4);
    let json::JsonValue::Text(start, end) = found[1].1 else {
        panic!("{found:?}");
    };
    let mut out = Vec::new();
    json::unescape(&data[start..end], &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "xé😀\"");
    assert_eq!(found[3].1, json::JsonValue::Null);
}

#[test]
fn json_that_is_none() {
    let object = |text: &str| json::object(text.as_bytes(), 0, &mut |_, _| {});
    for text in ["{", "{\"a\"", "{\"a\": [1, 2", "{\"a\": \"x"] {
        assert_eq!(object(text), Err(json::JsonError::Unfinished), "{text}");
    }
    for text in [
        "[1]",
        "{a: 1}",
        "{\"a\" 1}",
        "{\"a\": [1}}",
        "{\"a\": x}",
        "{\"a\": 1 \"b\": 2}",
    ] {
        assert!(
            matches!(object(text), Err(json::JsonError::Invalid(_))),
            "{text}"
        );
    }
    let deep = format!("{{\"a\": {}", "[".repeat(100_000));
    assert!(matches!(object(&deep), Err(json::JsonError::Invalid(_))));
    assert!(json::is_nested(b"[1, {\"a\": []}]"));
    assert!(!json::is_nested(b"[1] 2"));
    assert!(!json::is_nested(b"(1)"));
}
