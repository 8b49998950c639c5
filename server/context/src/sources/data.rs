//! The columns of a table or of a data file that is named near the cursor: the head of the `.csv`,
//! the `CREATE TABLE`.

use super::{Snippet, pieces};
use crate::cursor_context::CursorContext;
use text::is_word;

/// Lines of a table's definition at most.
const LINES: usize = 24;
/// Extensions of files whose first line names columns.
const WITH_HEAD: &[&str] = &[".csv", ".tsv"];
/// Words before the name of a table.
const BEFORE_TABLE: &[&str] = &["from", "join", "into", "update", "table"];
/// How many lines above the cursor are searched.
const ABOVE: usize = 24;

/// Heads of data files and definitions of tables.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    let above = near
        .snapshot
        .lines_above(near.offset)
        .take(ABOVE)
        .enumerate();
    let lines =
        std::iter::once((0, near.typed.clone())).chain(above.map(|(at, line)| (at + 1, line)));
    let mut found: Vec<Snippet> = Vec::new();
    for (distance, line) in lines {
        let score = 1.0 / (1.0 + distance as f32 / 6.0);
        let more = files(&line).filter_map(|name| head(near, name, score));
        let more: Vec<Snippet> = more
            .chain(tables(&line).filter_map(|name| table(near, name, score)))
            .collect();
        for one in more {
            if !found
                .iter()
                .any(|known| (&known.path, known.line) == (&one.path, one.line))
            {
                found.push(one);
            }
        }
    }
    found
}

/// The names of data files in a line.
fn files(line: &str) -> impl Iterator<Item = &str> {
    let names = line.split(|c: char| !is_word(c) && !['.', '/', '-'].contains(&c));
    names.filter(|name| {
        WITH_HEAD
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end))
    })
}

/// The names of tables in a line: what follows the words of SQL before them.
fn tables(line: &str) -> impl Iterator<Item = &str> {
    let words = || {
        line.split(|c: char| !is_word(c))
            .filter(|word| !word.is_empty())
    };
    let before = |word: &str| {
        BEFORE_TABLE
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    };
    words()
        .zip(words().skip(1))
        .filter(move |(first, _)| before(first))
        .map(|(_, name)| name)
}

fn head(near: &CursorContext, name: &str, score: f32) -> Option<Snippet> {
    let index = &near.snapshot.index;
    let path = index
        .paths_ending(name.trim_start_matches(['.', '/']))
        .into_iter()
        .next()?;
    let text = index
        .text(&path)?
        .lines()
        .take(2)
        .collect::<Vec<_>>()
        .join("\n");
    Some(Snippet {
        path,
        line: 0,
        text: pieces::whole(text),
        score,
    })
}

fn table(near: &CursorContext, name: &str, score: f32) -> Option<Snippet> {
    let index = &near.snapshot.index;
    let symbol = index
        .definitions(name, 4)
        .into_iter()
        .find(|symbol| symbol.kind == "table")?;
    let lines = index
        .text(&symbol.path)?
        .lines()
        .skip(symbol.line)
        .take(LINES);
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
        if line.contains(';') {
            break;
        }
    }
    (!near.is_own(&symbol.path)).then_some(Snippet {
        path: symbol.path,
        line: symbol.line,
        text,
        score,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{near_among, texts};

    #[test]
    fn columns_of_files_and_tables_are_shown() {
        let files = [
            ("data/sales.csv", "day,amount\n1,2\n3,4\n"),
            (
                "schema.sql",
                "-- users\nCREATE TABLE users (\n    id int,\n    name text\n);\nCREATE TABLE other (x int);\n",
            ),
        ];
        let near = near_among(
            "a.py",
            "df = read(\"sales.csv\")\nquery(\"SELECT * FROM users\")\n$0\n",
            &files,
        );
        let found = texts(gather(&near));
        assert_eq!(
            found,
            [
                "CREATE TABLE users (\n    id int,\n    name text\n);\n",
                "day,amount\n1,2\n"
            ]
        );
    }

    #[test]
    fn names_of_files_and_tables_are_found() {
        assert_eq!(
            files("df = pd.read_csv(\"data/sales.csv\")").collect::<Vec<_>>(),
            ["data/sales.csv"]
        );
        assert_eq!(files("x.csv_y").count(), 0);
        assert_eq!(
            tables("SELECT a FROM users JOIN orders o").collect::<Vec<_>>(),
            ["users", "orders"]
        );
    }
}
