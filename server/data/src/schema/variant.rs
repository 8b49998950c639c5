//! Schemas that a project has once for each dialect, which their paths name.

/// Words in paths for one dialect each, those whose types say most first.
const VARIANTS: &[(&str, &[&str])] = &[
    ("PostgreSQL", &["postgres", "pgsql", "psql"]),
    ("MySQL", &["mysql", "mariadb"]),
    ("SQLite", &["sqlite"]),
    ("SQL Server", &["mssql", "sqlserver", "sqlsrv", "sqlazure"]),
    ("Oracle", &["oracle"]),
    ("H2", &["h2", "hsqldb", "derby"]),
];

/// The dialect that a path names, if a schema has a variant for each: its place in the order of
/// belief.
pub(crate) fn variant(path: &str) -> usize {
    let lower = path.to_lowercase();
    let end = lower
        .rfind('/')
        .map_or(0, |at| lower[..at].rfind('/').map_or(0, |at| at + 1));
    let words = || lower[end..].split(|c: char| !c.is_alphanumeric());
    let names = |of: &[&str]| {
        words().any(|word| {
            of.contains(&word) || of.iter().any(|name| name.len() > 4 && word.contains(name))
        })
    };
    let found = VARIANTS.iter().position(|(_, of)| names(of));
    found.map_or(0, |at| at + 1)
}
