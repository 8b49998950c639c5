//! Words of SQL that are no names where no column has them, and which words end what.

/// Whether a word is one of a list, in any case.
pub(super) fn is_in(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Whether a word may be a keyword, type, unit, function without brackets or pseudo column.
pub(super) fn is_known(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    WORDS.binary_search_by(|known| (*known).cmp(&lower)).is_ok()
}

/// All words that are no columns unless a table has them, sorted.
const WORDS: &[&str] = &include!("words.txt");

/// Words after the name of a table that are no alias of it.
pub(super) const NO_ALIAS: &[&str] = &[
    "on",
    "using",
    "where",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "outer",
    "straight_join",
    "set",
    "group",
    "order",
    "having",
    "union",
    "intersect",
    "except",
    "minus",
    "limit",
    "offset",
    "fetch",
    "for",
    "window",
    "qualify",
    "returning",
    "values",
    "select",
    "with",
    "when",
    "tablesample",
    "partition",
    "use",
    "force",
    "ignore",
    "indexed",
    "not",
    "default",
    "lateral",
    "pivot",
    "unpivot",
    "match_recognize",
    "final",
    "sample",
    "into",
    "as",
    "and",
    "or",
    "option",
    "asof",
    "positional",
    "semi",
    "anti",
    "global",
    "connect",
    "start",
    "overriding",
    "output",
    "procedure",
    "lock",
    "then",
    "end",
    "if",
    "begin",
    "go",
    "only",
    "by",
    "from",
    "is",
    "in",
    "like",
    "between",
    "exists",
    "case",
    "else",
    "rows",
    "do",
    "settings",
    "format",
    "apply",
];

/// Words before a statement that say what to do with it.
pub(super) const BEFORE_STATEMENT: &[&str] = &include!("before_statement.txt");

/// Words between two tables.
pub(super) const JOIN_WORDS: &[&str] = &[
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "outer",
    "straight_join",
    "lateral",
    "apply",
    "asof",
    "positional",
    "semi",
    "anti",
    "global",
    "only",
];

/// Words that end the part of a query they follow.
pub(super) const CLAUSES: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "window",
    "qualify",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
    "returning",
    "into",
    "option",
    "connect",
    "start",
    "output",
    "lock",
    "procedure",
    "settings",
];

/// Words that join two queries.
pub(super) const SET_WORDS: &[&str] = &["union", "intersect", "except", "minus"];

/// Words before an operand; a word after them is no alias.
pub(super) const BEFORE_OPERAND: &[&str] = &[
    "and", "or", "not", "like", "ilike", "rlike", "regexp", "glob", "similar", "in", "is",
    "between", "case", "when", "then", "else", "distinct", "all", "any", "some", "exists",
    "interval", "div", "mod", "xor", "escape", "collate", "as", "select", "by", "on", "binary",
    "unique", "from", "over", "to", "at", "zone", "isnull", "notnull", "top", "percent", "match",
    "prior", "operator", "filter", "within", "nulls", "array", "row", "cast", "sounds", "member",
    "of",
];

/// Columns that tables have without a definition, in some database.
pub(super) const PSEUDO_COLUMNS: &[&str] = &[
    "rowid",
    "oid",
    "_rowid_",
    "ctid",
    "xmin",
    "xmax",
    "cmin",
    "cmax",
    "tableoid",
    "rownum",
    "level",
    "rank",
    "ordinality",
    "docid",
    "_partitiontime",
    "_partitiondate",
    "ora_rowscn",
    "$action",
    "object_value",
];

/// Names that qualify columns without being tables in the query.
pub(super) const PSEUDO_TABLES: &[&str] = &[
    "excluded",
    "new",
    "old",
    "inserted",
    "deleted",
    "values",
    "target",
    "source",
    "stdin",
    "information_schema",
    "pg_catalog",
    "sys",
    "sqlite_master",
    "sqlite_schema",
    "mysql",
    "performance_schema",
    "dual",
    "system",
    "nextval",
];

/// Functions in whose brackets FROM and other words are no clauses.
pub(super) const CASTS: &[&str] = &["cast", "try_cast", "safe_cast", "convert", "try_convert"];

#[cfg(test)]
mod tests {
    use super::{WORDS, is_known};

    #[test]
    fn the_words_are_sorted() {
        assert!(WORDS.is_sorted());
        assert!(is_known("CURRENT_DATE") && is_known("varchar") && !is_known("user_id"));
    }
}
