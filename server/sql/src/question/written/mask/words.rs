//! The words of SQL that a model may write, and where.

/// Functions, and whether all dialects have them.
pub(super) const FUNCTIONS: &[(&str, bool)] = &[
    ("COUNT", true),
    ("SUM", true),
    ("AVG", true),
    ("MIN", true),
    ("MAX", true),
    ("ABS", true),
    ("ROUND", true),
    ("LOWER", true),
    ("UPPER", true),
    ("COALESCE", true),
    ("NULLIF", true),
    ("ROW_NUMBER", true),
    ("RANK", true),
    ("DENSE_RANK", true),
    ("LENGTH", false),
    ("SUBSTR", false),
    ("DATE", false),
    ("STRFTIME", false),
];

/// Words that begin an operand.
pub(super) const BEFORE_OPERAND: &[&str] = &["NOT", "CASE", "EXISTS", "NULL"];
/// Words after an operand, in any clause.
pub(super) const AFTER_OPERAND: &[&str] = &["AND", "OR", "NOT", "IN", "LIKE", "IS", "BETWEEN"];
/// Words after an operand in CASE.
pub(super) const IN_CASE: &[&str] = &["WHEN", "THEN", "ELSE", "END"];
/// Words that join a table.
pub(super) const JOINS: &[&str] = &["JOIN", "INNER", "LEFT"];
/// Words that join another SELECT.
pub(super) const UNIONS: &[&str] = &["UNION", "INTERSECT", "EXCEPT"];
/// Words that order.
pub(super) const ORDERS: &[&str] = &["ASC", "DESC"];
/// Words that are no alias.
pub(super) const NO_ALIAS: &[&str] = &[
    "AS",
    "ON",
    "BY",
    "OR",
    "IN",
    "IS",
    "AND",
    "NOT",
    "END",
    "ASC",
    "ALL",
    "FROM",
    "JOIN",
    "LEFT",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "LIKE",
    "NULL",
    "DESC",
    "OVER",
    "INNER",
    "WHERE",
    "GROUP",
    "ORDER",
    "LIMIT",
    "UNION",
    "OUTER",
    "USING",
    "SELECT",
    "HAVING",
    "EXISTS",
    "EXCEPT",
    "DISTINCT",
    "INTERSECT",
    "BETWEEN",
    "PARTITION",
    "SET",
    "FOR",
    "TO",
    "IF",
    "NO",
    "KEY",
    "ADD",
    "USE",
];

/// The clauses of a SELECT, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clause {
    Select,
    From,
    Where,
    Group,
    Having,
    Order,
    Limit,
}

/// The words that begin a clause.
pub(super) const CLAUSES: &[(&str, Clause)] = &[
    ("FROM", Clause::From),
    ("WHERE", Clause::Where),
    ("GROUP", Clause::Group),
    ("HAVING", Clause::Having),
    ("ORDER", Clause::Order),
    ("LIMIT", Clause::Limit),
];

/// Whether a clause may follow another one.
pub(super) fn may_follow(clause: Clause, before: Clause) -> bool {
    match clause {
        Clause::From => before == Clause::Select,
        Clause::Having => before == Clause::Group,
        _ => before >= Clause::From && clause > before,
    }
}
