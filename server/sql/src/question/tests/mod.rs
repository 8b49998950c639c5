//! Tests of questions: expected queries, refusals, any text, and the parts by themselves.

mod orders;
mod parts;

use super::cues::cues;
use super::{Answer, QuestionSchema, answer, rank_by};
use crate::judge::Judge;
use crate::query::dates::CalendarDay;
use data::{Schema, SqlDialect};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

fn schema(sql: &str) -> Schema {
    data::find::in_files(vec![("schema.sql".into(), sql.into())])
}

fn today() -> CalendarDay {
    CalendarDay::year(2024)
}

fn ask(sql: &str, question: &str) -> Answer {
    let index = QuestionSchema::new(&schema(sql));
    answer(&index, question, SqlDialect::Sqlite, today())
}

/// A question with what must come.
type Expected = (String, String);

/// Each file of cases: its name, the schema, and the questions.
fn cases() -> Vec<(String, String, Vec<Expected>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases/questions");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (sql, rest) = text.split_once("\n---\n").unwrap();
        let rest = format!("\n{rest}");
        let blocks = rest.split("\n? ").filter(|block| !block.trim().is_empty());
        let questions = blocks.map(|block| {
            let (question, expected) = block.split_once('\n').unwrap();
            (question.trim().to_owned(), expected.trim().to_owned())
        });
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        cases.push((name, sql.to_owned(), questions.collect()));
    }
    cases.sort();
    cases
}

#[test]
fn questions_have_the_expected_queries() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, sql, questions) in cases() {
        let index = QuestionSchema::new(&schema(&sql));
        for (question, expected) in questions {
            let answer = answer(&index, &question, SqlDialect::Sqlite, today());
            let got = match answer.readings.first() {
                Some(first) => first.sql.clone(),
                None => format!("! {}", answer.refusal.unwrap()),
            };
            count += 1;
            if got != expected {
                wrong.push(format!("{name}: {question}\n{got}\nand not\n{expected}"));
            }
        }
    }
    assert!(count > 100, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn all_readings_prepare_and_differ() {
    for (_, sql, questions) in cases() {
        let schema = schema(&sql);
        let index = QuestionSchema::new(&schema);
        let judge = Judge::new(&schema).unwrap();
        for (question, _) in questions {
            let answer = answer(&index, &question, SqlDialect::Sqlite, today());
            assert!(answer.readings.len() <= 3);
            assert_eq!(answer.readings.is_empty(), answer.refusal.is_some());
            for (at, reading) in answer.readings.iter().enumerate() {
                assert_eq!(judge.prepares(&reading.sql), Ok(()), "{question}");
                assert!(!reading.title.is_empty());
                assert!((0.0..=1.0).contains(&reading.confidence));
                let before = &answer.readings[..at];
                assert!(
                    before.iter().all(|other| other.sql != reading.sql),
                    "{question}"
                );
            }
        }
    }
}

/// Runs the first reading of a question on rows of five categories in four quarters.
fn rows_of(question: &str) -> Vec<(String, String, i64)> {
    let (_, sql, _) = cases()
        .into_iter()
        .find(|(name, ..)| name == "sales.txt")
        .unwrap();
    let answer = ask(&sql, question);
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch(&sql).unwrap();
    for category in 1..=5 {
        let rows = format!(
            "INSERT INTO categories VALUES ({category}, 'c{category}');\n\
             INSERT INTO products VALUES ({category}, 'p{category}', {category});"
        );
        connection.execute_batch(&rows).unwrap();
        for month in 1..=12 {
            let amount = category * 10 + month;
            let row = format!(
                "INSERT INTO sales (product_id, amount, sold_at, region) \
                 VALUES ({category}, {amount}, '2023-{month:02}-15', 'north')"
            );
            connection.execute_batch(&row).unwrap();
        }
    }
    let mut statement = connection.prepare(&answer.readings[0].sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_first_three_are_those_of_each_quarter() {
    let english = "top 3 product categories by sales amount per quarter in 2023";
    let chinese = "查询2023年每个季度销售额最高的前三个产品类别";
    for question in [english, chinese] {
        let rows = rows_of(question);
        let names: Vec<&str> = rows.iter().map(|(_, name, _)| name.as_str()).collect();
        assert_eq!(names, ["c5", "c4", "c3"].repeat(4), "{question}");
        let first: Vec<&str> = rows.iter().map(|(quarter, ..)| quarter.as_str()).collect();
        assert_eq!(&first[..4], ["2023-Q1", "2023-Q1", "2023-Q1", "2023-Q2"]);
        assert_eq!(rows[0].2, 51 + 52 + 53);
    }
}

const TWO: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER);\n\
                   CREATE TABLE stars (id INTEGER PRIMARY KEY, title TEXT, brightness REAL);";

#[test]
fn refusals_say_why() {
    let refusal = |sql: &str, question: &str| ask(sql, question).refusal.unwrap();
    assert!(refusal("", "all users").contains("give --schema PATH"));
    assert!(refusal(TWO, "delete all users").contains("`delete`"));
    assert!(refusal(TWO, "请删除所有用户").contains("delete"));
    assert!(refusal(TWO, "how is the weather").contains("`weather`"));
    assert!(refusal(TWO, "").contains("names nothing"));
    let apart = refusal(TWO, "names of users and titles of stars");
    assert!(
        apart.contains("`users`") && apart.contains("`stars`"),
        "{apart}"
    );
}

#[test]
fn words_that_change_data_may_be_in_a_question() {
    let sql = "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, updated_at TIMESTAMP);";
    let answer = ask(sql, "titles of posts updated last week");
    assert!(
        answer.readings[0].sql.contains("updated_at >="),
        "{:?}",
        answer.readings
    );
}

#[test]
fn words_without_a_meaning_are_named() {
    let answer = ask(TWO, "names of frobnicated users older than 20");
    assert_eq!(answer.readings[0].unknown_words, ["frobnicated"]);
    assert!(!answer.readings[0].is_sure());
}

#[test]
fn a_model_may_rank() {
    let mut answer = ask(TWO, "name of users");
    let titles: Vec<String> = answer.readings.iter().map(|r| r.title.clone()).collect();
    assert!(titles.len() > 1);
    rank_by(&mut answer, &[-9.0, -1.0]);
    assert_eq!(answer.readings[0].title, titles[1]);
}

#[test]
fn references_that_may_be_null_do_not_hide_rows() {
    let sql = "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
               CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL, \
               team_id INTEGER REFERENCES teams (id));";
    let answer = ask(sql, "teams without players");
    assert!(
        answer.readings[0].sql.contains("team_id IS NOT NULL"),
        "{:?}",
        answer.readings
    );
}

#[test]
fn every_dialect_prints_each_reading() {
    for (_, sql, questions) in cases() {
        let index = QuestionSchema::new(&schema(&sql));
        for (question, _) in questions {
            for (_, dialect) in SqlDialect::ALL {
                for reading in answer(&index, &question, dialect, today()).readings {
                    let text = reading.sql;
                    let is_tsql = dialect == SqlDialect::TSql;
                    assert!(!(is_tsql && text.contains("LIMIT")), "{text}");
                    assert!(is_tsql || !text.contains("TOP ("), "{text}");
                }
            }
        }
    }
}

/// Words that questions are made of: cues, names and noise.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "how many",
        "top 3",
        "each",
        "per month",
        "not",
        "without",
        "more than",
        "between 1 and",
        "2023",
        "last year",
        "average",
        "most",
        "'x y'",
        "or",
        "both",
        "sorted by",
        "descending",
        "customers",
        "orders",
        "products",
        "name",
        "price",
        "total amount",
        "status",
        "paid",
        "category",
        "客户",
        "订单",
        "最高的",
        "前三",
        "每个",
        "销售额",
        "没有",
        "大于",
        "10",
        "的",
        "share of",
        "growth",
        "median",
        "with the letter",
        "older than",
        "in Berlin",
        ",",
        "?",
        "%",
    ];
    prop_oneof![
        6 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
        1 => "[a-z]{1,10}",
    ]
}

#[test]
fn any_question_is_answered_or_refused() {
    let prepared: Vec<(QuestionSchema, Judge)> = cases()
        .iter()
        .map(|(_, sql, _)| schema(sql))
        .map(|schema| (QuestionSchema::new(&schema), Judge::new(&schema).unwrap()))
        .collect();
    let config = ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let questions = proptest::collection::vec(word(), 0..14);
    let result = TestRunner::new(config).run(&questions, |words| {
        let question = words.join(" ");
        for (index, judge) in &prepared {
            let answer = answer(index, &question, SqlDialect::Sqlite, today());
            prop_assert_eq!(answer.readings.is_empty(), answer.refusal.is_some());
            for reading in &answer.readings {
                prop_assert_eq!(judge.prepares(&reading.sql), Ok(()));
            }
        }
        Ok(())
    });
    assert!(result.is_ok(), "{result:?}");
}

#[test]
fn long_and_strange_questions_end() {
    let long = "widgets and gadgets ".repeat(2_000);
    assert!(ask(TWO, &long).refusal.is_some());
    assert!(!ask(TWO, &"name of users ".repeat(500)).readings.is_empty());
    for question in [
        "'",
        "\"",
        "''''",
        "users '",
        "2023-",
        "Q3",
        "\u{0}",
        "users > ",
        "名",
        "的的的",
    ] {
        ask(TWO, question);
    }
}

#[test]
fn the_words_of_the_data_files_are_read() {
    let cues = cues();
    assert!(cues.phrase(&["how", "many"]).is_some());
    assert!(cues.are_same("stor", "shop"));
    assert!(!cues.adjectives("oldest").is_empty());
    assert_eq!(cues.english("客户"), Some("customer"));
}
