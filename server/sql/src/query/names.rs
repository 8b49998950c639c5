//! Names that a print needs and a tree does not have: aliases of tables, columns of results.
//!
//! An alias is the initials of a table's words, unless these are a word of SQL or taken. Nothing
//! here knows a dialect.

use super::tree::{Scalar, SelectTree, SourceRows, SourceTree, SqlAggregate};

/// The name of the place of a row in its part.
pub(super) const PLACE: &str = "place";

/// Initials that are words of SQL.
pub(super) const TAKEN: &[&str] = &[
    "as", "at", "by", "do", "go", "if", "in", "is", "no", "of", "on", "or", "to", "all", "and",
    "any", "add", "asc", "end", "for", "not", "out", "set", "use", "key",
];

/// Aliases of sources: none for a table by itself.
pub(super) fn aliases(sources: &[SourceTree]) -> Vec<String> {
    let mut aliases: Vec<String> = Vec::new();
    for source in sources {
        let alias = match &source.rows {
            SourceRows::Table(_) if sources.len() == 1 => String::new(),
            SourceRows::Table(name) => initials(&name.name),
            SourceRows::Query(_) => "totals".to_owned(),
        };
        let is_taken = |alias: &String| aliases.contains(alias) || TAKEN.contains(&alias.as_str());
        let numbered = (2..).map(|number| format!("{alias}{number}"));
        let free = match alias.is_empty() || !is_taken(&alias) {
            true => alias,
            false => numbered
                .take(sources.len() + 1)
                .find(|a| !is_taken(a))
                .unwrap_or(alias),
        };
        aliases.push(free);
    }
    aliases
}

pub(super) fn initials(name: &str) -> String {
    let words = data::words::of_name(name);
    let initials: String = words
        .iter()
        .filter_map(|word| word.chars().next())
        .filter(char::is_ascii_alphabetic)
        .take(4)
        .collect();
    if initials.is_empty() {
        "t".into()
    } else {
        initials
    }
}

/// Names of returned columns, all different: a name that two columns have is said with the table.
pub(super) fn item_names(select: &SelectTree) -> Vec<String> {
    let plain: Vec<String> = select
        .items
        .iter()
        .map(|item| {
            item.name
                .clone()
                .unwrap_or_else(|| result_name(&item.value))
        })
        .collect();
    let mut names: Vec<String> = Vec::new();
    for (item, name) in select.items.iter().zip(&plain) {
        let same = plain
            .iter()
            .filter(|other| other.eq_ignore_ascii_case(name))
            .count();
        let name = match table_of(select, &item.value).filter(|_| same > 1) {
            Some(table) => format!("{table}_{name}"),
            None => name.clone(),
        };
        let is_taken = |name: &String| names.iter().any(|n| n.eq_ignore_ascii_case(name));
        let mut free = name.clone();
        let mut number = 2;
        while is_taken(&free) || free == PLACE {
            free = format!("{name}_{number}");
            number += 1;
        }
        names.push(free);
    }
    names
}

/// The name of the table that a column is of.
pub(super) fn table_of<'t>(select: &'t SelectTree, value: &Scalar) -> Option<&'t str> {
    let Scalar::Column(column) = value else {
        return None;
    };
    match &select.sources.get(column.source)?.rows {
        SourceRows::Table(name) => Some(&name.name),
        SourceRows::Query(_) => None,
    }
}

/// A name for a value in the result.
pub(super) fn result_name(value: &Scalar) -> String {
    let inner = |of: &Scalar| match of {
        Scalar::All => String::new(),
        of => format!("_{}", result_name(of)),
    };
    match value {
        Scalar::Column(column) => column.column.clone(),
        Scalar::Bucket(unit, _) => unit.word().to_lowercase(),
        Scalar::Aggregate { function, of, .. } => match function {
            SqlAggregate::Count => "number".into(),
            SqlAggregate::Sum if result_name(of).starts_with("total") => result_name(of),
            SqlAggregate::Sum => format!("total{}", inner(of)),
            SqlAggregate::Average => format!("average{}", inner(of)),
            SqlAggregate::Least => format!("least{}", inner(of)),
            SqlAggregate::Greatest => format!("greatest{}", inner(of)),
        },
        Scalar::Share(_) | Scalar::Portion(_) => "percent".into(),
        Scalar::Growth(..) => "growth_percent".into(),
        Scalar::Product(..) => "amount".into(),
        _ => "value".into(),
    }
}
