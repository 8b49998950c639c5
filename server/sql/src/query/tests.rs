//! Trees as they are printed and put into words.

use super::dates::{CalendarDay, DateBound, DatePeriod, DateUnit};
use super::{
    ColumnName, Comparison, JoinOn, OrderKey, PerGroup, Predicate, QueryTree, SayLanguage, Scalar,
    SelectTree, SetOperator, SourceRows, SourceTree, SqlAggregate, print, say,
};
use data::{SqlDialect, TableName};

fn column(source: usize, name: &str) -> Scalar {
    Scalar::Column(ColumnName {
        source,
        column: name.into(),
    })
}

fn table(name: &str) -> SourceTree {
    SourceTree {
        rows: SourceRows::Table(TableName::plain(name)),
        join: None,
    }
}

fn joined(name: &str, before: &str, own: &str) -> SourceTree {
    let name_of = |source, column: &str| ColumnName {
        source,
        column: column.into(),
    };
    SourceTree {
        join: Some(JoinOn {
            is_left: false,
            pairs: vec![(name_of(0, before), name_of(1, own))],
        }),
        ..table(name)
    }
}

fn plain(items: Vec<Scalar>, from: &str) -> SelectTree {
    SelectTree {
        items: items.into_iter().map(Into::into).collect(),
        sources: vec![table(from)],
        ..SelectTree::default()
    }
}

fn printed(select: SelectTree, dialect: SqlDialect) -> String {
    print(&select.into(), dialect)
}

#[test]
fn moments_are_numbers_of_seconds_in_every_dialect() {
    let moment = |dialect: SqlDialect, is_milli: bool| {
        let value = Scalar::Moment(Box::new(column(0, "sold_at")), is_milli);
        printed(plain(vec![value], "sales"), dialect)
    };
    let expected = [
        (SqlDialect::Sqlite, "datetime(sold_at / 1000, 'unixepoch')"),
        (SqlDialect::Postgres, "TO_TIMESTAMP(sold_at / 1000)"),
        (SqlDialect::DuckDb, "TO_TIMESTAMP(sold_at / 1000)"),
        (SqlDialect::MySql, "FROM_UNIXTIME(sold_at / 1000)"),
        (
            SqlDialect::TSql,
            "DATEADD(SECOND, sold_at / 1000, '1970-01-01')",
        ),
    ];
    for (dialect, text) in expected {
        assert_eq!(moment(dialect, true), format!("SELECT {text}\nFROM sales"));
        let seconds = text.replace(" / 1000", "");
        assert_eq!(
            moment(dialect, false),
            format!("SELECT {seconds}\nFROM sales")
        );
    }
}

#[test]
fn limits_are_those_of_the_dialect() {
    let select = SelectTree {
        limit: Some(3),
        ..plain(vec![column(0, "name")], "users")
    };
    assert_eq!(
        printed(select.clone(), SqlDialect::Postgres),
        "SELECT name\nFROM users\nLIMIT 3"
    );
    assert_eq!(
        printed(select, SqlDialect::TSql),
        "SELECT TOP (3) name\nFROM users"
    );
}

#[test]
fn names_are_quoted_where_the_dialect_needs_it() {
    let select = plain(vec![column(0, "order"), column(0, "Name")], "my table");
    let first = |dialect| printed(select.clone(), dialect).replace('\n', " ");
    assert_eq!(
        first(SqlDialect::Sqlite),
        "SELECT \"order\", Name FROM \"my table\""
    );
    assert_eq!(
        first(SqlDialect::Postgres),
        "SELECT \"order\", \"Name\" FROM \"my table\""
    );
    assert_eq!(
        first(SqlDialect::MySql),
        "SELECT `order`, Name FROM `my table`"
    );
    assert_eq!(
        first(SqlDialect::TSql),
        "SELECT [order], Name FROM [my table]"
    );
}

#[test]
fn joined_tables_have_initials() {
    let select = SelectTree {
        sources: vec![table("order_items"), joined("orders", "order_id", "id")],
        ..plain(vec![column(1, "status")], "x")
    };
    assert_eq!(
        printed(select, SqlDialect::Sqlite),
        "SELECT o.status\nFROM order_items AS oi\nJOIN orders AS o ON o.id = oi.order_id"
    );
    let twice = SelectTree {
        sources: vec![table("users"), joined("units", "unit_id", "id")],
        ..plain(vec![column(1, "name")], "x")
    };
    assert!(printed(twice, SqlDialect::Sqlite).contains("JOIN units AS u2 ON u2.id = u.unit_id"));
    let word = SelectTree {
        sources: vec![table("actual_sums"), joined("b", "b_id", "id")],
        ..plain(vec![column(0, "name")], "x")
    };
    assert!(printed(word, SqlDialect::Sqlite).contains("FROM actual_sums AS as2"));
}

#[test]
fn strict_dialects_group_by_all_that_is_returned() {
    let select = SelectTree {
        group: vec![column(0, "id")],
        ..plain(
            vec![
                column(0, "name"),
                Scalar::aggregate(SqlAggregate::Count, Scalar::All),
            ],
            "users",
        )
    };
    assert!(printed(select.clone(), SqlDialect::Sqlite).ends_with("GROUP BY id"));
    assert!(printed(select, SqlDialect::DuckDb).ends_with("GROUP BY id, name"));
}

fn top_of_quarters() -> SelectTree {
    let quarter = Scalar::Bucket(DateUnit::Quarter, Box::new(column(0, "sold_at")));
    let sum = Scalar::aggregate(SqlAggregate::Sum, column(0, "amount"));
    SelectTree {
        group: vec![quarter.clone(), column(0, "region")],
        per_group: Some(PerGroup {
            parts: vec![quarter.clone()],
            order: OrderKey {
                value: sum.clone(),
                descending: true,
            },
            rows: 3,
        }),
        conditions: vec![Predicate::During(
            column(0, "sold_at"),
            DatePeriod::year(2023),
        )],
        ..plain(vec![quarter, column(0, "region"), sum], "sales")
    }
}

#[test]
fn the_first_of_each_part_are_cut_by_their_places() {
    assert_eq!(
        printed(top_of_quarters(), SqlDialect::MySql),
        "SELECT quarter, region, total_amount\n\
         FROM (\n  \
         SELECT CONCAT(YEAR(sold_at), '-Q', QUARTER(sold_at)) AS quarter,\n         \
         region,\n         \
         SUM(amount) AS total_amount,\n         \
         ROW_NUMBER() OVER (PARTITION BY CONCAT(YEAR(sold_at), '-Q', QUARTER(sold_at)) \
         ORDER BY SUM(amount) DESC) AS place\n  \
         FROM sales\n  \
         WHERE sold_at >= '2023-01-01' AND sold_at < '2024-01-01'\n  \
         GROUP BY CONCAT(YEAR(sold_at), '-Q', QUARTER(sold_at)), region\n\
         ) AS ranked\n\
         WHERE place <= 3\n\
         ORDER BY quarter, place"
    );
}

#[test]
fn units_of_time_are_functions_of_the_dialect() {
    let of = |dialect| {
        let unit = Scalar::Bucket(DateUnit::Quarter, Box::new(column(0, "day")));
        printed(plain(vec![unit], "t"), dialect).replace("\nFROM t", "")
    };
    assert_eq!(
        of(SqlDialect::Postgres),
        "SELECT DATE_TRUNC('quarter', day)"
    );
    assert_eq!(of(SqlDialect::DuckDb), "SELECT DATE_TRUNC('quarter', day)");
    assert_eq!(
        of(SqlDialect::TSql),
        "SELECT CONCAT(YEAR(day), '-Q', DATEPART(QUARTER, day))"
    );
    assert!(of(SqlDialect::Sqlite).contains("strftime('%Y', day) || '-Q'"));
}

#[test]
fn periods_before_today_are_those_of_the_database() {
    let last_month = DatePeriod {
        from: Some(DateBound::StartOf(DateUnit::Month, 1)),
        until: Some(DateBound::StartOf(DateUnit::Month, 0)),
    };
    let of = |period, dialect| {
        let select = SelectTree {
            conditions: vec![Predicate::During(column(0, "day"), period)],
            ..plain(vec![Scalar::All], "t")
        };
        printed(select, dialect).replace("SELECT *\nFROM t\nWHERE ", "")
    };
    assert_eq!(
        of(last_month, SqlDialect::Postgres),
        "day >= DATE_TRUNC('month', CURRENT_DATE) - INTERVAL '1 month' AND \
         day < DATE_TRUNC('month', CURRENT_DATE)"
    );
    assert_eq!(
        of(last_month, SqlDialect::TSql),
        "day >= DATEADD(MONTH, DATEDIFF(MONTH, 0, GETDATE()) - 1, 0) AND \
         day < DATEADD(MONTH, DATEDIFF(MONTH, 0, GETDATE()), 0)"
    );
    let days = DatePeriod {
        from: Some(DateBound::Ago(DateUnit::Day, 30)),
        until: None,
    };
    assert_eq!(
        of(days, SqlDialect::MySql),
        "day >= CURDATE() - INTERVAL 30 DAY"
    );
    assert_eq!(
        of(days, SqlDialect::Sqlite),
        "day >= date('now', '-30 days')"
    );
}

#[test]
fn patterns_do_not_mind_case() {
    let select = SelectTree {
        conditions: vec![Predicate::Like(column(0, "name"), "%it's%".into(), true)],
        ..plain(vec![Scalar::All], "t")
    };
    let last = |dialect| {
        printed(select.clone(), dialect)
            .lines()
            .last()
            .unwrap()
            .to_owned()
    };
    assert_eq!(last(SqlDialect::Postgres), "WHERE name NOT ILIKE '%it''s%'");
    assert_eq!(last(SqlDialect::Sqlite), "WHERE name NOT LIKE '%it''s%'");
}

#[test]
fn queries_are_combined_and_nested() {
    let mut tree = QueryTree::from(plain(vec![column(0, "id")], "a"));
    tree.rest
        .push((SetOperator::Except, plain(vec![column(0, "a_id")], "b")));
    assert_eq!(
        print(&tree, SqlDialect::DuckDb),
        "SELECT id\nFROM a\nEXCEPT\nSELECT a_id\nFROM b"
    );
    let nested = SelectTree {
        conditions: vec![Predicate::InQuery(column(0, "id"), Box::new(tree), false)],
        ..plain(vec![Scalar::All], "c")
    };
    assert_eq!(
        printed(nested, SqlDialect::Sqlite),
        "SELECT *\nFROM c\nWHERE id IN (SELECT id FROM a EXCEPT SELECT a_id FROM b)"
    );
}

#[test]
fn one_of_several_is_in_brackets_with_another() {
    let is = |text: &str| {
        Predicate::Compare(column(0, "a"), Comparison::Equal, Scalar::Text(text.into()))
    };
    let select = SelectTree {
        conditions: vec![Predicate::Any(vec![is("x"), is("y")])],
        ..plain(vec![Scalar::All], "t")
    };
    assert!(printed(select.clone(), SqlDialect::Sqlite).ends_with("WHERE a = 'x' OR a = 'y'"));
    let mut both = select;
    both.conditions
        .push(Predicate::IsNull(column(0, "b"), true));
    assert!(
        printed(both, SqlDialect::Sqlite).ends_with("WHERE (a = 'x' OR a = 'y') AND b IS NOT NULL")
    );
}

#[test]
fn deep_trees_end() {
    let mut tree = QueryTree::from(plain(vec![Scalar::All], "t"));
    for _ in 0..50 {
        let select = SelectTree {
            conditions: vec![Predicate::InQuery(column(0, "a"), Box::new(tree), false)],
            ..plain(vec![Scalar::All], "t")
        };
        tree = select.into();
    }
    assert!(print(&tree, SqlDialect::Sqlite).contains("SELECT NULL"));
}

#[test]
fn trees_are_said_in_words() {
    assert_eq!(
        say(&top_of_quarters().into(), SayLanguage::English),
        "quarter and region and sum of amount, the 3 with the largest sum of amount of each \
         quarter, 2023; 1 table"
    );
    assert_eq!(
        say(&top_of_quarters().into(), SayLanguage::Chinese),
        "季度、region、amount的总和，每个季度：amount的总和最大的3个，2023；1张表"
    );
}

#[test]
fn days_are_those_of_the_calendar() {
    assert!(CalendarDay::new(2023, 2, 29).is_none());
    assert!(CalendarDay::new(2024, 2, 29).is_some());
    assert!(CalendarDay::new(0, 1, 1).is_none());
    let last = CalendarDay::new(2023, 12, 31).unwrap();
    assert_eq!(last.next().iso(), "2024-01-01");
    assert_eq!(last.plus_months(2).iso(), "2024-02-29");
    assert_eq!(last.plus_months(-13).iso(), "2022-11-30");
    assert_eq!(DatePeriod::year(2023).as_year(), Some(2023));
    assert_eq!(CalendarDay::year(1_000_000).year, 9_999);
}

#[test]
fn days_are_counted_from_the_epoch() {
    for (days, iso) in [
        (0, "1970-01-01"),
        (365, "1971-01-01"),
        (789, "1972-02-29"),
        (1_096, "1973-01-01"),
        (20_453, "2025-12-31"),
        (20_789, "2026-12-02"),
    ] {
        assert_eq!(CalendarDay::since_epoch(days).iso(), iso, "{days}");
    }
}

fn places() -> QueryTree {
    let paid = Predicate::Compare(
        column(0, "paid"),
        Comparison::Equal,
        Scalar::Number("1".into()),
    );
    SelectTree {
        items: vec![Scalar::Portion(vec![paid]).into()],
        sources: vec![table("orders")],
        group: vec![Scalar::Bucket(
            DateUnit::Weekday,
            Box::new(column(0, "sold")),
        )],
        order: vec![OrderKey {
            value: column(0, "sold"),
            descending: true,
        }],
        limit: Some(1),
        offset: 2,
        ..SelectTree::default()
    }
    .into()
}

#[test]
fn rows_that_are_left_out_and_weekdays_in_all_dialects() {
    let portion = "100.0 * SUM(CASE WHEN paid = 1 THEN 1 ELSE 0 END) / COUNT(*)";
    let expected = [
        (
            SqlDialect::Sqlite,
            "CAST(strftime('%w', sold) AS INTEGER)",
            "LIMIT 1 OFFSET 2",
        ),
        (
            SqlDialect::Postgres,
            "EXTRACT(DOW FROM sold), sold",
            "LIMIT 1 OFFSET 2",
        ),
        (
            SqlDialect::DuckDb,
            "EXTRACT(DOW FROM sold), sold",
            "LIMIT 1 OFFSET 2",
        ),
        (
            SqlDialect::MySql,
            "DAYOFWEEK(sold) - 1, sold",
            "LIMIT 1 OFFSET 2",
        ),
        (
            SqlDialect::TSql,
            "(DATEPART(WEEKDAY, sold) + @@DATEFIRST - 1) % 7, sold",
            "OFFSET 2 ROWS FETCH NEXT 1 ROWS ONLY",
        ),
    ];
    for (dialect, group, limit) in expected {
        let text = print(&places(), dialect);
        let whole =
            format!("SELECT {portion}\nFROM orders\nGROUP BY {group}\nORDER BY sold DESC\n{limit}");
        assert_eq!(text, whole);
    }
}
