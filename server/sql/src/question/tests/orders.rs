//! Questions about a shop whose amounts and dates are in different tables, run on rows.

use super::{ask, cases};
use rusqlite::Connection;
use rusqlite::types::Value;

fn shop() -> (String, Connection) {
    let (_, sql, _) = cases()
        .into_iter()
        .find(|(name, ..)| name == "orders.txt")
        .unwrap();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&sql).unwrap();
    connection
        .execute_batch(
            "INSERT INTO categories VALUES (1, 'ink'), (2, 'paper'), (3, 'pens'), (4, 'tape');
             INSERT INTO products VALUES (1, 'blue ink', 1, 9), (2, 'red ink', 1, 12),
                 (3, 'A4', 2, 5), (4, 'pen', 3, 2), (5, 'tape', 4, 3);
             INSERT INTO customers VALUES (1, 'Ann', 'a@x', 'Bonn', '2022-01-01'),
                 (2, 'Bob', 'b@x', 'Bonn', '2022-02-01'), (3, 'Cid', 'a@x', 'Ulm', '2022-03-01');
             INSERT INTO orders VALUES (1, 1, '2023-01-05', 'paid'), (2, 1, '2023-02-05', 'paid'),
                 (3, 2, '2023-05-01', 'shipped'), (4, 2, '2022-05-01', 'open');
             INSERT INTO order_items VALUES (1, 1, 1, 1, 10), (2, 1, 2, 1, 20), (3, 2, 3, 1, 5),
                 (4, 2, 4, 1, 7), (5, 2, 5, 1, 6), (6, 3, 5, 1, 3), (7, 3, 1, 1, 1),
                 (8, 4, 2, 1, 900);",
        )
        .unwrap();
    (sql, connection)
}

/// The rows of the first reading, each as its values with bars between.
fn rows(question: &str) -> Vec<String> {
    let (sql, connection) = shop();
    let answer = ask(&sql, question);
    let first = &answer.readings[0];
    assert_eq!(first.unknown_words, Vec::<String>::new(), "{question}");
    let mut statement = connection.prepare(&first.sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut out = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let values = (0..columns).map(|at| match row.get::<_, Value>(at).unwrap() {
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => format!("{number:.1}"),
            Value::Text(text) => text,
            _ => "-".to_owned(),
        });
        out.push(values.collect::<Vec<String>>().join("|"));
    }
    out
}

#[test]
fn the_best_categories_of_each_quarter_are_three_of_each() {
    let expected = [
        "2023-Q1|ink|30",
        "2023-Q1|pens|7",
        "2023-Q1|tape|6",
        "2023-Q2|tape|3",
        "2023-Q2|ink|1",
    ];
    for question in [
        "top 3 categories by amount per quarter in 2023",
        "查询2023年每个季度销售额最高的前三个产品类别",
    ] {
        assert_eq!(rows(question), expected, "{question}");
    }
}

#[test]
fn the_latest_of_each_is_one_of_each() {
    let expected = ["2|Ann|2023-02-05", "3|Bob|2023-05-01"];
    assert_eq!(rows("latest order of each customer"), expected);
    assert_eq!(rows("每个客户的最新订单"), expected);
}

#[test]
fn those_without_any_are_counted_as_none() {
    let expected = ["Ann|2", "Bob|2", "Cid|0"];
    assert_eq!(rows("customers with their number of orders"), expected);
}

#[test]
fn shares_are_of_all_rows() {
    assert_eq!(rows("percentage of orders that are shipped"), ["25.0"]);
    assert_eq!(rows("已发货订单占比"), ["25.0"]);
}

#[test]
fn places_and_duplicates_are_found() {
    assert_eq!(rows("second highest price"), ["9"]);
    assert_eq!(rows("第二高的价格"), ["9"]);
    assert_eq!(rows("duplicate emails"), ["a@x|2"]);
    assert_eq!(rows("重复的邮箱"), ["a@x|2"]);
    assert_eq!(rows("orders per weekday"), ["0|2", "1|1", "4|1"]);
}
