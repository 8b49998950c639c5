//! A number that is not the query's is found.

use super::{is_equal, verify};
use crate::finding::{FindingKind, NumberValue};
use crate::testing::{self, monthly};
use rusqlite::types::Value;

#[test]
fn a_changed_number_or_query_is_found() {
    let text = monthly("total", 24, 10, &mut |month, row| {
        format!("{}.25", month + row * 3 % 7)
    });
    let (_folder, file) = testing::file(&text);
    let mut report = crate::make(&file, &testing::options()).unwrap();
    assert!(verify(&report, &file).unwrap().is_equal());
    let at = report
        .sentences
        .iter()
        .position(|one| one.finding.kind == FindingKind::Overview)
        .unwrap();
    let right = report.sentences[at].finding.clone();
    let NumberValue::Real(value) = &mut report.sentences[at].finding.numbers[0].value else {
        panic!("the total is a real number");
    };
    *value *= 1.0 + 1e-7;
    let outcome = verify(&report, &file).unwrap();
    assert_eq!(
        (outcome.mismatches.len(), outcome.sentences - outcome.equal),
        (1, 1)
    );
    assert!(!outcome.is_equal());
    report.sentences[at].finding = right;
    report.sentences[at].finding.sql = "SELECT total FROM nowhere".to_owned();
    let outcome = verify(&report, &file).unwrap();
    let found = &outcome.mismatches[0].found;
    assert!(found.contains("no such table"), "{found}");
}

#[test]
fn numbers_are_compared_by_a_billionth() {
    let real = NumberValue::Real;
    assert!(is_equal(&real(1.0), &Value::Real(1.0 + 1e-10), 1.0));
    assert!(!is_equal(&real(1.0), &Value::Real(1.0 + 1e-8), 1.0));
    assert!(is_equal(&real(2.0), &Value::Integer(2), 1.0));
    assert!(is_equal(&real(1e-5), &Value::Real(0.0), 1e9));
    assert!(!is_equal(&real(f64::NAN), &Value::Null, 1.0));
    assert!(!is_equal(&NumberValue::Count(2), &Value::Null, 1.0));
    assert!(!is_equal(
        &NumberValue::Text("a".to_owned()),
        &Value::Text("b".to_owned()),
        1.0
    ));
}
