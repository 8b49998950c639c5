//! Files of SQL: dumps, scripts, and folders of migrations.
//!
//! Files whose names are numbered are the migrations of their folder and are applied in that order,
//! up only; all other files of a folder are one source. Layouts that are known: numbers and
//! timestamps (sqlx, goose, golang-migrate, dbmate), `V1__x.sql` (Flyway), a folder for each
//! migration with `up.sql` (Diesel) or `migration.sql` (Prisma).

use super::{Reader, SchemaFile, Unit};
use crate::schema::builder::Builder;
use crate::schema::variant::variant;
use crate::sql;
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub(crate) const READER: Reader = Reader {
    name: "SQL",
    rank: 0,
    may_be: |path| {
        [
            ".sql",
            ".ddl",
            ".psql",
            ".pgsql",
            ".mysql",
            ".sql.sqlite",
            ".sql.postgres",
        ]
        .iter()
        .any(|end| path.ends_with(end))
    },
    is: |_, _| true,
    read,
};

/// The rank of migrations: a dump says what they lead to.
const MIGRATIONS: u8 = 1;
/// What a file begins to undo itself with, in lower case, for each tool.
const DOWN_MARKS: &[&str] = &[
    "-- +goose down",
    "-- +migrate down",
    "-- migrate:down",
    "-- down migration",
    "--//@undo",
    "-- //@undo",
    "# --- !downs",
    "-- !downs",
    "-- rambler down",
    "-- +micrate down",
    "---- create above / drop below ----",
];

fn read(files: &[&SchemaFile]) -> Vec<Unit> {
    let mut folders: BTreeMap<(&str, usize, bool), Vec<&SchemaFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| !undoes(&file.path)) {
        let (folder, version) = place(&file.path);
        let key = (folder, variant(&file.path), version.is_some());
        folders.entry(key).or_default().push(file);
    }
    let mut units = Vec::new();
    for ((_, _, is_numbered), mut files) in folders {
        files.sort_by(|a, b| compare(&a.path, &b.path));
        let is_numbered = is_numbered && (files.len() > 1 || is_migration_path(&files[0].path));
        let mut builder = Builder::default();
        builder.replaces = is_numbered;
        for file in &files {
            let text = file.text();
            let lower = text.to_ascii_lowercase();
            let down = DOWN_MARKS.iter().filter_map(|mark| lower.find(mark)).min();
            let end = down.unwrap_or(text.len());
            sql::read_part(&file.path, text, 0..end, &mut builder);
        }
        let mut unit = Unit::of(&READER, builder);
        if is_numbered {
            (unit.name, unit.rank) = ("migrations", MIGRATIONS);
        }
        units.push(unit);
    }
    units
}

/// Whether a path has a folder that tools keep migrations in.
fn is_migration_path(path: &str) -> bool {
    let lower = path.to_lowercase();
    let mut folders = lower.rsplit('/').skip(1);
    folders.any(|folder| {
        ["migrat", "migrate", "versions", "evolutions", "changelog"]
            .iter()
            .any(|word| folder.contains(word))
    })
}

/// Whether a file takes a migration back.
fn undoes(path: &str) -> bool {
    let name = name_of(path).to_lowercase();
    let is_flyway_undo =
        name.starts_with('u') && name.contains("__") && number(&name[1..]).is_some();
    name == "down.sql"
        || name.ends_with(".down.sql")
        || name.ends_with("_down.sql")
        || name.ends_with("-down.sql")
        || name.ends_with(".undo.sql")
        || name.ends_with(".rollback.sql")
        || is_flyway_undo
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder that a file is sorted in, and its version there. Of a folder for one migration that
/// is the folder around it.
fn place(path: &str) -> (&str, Option<Vec<u64>>) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if matches!(name, "up.sql" | "migration.sql") {
        let (above, own) = folder.rsplit_once('/').unwrap_or(("", folder));
        if let Some(version) = number(own) {
            return (above, Some(version));
        }
    }
    let (above, own) = folder.rsplit_once('/').unwrap_or(("", folder));
    if !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_digit()) {
        // A folder for the changes of each version: `delta/12/users.sql`.
        let mut numbers = number(own).unwrap_or_default();
        numbers.extend(version(name).unwrap_or_default());
        return (above, Some(numbers));
    }
    (folder, version(name))
}

/// The version that a name begins with.
fn version(name: &str) -> Option<Vec<u64>> {
    let lower = name.to_lowercase();
    if let Some(rest) = lower.strip_prefix('v') {
        let rest = rest.trim_start_matches(['_', '-']);
        return number(rest);
    }
    // Flyway's repeatable migrations come last.
    if lower.starts_with("r__") {
        return Some(vec![u64::MAX]);
    }
    number(&lower).or_else(|| {
        // A word before the number: `update_003.sql`, `schema-5.1-to-5.2.sql`.
        let known = [
            "migration",
            "update",
            "upgrade",
            "patch",
            "delta",
            "schema-",
            "mig",
        ];
        let word = known.iter().find(|word| lower.starts_with(**word))?;
        number(lower[word.len()..].trim_start_matches(['-', '_', '.']))
    })
}

/// The numbers at the start: `2024-05-01-1200_x`, `0001_x`, `1.2.3__x`.
fn number(text: &str) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if end == 0 || end > 18 {
            break;
        }
        numbers.push(rest[..end].parse().ok()?);
        rest = &rest[end..];
        let mut chars = rest.chars();
        let separates = matches!(chars.next(), Some('.' | '-' | '_'));
        if !separates || !chars.next().is_some_and(|c| c.is_ascii_digit()) {
            break;
        }
        rest = &rest[1..];
    }
    (!numbers.is_empty()).then_some(numbers)
}

fn compare(a: &str, b: &str) -> Ordering {
    let key = |path| place(path).1;
    // A Diesel or Prisma migration may have more than one file; their names decide then.
    key(a).cmp(&key(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readers::FileContent;

    fn tables(files: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
        let files: Vec<SchemaFile> = files
            .iter()
            .map(|(path, text)| SchemaFile {
                path: (*path).into(),
                content: FileContent::Text((*text).to_owned()),
            })
            .collect();
        let mut units = read(&files.iter().collect::<Vec<_>>());
        let mut shown = Vec::new();
        for unit in &mut units {
            let (tables, source) = unit.finish();
            assert!(unit.builder.open.is_empty() && unit.builder.notes.is_empty());
            let columns = tables.iter().flat_map(|table| {
                let names = table.columns.iter().map(|column| column.name.clone());
                std::iter::once(table.name.name.clone()).chain(names)
            });
            shown.push((source.kind.to_owned(), columns.collect()));
        }
        shown
    }

    fn one(files: &[(&str, &str)]) -> (String, String) {
        let [(kind, names)] = &tables(files)[..] else {
            panic!("several units")
        };
        (kind.clone(), names.join(" "))
    }

    #[test]
    fn migrations_are_applied_in_the_order_of_each_tool() {
        let (make, grow, cut) = (
            "CREATE TABLE a (x int);",
            "ALTER TABLE a ADD COLUMN y int;",
            "ALTER TABLE a DROP COLUMN x;",
        );
        let drop = "DROP TABLE a;";
        let layouts: [[&str; 4]; 5] = [
            [
                "m/2_make.sql",
                "m/10_grow.sql",
                "m/11_cut.sql",
                "m/11_cut.down.sql",
            ],
            [
                "m/V1__make.sql",
                "m/V1.2__grow.sql",
                "m/V1.10__cut.sql",
                "m/U1.10__cut.sql",
            ],
            [
                "m/2024-01-01-120000_make/up.sql",
                "m/2024-01-02-120000_grow/up.sql",
                "m/2024-02-01-120000_cut/up.sql",
                "m/2024-02-01-120000_cut/down.sql",
            ],
            [
                "prisma/migrations/20240101_a/migration.sql",
                "prisma/migrations/20240102_b/migration.sql",
                "prisma/migrations/20240103_c/migration.sql",
                "prisma/migrations/20240103_c/down.sql",
            ],
            [
                "db/20240101120000_make.up.sql",
                "db/20240101120001_grow.up.sql",
                "db/20240101120002_cut.up.sql",
                "db/20240101120001_grow.down.sql",
            ],
        ];
        for paths in layouts {
            let [first, second, third, undo] = paths;
            let files = [(third, cut), (undo, drop), (first, make), (second, grow)];
            assert_eq!(
                one(&files),
                ("migrations".into(), "a y".into()),
                "{paths:?}"
            );
        }
    }

    #[test]
    fn what_takes_a_migration_back_is_not_applied() {
        let goose = "-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nDROP TABLE a;";
        assert_eq!(one(&[("migrations/1_a.sql", goose)]).1, "a x");
        let dbmate = "-- migrate:up\nCREATE TABLE a (x int);\n-- migrate:down\nDROP TABLE a;";
        assert_eq!(one(&[("db/migrations/20240101_a.sql", dbmate)]).1, "a x");
    }

    #[test]
    fn files_without_numbers_are_one_source_in_any_order() {
        let files = [
            ("db/indexes.sql", "ALTER TABLE b ADD COLUMN z int;"),
            ("db/tables.sql", "CREATE TABLE b (y int);"),
        ];
        assert_eq!(one(&files), ("SQL".into(), "b y z".into()));
    }
}
