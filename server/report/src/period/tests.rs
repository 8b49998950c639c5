//! Labels and phases are those that SQLite gives.

use super::{PeriodSpan, TimeKind};
use crate::calendar;
use proptest::prelude::*;
use rusqlite::Connection;

fn ask(connection: &Connection, sql: &str) -> String {
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

proptest! {
    #[test]
    fn labels_are_those_of_the_queries(day in -200_000_i64..800_000, hour in 0_i64..24) {
        let connection = Connection::open_in_memory().unwrap();
        let text = format!("{} {hour:02}:30:00", calendar::iso(day));
        connection.execute_batch("CREATE TABLE t (d TEXT)").unwrap();
        connection.execute("INSERT INTO t VALUES (?)", [&text]).unwrap();
        let micros = (day * 24 + hour) * 3_600_000_000 + 1_800_000_000;
        for span in PeriodSpan::ALL {
            let ordinal = span.of_micros(micros);
            let label = span.label(ordinal);
            let sql = format!("SELECT {} FROM t", span.sql("d", TimeKind::Dated));
            prop_assert_eq!(ask(&connection, &sql), label.clone());
            prop_assert!(span.first_day(ordinal) <= day);
            prop_assert!(day <= span.first_day(ordinal + 1));
            if let Some(phase) = span.phase_sql() {
                let sql = format!("SELECT {phase} FROM (SELECT '{label}' AS period)");
                prop_assert_eq!(ask(&connection, &sql), span.phase(ordinal));
            }
            if let Some(days) = span.days_sql() {
                let sql = format!("SELECT CAST({days} AS TEXT) FROM (SELECT '{label}' AS period)");
                prop_assert_eq!(ask(&connection, &sql), span.days(ordinal).to_string());
            }
        }
    }

    #[test]
    fn periods_follow_each_other(day in -200_000_i64..800_000) {
        for span in [PeriodSpan::Week, PeriodSpan::Month, PeriodSpan::Quarter, PeriodSpan::Year] {
            let ordinal = span.of_day(day);
            prop_assert_eq!(span.of_day(span.first_day(ordinal)), ordinal);
            prop_assert_eq!(span.of_day(span.first_day(ordinal + 1) - 1), ordinal);
        }
        let (year, month, of_month) = calendar::date(day);
        prop_assert_eq!(calendar::days(year, month, of_month), day);
    }
}

#[test]
fn labels_are_short() {
    let day = calendar::days(2023, 8, 31);
    let label = |span: PeriodSpan| span.label(span.of_day(day));
    assert_eq!(label(PeriodSpan::Week), "2023-08-28");
    assert_eq!(label(PeriodSpan::Month), "2023-08");
    assert_eq!(label(PeriodSpan::Quarter), "2023-Q3");
    assert_eq!(label(PeriodSpan::Year), "2023");
    assert_eq!(calendar::weekday(day), 4);
}
