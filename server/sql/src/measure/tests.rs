//! Hand-made pairs of statements, hostile ones, and counts. The tables are those of a small shop.
//! Each pair says what an answer may change and still be right, and what it may not. The agreement
//! with the official evaluation is measured outside of the repository.

use super::calendar::{TODAY, date, day_number, days};
use super::*;
use proptest::prelude::*;

const SHOP: &str = "
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, born DATE);
CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT, price REAL,
  kind TEXT CHECK (kind IN ('book', 'game', 'tool')));
CREATE TABLE sale (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer (id),
  product_id INTEGER REFERENCES product (id), amount INTEGER, sold_at DATETIME);
CREATE VIEW large AS SELECT id, amount FROM sale WHERE amount > 5;
";

fn judge() -> CaseJudge {
    CaseJudge::new(SHOP).unwrap()
}

fn exact(known: &str, predicted: &str) -> Option<bool> {
    judge().is_exact(known, predicted)
}

fn results(known: &str, predicted: &str) -> ResultMatch {
    judge().results(known, predicted, ShownColumns::All)
}

#[test]
fn parts_are_sets_and_values_do_not_count() {
    let known = "SELECT name, city FROM customer WHERE city = 'Rome' AND born > '1990-01-01'";
    for same in [
        "SELECT city, name FROM customer WHERE born > '1999-12-31' AND city = 'Oslo';",
        "select distinct c.name, c.city from customer c where c.city = \"x\" and c.born > 3",
        "SELECT `name`, [city] FROM \"customer\" AS k WHERE city = 'a' AND born > (-1)",
    ] {
        assert_eq!(exact(known, same), Some(true), "{same}");
    }
    for other in [
        "SELECT name FROM customer WHERE city = 'Rome' AND born > '1990-01-01'",
        "SELECT name, city FROM customer WHERE city = 'Rome' OR born > '1990-01-01'",
        "SELECT name, city FROM customer WHERE city = 'Rome' AND born >= '1990-01-01'",
        "SELECT name, city FROM customer WHERE city = 'Rome' AND born > '1990' LIMIT 3",
        "SELECT name, count(city) FROM customer WHERE city = 'Rome' AND born > '1990'",
        "SELECT name, city FROM customer WHERE city = 'Rome' AND NOT born > '1990'",
        "no SQL at all",
        "",
    ] {
        assert_eq!(exact(known, other), Some(false), "{other}");
    }
}

#[test]
fn columns_that_a_key_makes_equal_are_the_same_at_the_top_only() {
    let joined = "FROM customer AS c JOIN sale AS s ON c.id = s.customer_id";
    let by_customer = format!("SELECT s.customer_id, count(*) {joined} GROUP BY s.customer_id");
    let by_id = format!("SELECT c.id, count(*) {joined} GROUP BY c.id");
    assert_eq!(exact(&by_customer, &by_id), Some(true));
    let nested =
        |column: &str| format!("SELECT title FROM product WHERE id IN (SELECT {column} {joined})");
    assert_eq!(
        exact(&nested("c.id"), &nested("s.customer_id")),
        Some(false)
    );
    assert_eq!(exact(&nested("c.id"), &nested("c.id")), Some(true));
}

#[test]
fn order_limit_group_and_set_operations_count() {
    let known = "SELECT city, count(*) AS n FROM customer GROUP BY city HAVING count(*) > 2 \
                 ORDER BY n DESC LIMIT 3";
    let with = |from: &str, to: &str| exact(known, &known.replace(from, to));
    assert_eq!(with("AS n", ""), Some(false), "n means nothing then");
    assert_eq!(with("ORDER BY n", "ORDER BY count(*)"), Some(true));
    assert_eq!(with("ORDER BY n", "ORDER BY 2"), Some(false));
    assert_eq!(with("LIMIT 3", "LIMIT 5"), Some(true));
    assert_eq!(with("LIMIT 3", ""), Some(false));
    assert_eq!(with("DESC", ""), Some(false));
    assert_eq!(with("> 2", "< 2"), Some(false));
    assert_eq!(with("GROUP BY city", "GROUP BY name"), Some(false));
    let both = "SELECT name FROM customer WHERE city = 'a' INTERSECT \
                SELECT name FROM customer WHERE city = 'b'";
    assert_eq!(exact(both, both), Some(true));
    assert_eq!(
        exact(both, &both.replace("INTERSECT", "EXCEPT")),
        Some(false)
    );
}

#[test]
fn other_forms_leave_the_decision_to_the_results() {
    let windowed = "SELECT name FROM (SELECT name, row_number() OVER \
                    (PARTITION BY city ORDER BY born DESC) AS place FROM customer) \
                    WHERE place <= 2";
    assert_eq!(exact(windowed, windowed), None);
    let plain = "SELECT name FROM customer";
    assert_eq!(exact(plain, windowed), Some(false));
    let with = "WITH ranked AS (SELECT name, row_number() OVER \
                (PARTITION BY city ORDER BY born DESC) AS place FROM customer) \
                SELECT name FROM ranked WHERE place < 3";
    assert_eq!(results(windowed, with), ResultMatch::Same);
    assert_eq!(results(windowed, plain), ResultMatch::Different);
}

#[test]
fn results_decide_by_values_operators_and_joins() {
    let known = "SELECT name FROM customer WHERE city = 'Rome'";
    assert_eq!(
        results(known, "SELECT name FROM customer WHERE city = 'rome'"),
        ResultMatch::Different
    );
    assert_eq!(
        results(known, "SELECT name FROM customer WHERE city LIKE '%Rome%'"),
        ResultMatch::Different
    );
    assert_eq!(
        results(known, "SELECT name FROM customer WHERE 'Rome' = city"),
        ResultMatch::Same
    );
    let joined = "SELECT c.name, count(*) FROM customer c JOIN sale s ON s.customer_id = c.id \
                  GROUP BY c.id";
    let moved = "SELECT (SELECT count(*) FROM sale WHERE customer_id = c.id) AS n, name \
                 FROM customer c WHERE n > 0";
    assert_eq!(
        results(joined, moved),
        ResultMatch::Same,
        "columns may be in another order"
    );
    assert_eq!(
        results(joined, &moved.replace(" WHERE n > 0", "")),
        ResultMatch::Different
    );
    let since = "SELECT count(*) FROM sale WHERE date(sold_at) >= '2026-05-16'";
    assert_eq!(
        results(since, &since.replace(">=", ">")),
        ResultMatch::Different
    );
    assert_eq!(
        results(since, &since.replace("05-16", "05-17")),
        ResultMatch::Different
    );
    let never = "SELECT title FROM product WHERE id NOT IN \
                 (SELECT product_id FROM sale WHERE product_id IS NOT NULL)";
    let outer = "SELECT title FROM product p LEFT JOIN sale s ON s.product_id = p.id \
                 WHERE s.id IS NULL";
    assert_eq!(results(never, outer), ResultMatch::Same);
    let without = "SELECT title FROM product WHERE id NOT IN (SELECT product_id FROM sale)";
    let joined = outer.replace("s.id", "s.product_id");
    assert_eq!(
        results(without, &joined),
        ResultMatch::Same,
        "only NULL separates them"
    );
    assert_eq!(results(never, without), ResultMatch::Different);
    let view = "SELECT count(*) FROM large";
    assert_eq!(
        results(view, "SELECT count(*) FROM sale WHERE amount > 5"),
        ResultMatch::Same
    );
}

#[test]
fn order_counts_where_it_is_asked_for_and_ties_are_free() {
    let known = "SELECT title FROM product ORDER BY kind";
    assert_eq!(
        results(known, "SELECT title FROM product ORDER BY kind, id DESC"),
        ResultMatch::Same
    );
    assert_eq!(
        results(known, "SELECT title FROM product ORDER BY kind DESC"),
        ResultMatch::Different
    );
    assert_eq!(
        results(known, "SELECT title FROM product"),
        ResultMatch::Different
    );
    assert_eq!(
        results("SELECT title FROM product", known),
        ResultMatch::Same
    );
    let top = "SELECT title FROM product ORDER BY kind LIMIT 2";
    let tied = "SELECT title FROM product ORDER BY kind, price DESC LIMIT 2";
    assert_eq!(
        results(top, tied),
        ResultMatch::Same,
        "LIMIT cuts between ties"
    );
    assert_eq!(results(tied, top), ResultMatch::Different);
    let named =
        "SELECT kind, sum(price) AS total FROM product GROUP BY kind ORDER BY total DESC LIMIT 1";
    let written =
        "SELECT kind, sum(price) FROM product GROUP BY kind ORDER BY sum(price) DESC LIMIT 1";
    assert_eq!(results(named, written), ResultMatch::Same);
    let united = "SELECT name FROM customer UNION SELECT title FROM product ORDER BY 1";
    assert_eq!(results(united, united), ResultMatch::Same);
}

#[test]
fn where_the_question_names_no_columns_some_are_enough() {
    let some = |known: &str, predicted: &str| judge().results(known, predicted, ShownColumns::Some);
    let known = "SELECT * FROM customer WHERE city = 'Rome'";
    for right in ["name", "id, name", "city, id, born", "DISTINCT name", "*"] {
        let answer = known.replace('*', right);
        assert_eq!(some(known, &answer), ResultMatch::Same, "{answer}");
    }
    let moved = "SELECT born, city, name, id FROM customer WHERE city = 'Rome'";
    assert_eq!(some(known, moved), ResultMatch::Same);
    let nothing = known.replace("city = 'Rome'", "id < 0");
    let none = "SELECT name FROM customer WHERE id < -1";
    assert_eq!(some(&nothing, none), ResultMatch::Inconclusive);
    let wrong = "SELECT name FROM customer WHERE city = 'Oslo'";
    assert_eq!(some(known, wrong), ResultMatch::Different);
    let more = "SELECT *, 1 FROM customer WHERE city = 'Rome'";
    assert_eq!(some(known, more), ResultMatch::Different);
    let top = "SELECT * FROM product ORDER BY price DESC LIMIT 3";
    let titles = "SELECT title FROM product ORDER BY price DESC LIMIT 3";
    assert_eq!(some(top, titles), ResultMatch::Same);
    assert_eq!(
        some(top, &titles.replace("DESC", "")),
        ResultMatch::Different
    );
    assert_eq!(
        some(top, &titles.replace("LIMIT 3", "LIMIT 2")),
        ResultMatch::Different
    );
    let mut open = case("a", "a", known);
    open.columns = "any".into();
    let judged = judge().judge(
        &open,
        &[predicted(
            "SELECT id FROM customer WHERE city = 'Rome'",
            1.0,
        )],
    );
    assert_eq!((judged.is_exact, judged.is_right()), (Some(true), true));
}

#[test]
fn results_that_are_empty_everywhere_decide_nothing() {
    let nothing = "SELECT name FROM customer WHERE id < 0";
    assert_eq!(
        results(nothing, "SELECT name FROM customer WHERE id < -1"),
        ResultMatch::Inconclusive
    );
    assert_eq!(
        results(nothing, "SELECT name FROM customer"),
        ResultMatch::Different
    );
    assert_eq!(judge().finds_rows(nothing), Ok(false));
    let several = "SELECT count(*) FROM sale s JOIN product p ON p.id = s.product_id \
                   WHERE p.kind = 'tool' AND s.amount = 4711 \
                   AND sold_at BETWEEN '2019-01-01' AND '2019-12-31'";
    assert_eq!(judge().finds_rows(several), Ok(true));
    assert!(judge().finds_rows("SELECT nothing").is_err());
}

#[test]
fn statements_that_do_more_than_read_are_refused() {
    let folder = tempfile_name();
    for statement in [
        "DELETE FROM sale",
        &format!("ATTACH '{folder}' AS other"),
        &format!("VACUUM INTO '{folder}'"),
        "PRAGMA journal_mode",
        "SELECT 1; DELETE FROM sale",
        "SELECT name FROM customer WHERE id = ?",
        "CREATE TABLE more (id)",
    ] {
        assert!(!judge().prepares(statement), "{statement}");
        assert_eq!(
            results("SELECT name FROM customer", statement),
            ResultMatch::Fails
        );
    }
    let schema = format!("ATTACH '{folder}' AS other; {SHOP}");
    assert!(CaseJudge::new(&schema).is_ok(), "only definitions are run");
    assert!(!std::path::Path::new(&folder).exists());
}

fn tempfile_name() -> String {
    format!("{}/nigh-measure-{}.db", env!("CARGO_MANIFEST_DIR"), TODAY)
}

#[test]
fn a_statement_that_does_not_end_is_given_up() {
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                   SELECT count(*) FROM n";
    assert_eq!(
        results("SELECT count(*) FROM sale", endless),
        ResultMatch::Fails
    );
    let long = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n";
    assert_eq!(results("SELECT amount FROM sale", long), ResultMatch::Fails);
    let deep = format!(
        "SELECT name FROM customer WHERE id IN {}",
        "(SELECT id FROM sale WHERE id IN ".repeat(5000)
    );
    assert_eq!(exact("SELECT name FROM customer", &deep), Some(false));
    let chain = "SELECT id FROM sale UNION ".repeat(5000);
    assert_eq!(exact("SELECT name FROM customer", &chain), Some(false));
}

#[test]
fn hardness_is_that_of_spider() {
    let hardness = |sql: &str| judge().hardness(sql).name();
    assert_eq!(hardness("SELECT count(*) FROM sale"), "easy");
    assert_eq!(
        hardness("SELECT name, city FROM customer WHERE city = 'a'"),
        "medium"
    );
    let join = "FROM sale s JOIN customer c ON c.id = s.customer_id";
    assert_eq!(
        hardness(&format!(
            "SELECT count(*) {join} WHERE c.city = 'a' AND s.amount > 1"
        )),
        "medium"
    );
    assert_eq!(
        hardness(&format!(
            "SELECT c.city {join} GROUP BY c.city ORDER BY count(*) DESC"
        )),
        "hard"
    );
    assert_eq!(
        hardness("SELECT name FROM customer WHERE id NOT IN (SELECT customer_id FROM sale)"),
        "hard"
    );
    assert_eq!(
        hardness(
            "SELECT name, city FROM customer WHERE id NOT IN (SELECT customer_id FROM sale) LIMIT 1"
        ),
        "extra"
    );
    assert_eq!(hardness("SELECT strftime('%Y', sold_at) FROM sale"), "easy");
    assert_eq!(
        hardness("WITH a AS (SELECT 1) SELECT CASE WHEN 1 THEN 2 END, 2 FROM a LIMIT 1"),
        "extra"
    );
}

fn case(id: &str, database: &str, sql: &str) -> SqlCase {
    SqlCase {
        id: id.into(),
        schema: SHOP.into(),
        question: "?".into(),
        sql: sql.into(),
        db_id: database.into(),
        language: "en".into(),
        ..SqlCase::default()
    }
}

fn predicted(sql: &str, confidence: f64) -> SqlPrediction {
    SqlPrediction {
        sql: sql.into(),
        confidence,
        is_shown: confidence > 0.5,
    }
}

/// Seven cases of two databases, of which one is answered right.
fn seven() -> SqlScore {
    let known = "SELECT name FROM customer WHERE city = 'Rome'";
    let cases: Vec<SqlCase> = [
        "right", "value", "none", "broken", "second", "tables", "shown",
    ]
    .iter()
    .enumerate()
    .map(|(at, id)| case(id, if at < 4 { "a" } else { "b" }, known))
    .collect();
    let mut answer = |case: &SqlCase| match case.id.as_str() {
        "right" => vec![predicted(known, 0.9)],
        "value" => vec![predicted(
            "SELECT name FROM customer WHERE city = 'Oslo'",
            0.8,
        )],
        "broken" => vec![predicted("SELECT nam FROM customer", 0.3)],
        "second" => vec![
            predicted("SELECT city FROM customer WHERE city = 'Rome'", 0.2),
            predicted(known, 0.1),
        ],
        "tables" => vec![predicted("SELECT title FROM product", 0.2)],
        "shown" => vec![predicted("SELECT born FROM customer", 0.7)],
        _ => Vec::new(),
    };
    score(&cases, &mut answer)
}

#[test]
fn a_score_counts_all_cases() {
    let score = seven();
    let total = score.total;
    assert_eq!((total.cases, total.answered, total.prepared), (7, 6, 5));
    assert_eq!((total.comparable, total.exact, total.same), (7, 2, 1));
    assert_eq!((total.right, total.right_of_three), (1, 2));
    assert_eq!((score.shown, score.shown_right), (3, 1));
    // Residuals 3/7 and -3/7: sqrt(2 * 2 * (3/7)^2) / 7.
    assert!((score.right_error - 2.0 * 3.0 / 49.0).abs() < 1e-12);
    assert_eq!(score.curve.first().unwrap().precision, 1.0);
    assert!((score.curve.last().unwrap().coverage - 6.0 / 7.0).abs() < 1e-12);
    let line = serde_json::to_string(&score).unwrap();
    assert!(line.contains("\"right_of_three\":2"), "{line}");
}

#[test]
fn a_score_says_what_is_wrong() {
    let score = seven();
    let fault = |id: &str| score.cases.iter().find(|one| one.id == id).unwrap().fault;
    assert_eq!(fault("right"), None);
    assert_eq!(fault("value"), Some(QueryFault::Value));
    assert_eq!(fault("none"), Some(QueryFault::NoAnswer));
    assert_eq!(fault("broken"), Some(QueryFault::NotPrepared));
    assert_eq!(fault("second"), Some(QueryFault::SelectColumns));
    assert_eq!(fault("tables"), Some(QueryFault::Tables));
}

#[test]
fn a_score_is_a_table_for_people() {
    let mut score = seven();
    score.times = AnswerTimes::of(&[0.003, 0.001, 0.002, 0.1]);
    let times = score.times.unwrap();
    assert_eq!((times.p50, times.p95), (0.002, 0.1));
    assert_eq!(AnswerTimes::of(&[]), None);
    let text = score.text();
    for part in [
        "p50 2.0 ms, p95 100.0 ms",
        "does not prepare",
        "offered unasked: 42.9 %",
        "easy",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(text.lines().all(|line| line.len() <= 100), "{text}");
}

#[test]
fn the_path_of_joins_differs_from_the_tables() {
    let known = "SELECT name FROM customer";
    let answer = "SELECT c.name FROM customer c JOIN sale s ON s.customer_id = c.id";
    let judged = judge().judge(&case("a", "a", known), &[predicted(answer, 1.0)]);
    assert_eq!(judged.fault, Some(QueryFault::JoinPath));
}

#[test]
fn cases_that_cannot_be_measured_are_named() {
    let lines = "\n{\"schema\": \"\", \"question\": \"q\", \"sql\": \"s\", \"db_id\": \"d\"}\n";
    assert_eq!(read_cases(lines).unwrap().len(), 1);
    let error = read_cases("{\"schema\": 1}").unwrap_err();
    assert!(error.starts_with("line 1 is no case of SQL"), "{error}");
    let other = lines.replace("\"db_id\"", "\"dialect\": \"oracle\", \"db_id\"");
    assert_eq!(
        read_cases(&other).unwrap_err(),
        "line 2: the dialect is oracle; write the query for sqlite"
    );
    let other = lines.replace("\"db_id\"", "\"columns\": \"few\", \"db_id\"");
    assert_eq!(
        read_cases(&other).unwrap_err(),
        "line 2: columns is few; it is any, or left out"
    );
    let mut broken = case("x", "a", "SELECT 1");
    broken.schema = "CREATE TABLE t (".into();
    let score = score(&[broken], &mut |_| Vec::new());
    assert_eq!(score.total.cases, 0);
    assert!(
        score.left_out[0].starts_with("x: schema: "),
        "{:?}",
        score.left_out
    );
}

#[test]
fn days_are_those_of_the_calendar() {
    assert_eq!(date(TODAY), "2026-06-15");
    assert_eq!(date(0), "1970-01-01");
    assert_eq!(date(day_number(2024, 2, 29)), "2024-02-29");
    assert_eq!(date(day_number(2024, 2, 29) + 1), "2024-03-01");
    assert_eq!(
        days("2025-03-14 10:00:00"),
        Some((day_number(2025, 3, 14), 1))
    );
    assert_eq!(days("2025"), Some((day_number(2025, 1, 1), 365)));
    for no_day in ["", "Rome", "2025-13", "20", "%Y", "2025-01-99", "東京東京"] {
        assert_eq!(days(no_day), None, "{no_day}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_read_without_a_panic(text in "[-a-z0-9'\"`(),.;*=<>%\\[\\] \n字]{0,80}") {
        let judge = judge();
        judge.is_exact("SELECT name FROM customer", &text);
        judge.is_exact(&text, "SELECT name FROM customer");
        judge.hardness(&text);
        judge.prepares(&text);
        assert!(CaseJudge::new(&format!("CREATE TABLE {text};")).map_or(true, |_| true));
    }

    #[test]
    fn words_of_sql_in_any_order_are_read(words in prop::collection::vec(prop::sample::select(vec![
        "select", "from", "where", "group by", "order by", "having", "limit", "1", "customer",
        "name", "c", ".", ",", "(", ")", "=", "in", "union", "join", "on", "as", "count", "*",
        "not",
    ]), 0..40)) {
        let text = words.join(" ");
        let judge = judge();
        judge.is_exact(&text, &text);
        judge.results("SELECT name FROM customer", &text, ShownColumns::All);
    }
}
