//! The parts of the way from a question to a query, each by itself.

use super::{schema, today};
use crate::query::dates::{CalendarDay, DateBound, DatePeriod, DateUnit};
use crate::question::QuestionSchema;
use crate::question::chinese::reorder;
use crate::question::index::ColumnSort;
use crate::question::link::mentions;
use crate::question::periods::find_periods;
use crate::question::tokens::{Token, TokenKind, tokens};

const SHOP: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, dob DATE);\n\
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, orderdate DATE, \
    total_amt NUMERIC, is_paid BOOLEAN);\n\
    CREATE TABLE order_items (order_id INTEGER REFERENCES orders (id), qty INTEGER);";

fn index() -> QuestionSchema {
    QuestionSchema::new(&schema(SHOP))
}

fn words(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

fn periods(question: &str) -> Vec<DatePeriod> {
    let (tokens, _) = tokens(question, &index());
    let found = find_periods(tokens, today());
    let periods = found.into_iter().filter_map(|token| match token.kind {
        TokenKind::Period(period) => Some(period),
        _ => None,
    });
    periods.collect()
}

fn month(year: i32, month: u8) -> CalendarDay {
    CalendarDay::new(year, month, 1).unwrap()
}

#[test]
fn questions_are_cut_into_tokens() {
    let of = |question: &str| -> Vec<String> {
        let (tokens, _) = tokens(question, &index());
        tokens.into_iter().map(|token| token.text).collect()
    };
    assert_eq!(
        of("Who's older than 1,500.5?"),
        ["Who", "'s", "older", "than", "1,500.5", "?"]
    );
    assert_eq!(
        of("named 'O Neil' or \"x y\""),
        ["named", "O Neil", "or", "x y"]
    );
    assert_eq!(of("don't"), ["do", "not"]);
    assert_eq!(of("a >= 3"), ["a", ">=", "3"]);
}

#[test]
fn numbers_are_read_in_words_and_with_units() {
    let of = |question: &str| -> Vec<String> {
        let (tokens, _) = tokens(question, &index());
        tokens
            .iter()
            .filter_map(|token| token.number().map(str::to_owned))
            .collect()
    };
    assert_eq!(of("three or 4"), ["3", "4"]);
    assert_eq!(
        of("1.5 million and 20k and 3万"),
        ["1500000", "20000", "30000"]
    );
    assert_eq!(of("1,234"), ["1234"]);
}

#[test]
fn periods_are_found() {
    let of = |first, months| vec![DatePeriod::months(first, months)];
    assert_eq!(periods("in Q3 2022"), of(month(2022, 7), 3));
    assert_eq!(periods("2022 Q3"), of(month(2022, 7), 3));
    assert_eq!(periods("third quarter of 2022"), of(month(2022, 7), 3));
    assert_eq!(periods("in March 2023"), of(month(2023, 3), 1));
    assert_eq!(periods("in October"), of(month(2024, 10), 1));
    assert_eq!(periods("2023年第三季度"), of(month(2023, 7), 3));
    assert_eq!(periods("2023年5月"), of(month(2023, 5), 1));
    assert_eq!(periods("2023年"), vec![DatePeriod::year(2023)]);
    assert_eq!(
        periods("between May 2021 and July 2021"),
        of(month(2021, 5), 3)
    );
    let day = CalendarDay::new(2023, 4, 5).unwrap();
    let one = DatePeriod {
        from: Some(DateBound::Day(day)),
        until: Some(DateBound::Day(day.next())),
    };
    assert_eq!(periods("on 2023-04-05"), vec![one]);
    assert_eq!(periods("on April 5, 2023"), vec![one]);
}

#[test]
fn periods_may_be_counted_from_today() {
    let start = |unit, before| Some(DateBound::StartOf(unit, before));
    let last = DatePeriod {
        from: start(DateUnit::Month, 1),
        until: start(DateUnit::Month, 0),
    };
    assert_eq!(periods("last month"), vec![last]);
    assert_eq!(periods("上个月"), vec![last]);
    let past = DatePeriod {
        from: Some(DateBound::Ago(DateUnit::Day, 30)),
        until: None,
    };
    assert_eq!(periods("the past 30 days"), vec![past]);
    let since = DatePeriod {
        from: Some(DateBound::Day(month(2024, 1).plus_months(3))),
        until: None,
    };
    assert_eq!(periods("since April"), vec![since]);
}

#[test]
fn what_is_no_period_stays() {
    for question in [
        "Q9 2022",
        "2023-13",
        "may I",
        "last 0 days",
        "March on",
        "in 2023",
    ] {
        let found = periods(question);
        let is_month = question == "March on";
        assert_eq!(found.len(), usize::from(is_month), "{question}: {found:?}");
    }
}

#[test]
fn chinese_words_come_in_english_order() {
    let of = |question: &str| {
        let (tokens, is_chinese) = tokens(question, &index());
        assert!(is_chinese);
        words(&reorder(tokens)).join(" ")
    };
    assert_eq!(of("每个客户的订单数量"), "each customer · number of order");
    assert_eq!(of("金额最高的前三个订单"), "top 3 order by amount");
    assert_eq!(of("按年龄降序排列"), "sorted by age descending");
    assert_eq!(of("平均金额"), "average amount");
    assert_eq!(of("金额的平均值"), "average amount ·");
}

#[test]
fn names_are_linked_in_all_their_forms() {
    let schema = index();
    let linked = |question: &str| -> Vec<(String, Vec<String>)> {
        let (tokens, _) = tokens(question, &schema);
        let all = mentions(&schema, &tokens)
            .into_iter()
            .filter(|mention| mention.column_fit().max(mention.table_fit()) > 0.75);
        let named = all.map(|mention| {
            let text = words(&tokens[mention.start..mention.end]).join(" ");
            let tables = mention
                .tables
                .iter()
                .map(|(table, _)| schema.tables[*table].name.to_string());
            let columns = mention
                .columns
                .iter()
                .map(|(column, _)| schema.columns[*column].name.clone());
            (text, tables.chain(columns).collect())
        });
        named.collect()
    };
    let has = |question: &str, text: &str, name: &str| {
        let found = linked(question);
        let is_there = found
            .iter()
            .any(|(words, names)| words == text && names.iter().any(|n| n == name));
        assert!(is_there, "{question}: {found:?}");
    };
    has("the order date", "order date", "orderdate");
    has("date of the order", "date of the order", "orderdate");
    has("total amounts", "total amounts", "total_amt");
    has("the quantity", "quantity", "qty");
    has("all clients", "clients", "customers");
    has("order items", "order items", "order_items");
    has("birth dates", "birth dates", "dob");
}

#[test]
fn references_are_found_by_their_names() {
    let schema = index();
    let name = |table: usize| schema.tables[table].name.to_string();
    let links: Vec<(String, String)> = schema
        .links
        .iter()
        .map(|link| (name(link.from), name(link.to)))
        .collect();
    assert!(
        links.contains(&("orders".into(), "customers".into())),
        "{links:?}"
    );
    assert!(
        links.contains(&("order_items".into(), "orders".into())),
        "{links:?}"
    );
    let paid = schema
        .columns
        .iter()
        .find(|column| column.name == "is_paid")
        .unwrap();
    assert_eq!(paid.sort, ColumnSort::Boolean);
}
