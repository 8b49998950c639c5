//! Names of statements in all shapes: what is found, what is right, and what is not understood.

mod dialects;

use super::{
    CompletionKind, NameProblemKind, SchemaNames, check, complete, definition, hover, resolve,
};
use data::SqlDialect;
use std::sync::Arc;

const SHOP: &str = "
-- People who buy.
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE, city TEXT);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id),
  status TEXT CHECK (status IN ('new', 'paid', 'sent')), total NUMERIC DEFAULT 0, created_at TEXT
);
CREATE TABLE order_items (
  order_id INTEGER NOT NULL REFERENCES orders(id), product_id INTEGER, quantity INTEGER,
  PRIMARY KEY (order_id, product_id)
);
CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT, price NUMERIC);
CREATE VIEW paid AS SELECT id, total FROM orders WHERE status = 'paid';
";

fn names_of(sql: &str) -> SchemaNames {
    let files = vec![("schema.sql".to_owned(), sql.as_bytes().to_vec())];
    SchemaNames::new(Arc::new(data::find::in_files(files)))
}

fn shop() -> SchemaNames {
    names_of(SHOP)
}

fn problems(
    sql: &str,
    dialect: Option<SqlDialect>,
) -> Vec<(NameProblemKind, String, Option<String>)> {
    problems_of(&shop(), sql, dialect)
}

/// What is wrong with a text: kind, how it is written, and the first replacement.
fn problems_of(
    names: &SchemaNames,
    sql: &str,
    dialect: Option<SqlDialect>,
) -> Vec<(NameProblemKind, String, Option<String>)> {
    let found = check(names, sql, dialect);
    found
        .into_iter()
        .map(|of| {
            (
                of.kind,
                sql[of.range].to_owned(),
                of.replacements.into_iter().next(),
            )
        })
        .collect()
}

#[test]
fn right_statements_have_no_problems() {
    let statements = include_str!("cases/right.sql").split("\n\n").skip(1);
    for sql in statements {
        assert_eq!(problems(sql, None), [], "{sql}");
    }
}

#[test]
fn wrong_names_are_found_with_the_right_one() {
    for row in include_str!("cases/wrong.tsv").lines().skip(1) {
        let parts: Vec<&str> = row.split('\t').collect();
        let [kind, at, right, sql] = parts[..] else {
            panic!("{row}");
        };
        let found = problems(sql, None);
        let found: Vec<_> = found
            .iter()
            .map(|(kind, at, right)| (kind.id(), &**at, right.as_deref()))
            .collect();
        assert_eq!(found, [(kind, at, Some(right))], "{sql}");
    }
}
#[test]
fn comparisons_with_null_are_found_in_conditions_only() {
    let found = problems(
        "SELECT id FROM orders WHERE status = NULL OR (total <> null)",
        None,
    );
    let rights: Vec<_> = found
        .iter()
        .map(|(_, at, right)| (at.as_str(), right.as_deref()))
        .collect();
    assert_eq!(
        rights,
        [
            ("= NULL", Some("IS NULL")),
            ("<> null", Some("IS NOT NULL"))
        ]
    );
    assert_eq!(
        problems("UPDATE orders SET total = NULL WHERE id = 1", None),
        []
    );
}

#[test]
fn numbers_of_values_are_compared() {
    let kinds = |sql: &str| {
        problems(sql, None)
            .iter()
            .map(|of| of.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds("INSERT INTO customers (id, name) VALUES (1, 'a'), (2)"),
        [NameProblemKind::ValueCount]
    );
    assert_eq!(
        kinds("INSERT INTO customers VALUES (1, 'a', 'b', 'c', 'd')"),
        [NameProblemKind::ValueCount]
    );
    assert_eq!(
        kinds("INSERT INTO customers (id, name) SELECT id FROM orders"),
        [NameProblemKind::ValueCount]
    );
    for sql in [
        "INSERT INTO customers (id, name) VALUES (?)",
        "INSERT INTO customers (id, name) VALUES %s",
        "INSERT INTO customers (id, name) VALUES (1, coalesce('a', 'b'))",
        "INSERT INTO customers (id, name) SELECT * FROM products",
    ] {
        assert_eq!(kinds(sql), [], "{sql}");
    }
}

#[test]
fn columns_outside_of_groups_are_found_in_strict_dialects() {
    let strict = Some(SqlDialect::Postgres);
    let sql = "SELECT city, name, count(*) FROM customers GROUP BY city";
    let found = problems(sql, strict);
    assert_eq!(
        found,
        [(
            NameProblemKind::NotGrouped,
            "name".to_owned(),
            Some("MAX(name)".to_owned())
        )]
    );
    assert_eq!(problems(sql, Some(SqlDialect::Sqlite)), []);
    // The key decides all others.
    assert_eq!(
        problems(
            "SELECT id, name, count(*) FROM customers GROUP BY id",
            strict
        ),
        []
    );
}

#[test]
fn half_typed_statements_are_read() {
    let sql = "SELECT id FROM orders WHERE ";
    let ends = sql.match_indices(' ').map(|(at, _)| at);
    for end in ends.filter(|end| !sql[..*end].ends_with("id")) {
        assert_eq!(problems(&sql[..end], None), [], "{}", &sql[..end]);
    }
    assert_eq!(problems("SELECT c. FROM customers c", None), []);
    assert_eq!(problems("SELECT name, FROM customers", None), []);
}

#[test]
fn what_the_schema_does_not_know_for_sure_is_no_error() {
    let gap = "CREATE TABLE a (x int, (; CREATE TABLE b (y int);";
    assert_eq!(
        check(&names_of(gap), "SELECT z FROM a; SELECT 1 FROM other", None),
        []
    );
    let copied = names_of("CREATE TABLE a (x int, LIKE b INCLUDING ALL);");
    assert_eq!(check(&copied, "SELECT z FROM a", None), []);
    let mut names = shop();
    names.doubt("run('ALTER TABLE customers ADD COLUMN age int')");
    assert_eq!(check(&names, "SELECT age FROM customers", None), []);
    assert_eq!(check(&names, "SELECT agee FROM customers", None).len(), 1);
    names.doubt("run(f'ALTER TABLE customers ADD COLUMN {name} int')");
    assert_eq!(check(&names, "SELECT agee FROM customers", None), []);
}

#[test]
fn only_files_of_the_schema_itself_are_checked() {
    let names = shop();
    assert!(names.applies_to("src/queries.sql") && names.applies_to("app/models.py"));
    for path in [
        "db/migrations/3.sql",
        "db/migrate/2_users.rb",
        "alembic/versions/a.py",
        "tests/a.py",
        "sql/upgrade-1.2.sql",
        "docs/a.md",
        "sql/v2-v3/dynamic/users.sql",
        "sql/shop-1.2-to-1.10.sql",
    ] {
        assert!(!names.applies_to(path), "{path}");
    }
    assert!(names.applies_to("api/v2/a-1.2.sql") && names.applies_to("2024-01-02.sql"));
}

#[test]
fn statements_on_tables_with_unknown_columns_are_counted() {
    let names = names_of("CREATE TABLE a (x int); CREATE VIEW v AS SELECT * FROM other;");
    let sql = "SELECT x FROM a; SELECT y FROM v; SELECT 1 FROM a, v; SELECT nonsense";
    let found = resolve(&names, sql, None);
    assert_eq!((found.understood.len(), found.incomplete), (3, 2));
}

#[test]
fn tables_of_another_database_are_not_checked() {
    let found = |texts: &[&str]| {
        let found = super::resolve_all(&shop(), texts, None).into_iter();
        let problems = found.flat_map(|found| found.problems);
        problems
            .map(|of| of.replacements.first().cloned())
            .collect::<Vec<_>>()
    };
    let other = "SELECT title, place FROM bookshelves";
    let texts = ["SELECT _id, isbn FROM products", "SELECT * FROM order"];
    assert_eq!(found(&[texts[0], texts[1], other]), []);
    assert_eq!(found(&texts).len(), 3);
    // One name that resembles a column, and columns that exist, are those of the table.
    let right = [Some("title".to_owned()), Some("customers".to_owned())];
    assert_eq!(
        found(&[
            "SELECT tilte FROM products",
            "SELECT 1 FROM custmoers",
            other
        ]),
        right
    );
    assert_eq!(
        found(&["SELECT id, title, isbn FROM products", other]),
        [None]
    );
    assert_eq!(found(&["SELECT id FROM products2"]), []);
}

/// Completions at `|`: what is inserted.
fn completed(sql: &str) -> Vec<String> {
    let offset = sql.find('|').unwrap();
    let found = complete(
        &shop(),
        &sql.replace('|', ""),
        offset,
        Some(SqlDialect::Sqlite),
    );
    found.into_iter().map(|item| item.insert).collect()
}

#[test]
fn tables_come_where_tables_are_named() {
    for sql in [
        "SELECT * FROM |",
        "INSERT INTO |",
        "UPDATE |",
        "SELECT 1 FROM orders, |",
    ] {
        let found = completed(sql);
        for table in ["customers", "orders", "order_items", "paid"] {
            assert!(found.contains(&table.to_owned()), "{sql}: {found:?}");
        }
    }
    assert_eq!(completed("SELECT * FROM cust|"), ["customers"]);
    assert_eq!(
        completed("WITH recent AS (SELECT id FROM orders) SELECT * FROM rec|")[0],
        "recent"
    );
}

#[test]
fn columns_of_what_is_in_scope_come_also_when_from_is_later() {
    assert_eq!(
        completed("SELECT | FROM products")[..3],
        ["id", "title", "price"]
    );
    assert_eq!(
        completed("SELECT p.| FROM products p"),
        ["id", "title", "price"]
    );
    assert_eq!(completed("SELECT id FROM products WHERE pri|")[0], "price");
    assert_eq!(
        completed("SELECT id FROM products ORDER BY ti|")[0],
        "title"
    );
    assert_eq!(
        completed("WITH r AS (SELECT id AS k FROM orders) SELECT r.| FROM r"),
        ["k"]
    );
    let used = completed("INSERT INTO products (id, |");
    assert_eq!(used, ["title", "price", "id"]);
    assert_eq!(completed("UPDATE products SET |")[0], "id");
    let both = completed("SELECT | FROM customers c JOIN orders o ON o.customer_id = c.id");
    assert!(
        both.contains(&"c.id".to_owned()) && both.contains(&"o.id".to_owned()),
        "{both:?}"
    );
}

#[test]
fn names_between_two_quotes_replace_what_is_there() {
    let accepted = |sql: &str, dialect| {
        let offset = sql.find('|').unwrap();
        let sql = sql.replace('|', "");
        let found = complete(&shop(), &sql, offset, Some(dialect));
        found.first().map(|item| {
            let (before, after) = (&sql[..item.range.start], &sql[item.range.end..]);
            format!("{before}{}{after}", item.insert)
        })
    };
    for (sql, dialect, expected) in [
        (
            "SELECT \"ti|\" FROM products",
            SqlDialect::Postgres,
            "SELECT \"title\" FROM products",
        ),
        (
            "SELECT `ti|tel` FROM products",
            SqlDialect::MySql,
            "SELECT `title` FROM products",
        ),
        (
            "SELECT [ti|] FROM products",
            SqlDialect::TSql,
            "SELECT [title] FROM products",
        ),
        (
            "SELECT 1 FROM \"cu|\"",
            SqlDialect::Sqlite,
            "SELECT 1 FROM \"customers\"",
        ),
        (
            "SELECT \"|\" FROM products",
            SqlDialect::Sqlite,
            "SELECT \"id\" FROM products",
        ),
        (
            "SELECT p.\"pr|\" FROM products p",
            SqlDialect::Sqlite,
            "SELECT p.\"price\" FROM products p",
        ),
        (
            "SELECT o.id FROM orders o JOIN \"cus|\"",
            SqlDialect::Sqlite,
            "SELECT o.id FROM orders o JOIN \"customers\"",
        ),
    ] {
        assert_eq!(accepted(sql, dialect).as_deref(), Some(expected), "{sql}");
    }
    assert_eq!(
        accepted(
            "SELECT \"ti| FROM products WHERE \"x\" = 1",
            SqlDialect::Postgres
        ),
        None
    );
}

#[test]
fn values_are_written_as_the_type_of_their_column_needs() {
    let schema = "CREATE TABLE a (x int CHECK (x IN (1, 2)), y text CHECK (y IN ('1', '2')));";
    let first = |sql: &str| {
        let found = complete(&names_of(schema), sql, sql.len(), None);
        found.into_iter().next().map(|item| item.insert)
    };
    assert_eq!(first("SELECT 1 FROM a WHERE x = ").as_deref(), Some("1"));
    assert_eq!(first("SELECT 1 FROM a WHERE y = ").as_deref(), Some("'1'"));
}

#[test]
fn using_takes_what_both_tables_have() {
    assert_eq!(
        completed("SELECT 1 FROM orders o JOIN customers c USING (|)"),
        ["id"]
    );
}

#[test]
fn changes_of_tables_take_their_columns() {
    for sql in [
        "ALTER TABLE products DROP COLUMN |",
        "ALTER TABLE IF EXISTS public.products RENAME COLUMN |",
    ] {
        assert_eq!(completed(sql), ["id", "title", "price"], "{sql}");
    }
    assert_eq!(completed("ALTER TABLE products ADD COLUMN |"), [""; 0]);
    let found = completed("CREATE TABLE a (b int REFERENCES |");
    assert!(found.contains(&"orders".to_owned()), "{found:?}");
    let found = completed("CREATE TABLE zones (a int); SELECT * FROM zo|");
    assert_eq!(found, ["zones"]);
}

#[test]
fn the_usual_namespace_has_the_tables_without_one() {
    let found = completed("SELECT * FROM public.|");
    assert!(found.contains(&"orders".to_owned()), "{found:?}");
    assert_eq!(completed("SELECT * FROM other.|"), [""; 0]);
}

#[test]
fn stars_of_stars_end_soon() {
    let mut sql = String::from("WITH c0 AS (SELECT * FROM orders)");
    for at in 1..40 {
        let before = at - 1;
        sql += &format!(", c{at} AS (SELECT * FROM c{before} a, c{before} b)");
    }
    let found = resolve(&shop(), &format!("{sql} SELECT id FROM c39"), None);
    assert_eq!(found.problems, []);
}

#[test]
fn joins_come_whole() {
    assert_eq!(
        completed("SELECT * FROM orders o JOIN |")[..2],
        [
            "customers ON customers.id = o.customer_id",
            "order_items ON order_items.order_id = o.id"
        ]
    );
    // No foreign key, but a name that fits.
    let found = completed("SELECT * FROM order_items JOIN |");
    let at = |text: &str| found.iter().position(|item| item == text);
    let guessed = at("products ON products.id = order_items.product_id");
    assert!(
        guessed > at("orders ON orders.id = order_items.order_id") && guessed.is_some(),
        "{found:?}"
    );
    let condition = completed("SELECT * FROM orders o JOIN customers c ON |");
    assert_eq!(condition[0], "c.id = o.customer_id");
}

#[test]
fn values_come_where_a_column_is_compared() {
    assert_eq!(
        completed("SELECT 1 FROM orders WHERE status = '|"),
        ["new'", "paid'", "sent'"]
    );
    assert_eq!(
        completed("SELECT 1 FROM orders WHERE status = 'p|'"),
        ["paid"]
    );
    assert_eq!(
        completed("SELECT 1 FROM orders o WHERE o.status IN ('new', 'p|')")[0],
        "paid"
    );
    assert_eq!(
        completed("SELECT 1 FROM orders WHERE status = |")[0],
        "'new'"
    );
}

#[test]
fn nothing_comes_in_comments_texts_and_after_operands() {
    for sql in [
        "-- SELECT |",
        "SELECT 'a|' FROM orders",
        "SELECT id | FROM orders",
        "SELECT 1; |",
        "SELECT 12| FROM orders",
    ] {
        assert_eq!(completed(sql), [""; 0], "{sql}");
    }
}

#[test]
fn names_are_quoted_where_the_dialect_needs_it() {
    let names = names_of("CREATE TABLE \"order\" (\"group\" int, \"Two Words\" int);");
    let inserts = |sql: &str, dialect| -> Vec<String> {
        let found = complete(&names, sql, sql.len(), Some(dialect));
        found.into_iter().map(|item| item.insert).collect()
    };
    assert_eq!(inserts("SELECT * FROM ", SqlDialect::MySql), ["`order`"]);
    assert_eq!(inserts("SELECT * FROM ord", SqlDialect::TSql), ["[order]"]);
    assert_eq!(
        inserts("UPDATE \"order\" SET ", SqlDialect::Postgres),
        ["\"group\"", "\"Two Words\""]
    );
}

#[test]
fn hover_and_definition_say_what_a_name_is() {
    let names = shop();
    let sql = "SELECT o.status FROM orders o JOIN customers ON customers.id = o.customer_id";
    let column = hover(&names, sql, sql.find("status").unwrap(), None).unwrap();
    for part in ["`orders.status`", "TEXT", "`paid`", "`schema.sql:"] {
        assert!(
            column.markdown.contains(part),
            "{part}: {}",
            column.markdown
        );
    }
    let table = hover(&names, sql, sql.find("customers").unwrap() + 3, None).unwrap();
    for part in [
        "table `customers`",
        "People who buy",
        "email",
        "primary key",
    ] {
        assert!(table.markdown.contains(part), "{part}: {}", table.markdown);
    }
    assert_eq!(&sql[table.range], "customers");
    let place = definition(&names, sql, sql.find("customer_id").unwrap(), None).unwrap();
    assert_eq!(
        SHOP[place.range].split_whitespace().next(),
        Some("customer_id")
    );
    assert_eq!(hover(&names, sql, 2, None).map(|of| of.markdown), None);
}

#[test]
fn completions_have_what_people_see() {
    let found = complete(&shop(), "SELECT  FROM orders", 7, None);
    let status = found.iter().find(|item| item.label == "status").unwrap();
    assert_eq!(
        (status.kind, status.range.clone()),
        (CompletionKind::Column, 7..7)
    );
    assert!(status.detail.as_ref().unwrap().contains("orders: TEXT"));
}

#[test]
fn deep_long_and_broken_texts_end_soon() {
    let names = shop();
    let deep = format!(
        "SELECT {}1{} FROM orders",
        "(".repeat(50_000),
        ")".repeat(50_000)
    );
    let nested = format!(
        "{}SELECT 1{}",
        "SELECT * FROM (".repeat(5_000),
        ")".repeat(5_000)
    );
    let many = format!("SELECT {} FROM orders", "a, ".repeat(100_000));
    for sql in [
        deep,
        nested,
        many,
        "SELECT 'a".repeat(2_000),
        "(((((".repeat(10_000),
    ] {
        let found = resolve(&names, &sql, None);
        assert!(found.problems.len() <= 1_000);
        let _ = complete(&names, &sql, sql.len(), None);
    }
}

/// Pieces that texts are made of at random.
const PARTS: &[&str] = &[
    "SELECT ",
    "FROM ",
    "orders ",
    "o",
    ".",
    ", ",
    "(",
    ")",
    "'",
    "\"",
    " WHERE ",
    "=",
    " JOIN ",
    " ON ",
    "WITH ",
    " AS ",
    "?",
    "{{",
    "id",
    "\u{e4}",
    ";",
    "\n",
    " UNION ",
    "INSERT INTO ",
    " VALUES ",
    " SET ",
    "UPDATE ",
    "NULL",
    " GROUP BY ",
    "*",
    "[",
    "]",
    "`",
    "$1",
    "::",
    "--",
];

proptest::proptest! {
    #[test]
    fn any_text_is_read(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..60),
        at in 0..200_usize,
    ) {
        let names = shop();
        let sql = parts.concat();
        let found = resolve(&names, &sql, None);
        for problem in found.problems {
            proptest::prop_assert!(sql.get(problem.range).is_some());
        }
        for item in complete(&names, &sql, at, None) {
            proptest::prop_assert!(sql.get(item.range).is_some());
        }
    }
}
