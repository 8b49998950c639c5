//! SQL in code of all languages, its places, and questions.

use super::{SqlQuestion, SqlRegion, question_at, regions};
use syntax::{Code, Rope, Syntax};

fn found(id: &str, text: &str) -> Vec<SqlRegion> {
    let grammar = grammars::by_id(id).unwrap();
    let rope = Rope::from_str(text);
    let syntax = Syntax::parse(grammar, &rope, None, &mut || false).unwrap();
    regions(&Code::new(&syntax, &rope))
}

fn texts(id: &str, text: &str) -> Vec<String> {
    found(id, text)
        .iter()
        .map(|region| region.text().to_owned())
        .collect()
}

#[test]
fn sql_is_found_in_all_languages() {
    let sql = "SELECT a FROM b";
    for (id, code) in [
        ("python", "cursor.execute(\"SELECT a FROM b\")"),
        ("python", "q = '''SELECT a FROM b'''\n"),
        ("python", "s.execute(text('SELECT a '\n  'FROM b'))"),
        ("rust", "fn f() { sqlx::query!(\"SELECT a FROM b\"); }"),
        ("rust", "fn f() { let q = r#\"SELECT a FROM b\"#; }"),
        ("javascript", "db.query(`SELECT a FROM b`)"),
        ("javascript", "const q = sql`SELECT a FROM b`"),
        ("typescript", "await prisma.$queryRaw`SELECT a FROM b`"),
        ("go", "package p\nfunc f() { db.Query(`SELECT a FROM b`) }"),
        (
            "go",
            "package p\nfunc f() { db.QueryRowContext(ctx, \"SELECT a FROM b\") }",
        ),
        (
            "java",
            "class A { void f() { c.prepareStatement(\"SELECT a FROM b\"); } }",
        ),
        (
            "java",
            "class A { @Query(value = \"SELECT a FROM b\", nativeQuery = true) void f(); }",
        ),
        (
            "kotlin",
            "fun f() { db.rawQuery(\"SELECT a FROM b\", null) }",
        ),
        (
            "csharp",
            "class A { void F() { var c = new SqlCommand(\"SELECT a FROM b\", x); } }",
        ),
        ("php", "<?php $db->query('SELECT a FROM b');"),
        ("ruby", "User.find_by_sql(\"SELECT a FROM b\")"),
        ("c", "void f() { PQexec(c, \"SELECT a FROM b\"); }"),
        ("cpp", "void f() { db.exec(\"SELECT a \" \"FROM b\"); }"),
    ] {
        assert_eq!(texts(id, code), [sql], "{id}: {code}");
    }
    let php = texts(
        "php",
        "<?php $q = <<<SQL\nSELECT a FROM b WHERE c = {$d}\nSQL;\n",
    );
    assert_eq!(php.len(), 1);
    assert!(
        php[0].contains("c = ??") && !php[0].contains("SQL"),
        "{php:?}"
    );
    assert_eq!(
        texts("ruby", "execute <<~SQL\n  SELECT a FROM b\nSQL\n").len(),
        1
    );
}

#[test]
fn what_is_no_sql_is_no_region() {
    for (id, code) in [
        ("python", "print(\"Select an item from the list\")"),
        ("python", "log.info('SELECT a FROM b')"),
        (
            "java",
            "class A { void f() { em.createQuery(\"SELECT u FROM User u\"); } }",
        ),
        (
            "java",
            "class A { @Query(\"SELECT u FROM User u\") void f(); }",
        ),
        ("javascript", "const q = gql`query a { b }`"),
    ] {
        assert_eq!(texts(id, code), [""; 0], "{id}: {code}");
    }
}

#[test]
fn values_in_texts_become_question_marks() {
    let python = texts("python", "db.execute(f\"SELECT a FROM {t} WHERE b = 1\")");
    assert_eq!(python, ["SELECT a FROM ??? WHERE b = 1"]);
    let script = texts(
        "javascript",
        "db.query(`SELECT a FROM b WHERE c = ${d.e({})}`)",
    );
    assert_eq!(script, ["SELECT a FROM b WHERE c = ??????????"]);
    let php = texts("php", "<?php $db->query(\"SELECT a FROM b WHERE c = $d\");");
    assert_eq!(php, ["SELECT a FROM b WHERE c = ??"]);
    let sum = texts(
        "java",
        "class A { void f() { s.executeQuery(\"SELECT a FROM \" + t + \" WHERE b\"); } }",
    );
    assert_eq!(sum, ["SELECT a FROM ?? WHERE b"]);
}

#[test]
fn every_byte_knows_its_place_in_the_file() {
    let code = "db.execute('SELECT \\'x\\'\\n' \"FROM b\")";
    let regions = found("python", code);
    let region = &regions[0];
    assert_eq!(region.text(), "SELECT 'x'\nFROM b");
    for word in ["SELECT", "x", "FROM", "b"] {
        let (here, there) = (region.text().find(word).unwrap(), code.rfind(word).unwrap());
        let there = if word == "x" {
            code.find("x\\").unwrap()
        } else {
            there
        };
        assert_eq!(region.to_file(here), there, "{word}");
        assert_eq!(region.to_text(there), Some(here), "{word}");
    }
    assert_eq!(region.to_text(0), None);
}

#[test]
fn pieces_of_a_query_are_not_checked() {
    for code in [
        "q = 'SELECT a FROM b'\nq += ' JOIN c'\n",
        "x = ['SELECT a FROM b', 'WHERE c']",
        "q = 'SELECT a FROM b'\nrun(q + more)\n",
    ] {
        assert!(
            found("python", code)
                .iter()
                .all(|region| !region.is_certain),
            "{code}"
        );
    }
    assert!(found("python", "q = 'SELECT a FROM b'\nrun(q)\n")[0].is_certain);
}

#[test]
fn what_migrates_is_not_checked() {
    for code in [
        "fn test_migrating() { c.execute(\"SELECT a FROM b\") }",
        "fn add_user_v7() { c.execute(\"SELECT a FROM b\") }",
        "fn f() { c.run(include_str!(\"../migrations/2_a.sql\")); c.execute(\"SELECT a FROM b\") }",
    ] {
        assert!(!found("rust", code)[0].is_certain, "{code}");
    }
    let other = "fn f() { log(\"see migrations/a.md\"); c.execute(\"SELECT a FROM b\") }";
    assert!(found("rust", other)[0].is_certain);
}

/// The question at `|`.
fn asked(id: &str, text: &str) -> Option<SqlQuestion> {
    let offset = text.find('|').unwrap();
    question_at(&text.replace('|', ""), grammars::by_id(id).unwrap(), offset)
}

#[test]
fn questions_are_found_in_comments_and_arguments() {
    for (id, text, question, written) in [
        (
            "sql",
            "-- top 3 customers|\n",
            "top 3 customers",
            "\nS 'a\"';",
        ),
        (
            "sql",
            "-- top 3 customers\n|",
            "top 3 customers",
            "S 'a\"';",
        ),
        (
            "sql",
            "-- Get the average salary\n-- per department\n|",
            "Get the average salary per department",
            "S 'a\"';",
        ),
        (
            "sql",
            "-- Queries.\n-- all users of today|",
            "all users of today",
            "\nS 'a\"';",
        ),
        (
            "sql",
            "-- \u{6bcf}\u{4e2a}\u{5ba2}\u{6237}|",
            "\u{6bcf}\u{4e2a}\u{5ba2}\u{6237}",
            "\nS 'a\"';",
        ),
        (
            "python",
            "  # sql: all users|\n",
            "all users",
            "\n  \"S 'a\\\"'\"",
        ),
        (
            "python",
            "# sql: all users\nq = |",
            "all users",
            "\"S 'a\\\"'\"",
        ),
        (
            "go",
            "// sql: all users\n\tq := |\n",
            "all users",
            "\"S 'a\\\"'\"",
        ),
        (
            "python",
            "db.execute('all us|ers')",
            "all users",
            "S \\'a\"\\'",
        ),
        (
            "javascript",
            "db.query(`all users |of today`)",
            "all users of today",
            "S 'a\"'",
        ),
        (
            "go",
            "package p\nfunc f() { db.Query(`all us|ers`) }",
            "all users",
            "S 'a\"'",
        ),
    ] {
        let found = asked(id, text).unwrap_or_else(|| panic!("{id}: {text}"));
        assert_eq!(
            (found.text.as_str(), found.quoted("S 'a\"'").as_str()),
            (question, written),
            "{id}: {text}"
        );
    }
}

#[test]
fn statements_end_and_are_indented_like_their_comment() {
    let found = asked("sql", "  -- all users of today|\nSELECT 1;").unwrap();
    assert_eq!(found.quoted("SELECT a\nFROM b"), "\n  SELECT a\n  FROM b;");
    assert_eq!(found.quoted("SELECT a;\n"), "\n  SELECT a;");
}

#[test]
fn a_range_over_two_literals_is_no_range_of_the_file() {
    let code = "db.execute('SELECT emial' f' FROM b WHERE c = {x}')";
    let region = &found("python", code)[0];
    let at = region.text().find("emial").unwrap();
    let name = region.to_file_range(&(at..at + 5)).unwrap();
    assert_eq!(&code[name], "emial");
    assert_eq!(region.to_file_range(&(at..at + 8)), None);
    let escaped = "db.execute(\"SELECT \\\"a\\\" FROM b\")";
    let region = &found("python", escaped)[0];
    let at = region.text().find("\"a\"").unwrap();
    let range = region.to_file_range(&(at + 1..at + 2)).unwrap();
    assert_eq!(&escaped[range], "a");
    let range = region.to_file_range(&(at..at + 3)).unwrap();
    assert_eq!(&escaped[range], "\\\"a\\\"");
}

#[test]
fn other_comments_and_texts_ask_nothing() {
    for (id, text) in [
        ("sql", "-- SELECT a FROM b;|"),
        ("sql", "-- --------|"),
        ("sql", "-- top 3 customers\n\n|"),
        ("sql", "-- top 3| customers"),
        ("sql", "-- name: GetCustomer :one|"),
        ("sql", "-- :name get_customer :?|"),
        ("sql", "-- orders table\n|"),
        ("sql", "-- Create the new customers table|"),
        ("sql", "-- TODO: all users|"),
        ("python", "# all users|"),
        ("python", "print('all us|ers')"),
        ("python", "db.execute('SELECT a| FROM b')"),
    ] {
        assert_eq!(asked(id, text), None, "{id}: {text}");
    }
}

#[test]
fn broken_code_and_odd_places_do_no_harm() {
    for text in [
        "db.execute('SELECT a FROM",
        "db.execute(\"\"\"SELECT",
        "\u{e4}'\u{e4}SELECT \u{e4} FROM \u{e4}'",
        "((((('",
    ] {
        for id in ["python", "javascript", "php", "rust", "ruby", "csharp"] {
            let grammar = grammars::by_id(id).unwrap();
            for region in found(id, text) {
                assert!(region.to_file(region.text().len()) <= text.len());
            }
            for offset in 0..=text.len() + 1 {
                let _ = question_at(text, grammar, offset);
            }
        }
    }
}
