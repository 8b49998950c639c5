//! Tests of what a model may write: begins of queries that are allowed and that are not, random
//! walks through the mask, and what is taken of an answer.

use super::*;
use data::Schema;

const SHOP: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, \"order\" INTEGER);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers(id),
    total REAL, placed_on DATE);
";

fn index(sql: &str) -> QuestionSchema {
    let schema: Schema = data::find::in_files(vec![("schema.sql".into(), sql.into())]);
    QuestionSchema::new(&schema)
}

/// Queries that may be written from the first letter to the last.
const QUERIES: &[&str] = &[
    "SELECT name FROM customers",
    "SELECT * FROM orders",
    "SELECT DISTINCT city FROM customers ORDER BY city DESC LIMIT 3",
    "SELECT count(*) FROM orders WHERE total > 2.5 AND placed_on >= '2024-01-01'",
    "SELECT T1.name, sum(T2.total) AS spent FROM customers AS T1 JOIN orders AS T2 ON T1.id = \
     T2.customer_id GROUP BY T1.id HAVING count(*) > 2 ORDER BY spent DESC",
    "SELECT customers.name FROM customers LEFT JOIN orders ON orders.customer_id = customers.id \
     WHERE orders.id IS NULL",
    "SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders)",
    "SELECT name FROM customers c WHERE EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id)",
    "SELECT \"order\" FROM customers",
    "SELECT max(total) FROM (SELECT total, id AS place FROM orders) AS sums WHERE place > 3",
    "SELECT CASE WHEN total > 10 THEN 'much' ELSE 'little' END FROM orders",
    "SELECT rank() OVER (PARTITION BY city ORDER BY id DESC) AS place FROM customers",
    "SELECT city FROM customers UNION SELECT name FROM customers",
    "SELECT name FROM customers WHERE city LIKE 'B%' OR city IS NOT NULL",
    "SELECT count(DISTINCT city) FROM customers",
    "SELECT -total * 2 FROM orders WHERE total BETWEEN 1 AND 2",
];

/// Texts that are the begin of no query on the schema, each without the last letter allowed.
const REFUSED: &[&str] = &[
    "SELECT nick",
    "SELECT name FROM clients",
    "SELECT name FROM orders WHERE",
    "SELECT T1.total FROM customers AS T1",
    "SELECT T1.name FROM customers AS T2",
    "SELECT name FROM customers WHERE total",
    "SELECT name FROM customers;",
    "SELECT name FROM customers --",
    "SELECT name name",
    "SELECT name FROM FROM",
    "SELECT order,",
    "SELECT name FROM customers ORDER BY name WHERE",
    "SELECT load_extension(",
    "INSERT",
    "SELECT count(*) FROM orders))",
    "SELECT name FROM customers WHERE city = 'a\n",
];

#[test]
fn queries_may_be_written_letter_by_letter() {
    let index = index(SHOP);
    let task = task(&index, "who bought most?", SqlDialect::Sqlite);
    for query in QUERIES {
        for end in 1..=query.len() {
            assert!(task.mask.allows(&query[..end]), "{}", &query[..end]);
        }
        assert!(task.mask.is_whole(query), "{query}");
    }
}

#[test]
fn what_is_not_in_the_schema_may_not_be_written() {
    let index = index(SHOP);
    let task = task(&index, "who bought most?", SqlDialect::Sqlite);
    for text in REFUSED {
        assert!(!task.mask.allows(&format!("{text} ")), "{text}");
        assert!(!task.mask.is_whole(text), "{text}");
    }
    for text in [
        "SELECT",
        "SELECT name",
        "SELECT name FROM",
        "SELECT count(name FROM customers",
    ] {
        assert!(!task.mask.is_whole(text), "{text}");
    }
    let deep = format!("SELECT {}1", "(".repeat(5_000));
    assert!(!task.mask.allows(&deep));
}

/// Whoever follows the mask and takes any letter that it allows writes only names of the schema.
#[test]
fn random_walks_end_in_queries_or_nowhere() {
    let index = index(SHOP);
    let task = task(&index, "", SqlDialect::Sqlite);
    let pieces = [
        "SELECT ",
        "name",
        "total",
        "city",
        " FROM ",
        "customers",
        "orders",
        " JOIN ",
        " ON ",
        "id",
        ", ",
        " AS ",
        "T1",
        "T2",
        ".",
        " WHERE ",
        "(",
        ")",
        " = ",
        "'x'",
        "7",
        " AND ",
        "count(",
        "*",
        " GROUP BY ",
        " ORDER BY ",
        " DESC",
        " LIMIT ",
        " IN (",
        " UNION ",
        "nick",
        "clients",
    ];
    let (mut state, mut whole) = (7_u64, 0);
    for _ in 0..400 {
        let mut text = String::from("SELECT ");
        for _ in 0..40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let piece = pieces[(state >> 33) as usize % pieces.len()];
            let longer = format!("{text}{piece}");
            if task.mask.allows(&longer) {
                text = longer;
            }
            let wrong = ["FROM clients", "JOIN clients", ".nick", "(nick", "= nick"];
            assert!(!wrong.iter().any(|wrong| text.contains(wrong)), "{text}");
        }
        whole += usize::from(task.mask.is_whole(&text));
    }
    assert!(whole > 3, "{whole}");
}

#[test]
fn an_answer_is_one_select_that_prepares() {
    let index = index(SHOP);
    let task = task(&index, "names", SqlDialect::Sqlite);
    let fenced = "Sure!\n```sql\nSELECT name FROM customers;\n```\nThis is it.";
    let reading = task.accept(fenced).unwrap();
    assert_eq!(reading.sql, "SELECT name FROM customers");
    assert_eq!(reading.title, "written by the model; reads customers");
    let only_first = task.accept(" city FROM customers; DROP TABLE customers");
    assert_eq!(only_first.unwrap().sql, "SELECT city FROM customers");
    assert!(!reading.is_sure());
    for (written, why) in [
        ("SELECT nick FROM customers", "no such column: nick"),
        ("DROP TABLE customers", "near \"DROP\": syntax error"),
        ("", "the model wrote nothing"),
        ("```sql\n```", "the model wrote nothing"),
    ] {
        assert_eq!(task.accept(written).unwrap_err(), why, "{written}");
    }
    let again = task.again("SELECT nick FROM customers", "no such column: nick");
    let end = "-- not SELECT nick FROM customers\n-- because: no such column: nick\nSELECT";
    assert!(again.ends_with(end), "{again}");
}

#[test]
fn other_dialects_quote_in_their_way() {
    let index = index(SHOP);
    let written = "SELECT \"order\", name FROM customers WHERE city = 'a\\b' ORDER BY name LIMIT 3";
    for (dialect, expected) in [
        (
            SqlDialect::MySql,
            "SELECT `order`, name FROM customers WHERE city = 'a\\\\b' ORDER BY name LIMIT 3",
        ),
        (
            SqlDialect::TSql,
            "SELECT TOP 3 [order], name FROM customers WHERE city = N'a\\b' ORDER BY name",
        ),
    ] {
        let reading = task(&index, "names", dialect).accept(written).unwrap();
        assert_eq!(reading.sql, expected);
    }
    let joined = "SELECT name || city FROM customers";
    assert!(
        task(&index, "names", SqlDialect::MySql)
            .accept(joined)
            .is_err()
    );
    let portable = task(&index, "names", SqlDialect::Postgres);
    assert!(!portable.mask.allows("SELECT strftime("));
}

#[test]
fn a_large_schema_shows_the_tables_that_the_question_names() {
    let mut sql: String = (0..200)
        .map(|at| format!("CREATE TABLE t{at} (id INTEGER);\n"))
        .collect();
    sql.push_str(SHOP);
    let index = index(&sql);
    let prompt = prompt(&index, "total of all orders\nper customer");
    assert!(
        prompt.contains("-- orders(id, customer_id, total, placed_on)"),
        "{prompt}"
    );
    assert!(
        prompt.contains("-- orders.customer_id = customers.id"),
        "{prompt}"
    );
    assert!(prompt.lines().count() < 50);
    assert!(
        prompt.ends_with("\n-- total of all orders per customer\nSELECT"),
        "{prompt}"
    );
}
