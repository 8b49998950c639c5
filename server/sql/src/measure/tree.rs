//! The query of the statements that exact set match can compare: SELECT with joins, nested queries
//! and set operations, without functions, CASE, window functions and outer joins. Tables and
//! columns are places in a schema, not names. It is no general tree of SQL, and nothing is printed
//! from it.

/// A function over rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Aggregate {
    /// None.
    Plain,
    Max,
    Min,
    Count,
    Sum,
    Average,
}

/// A column, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum ColumnPlace {
    /// `*`.
    All,
    /// Table and column, by their places.
    Of(usize, usize),
}

/// A column with its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Term {
    pub(super) aggregate: Aggregate,
    pub(super) column: ColumnPlace,
    pub(super) is_distinct: bool,
}

/// One or two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operand {
    pub(super) left: Term,
    /// The sign of the calculation, and the other term.
    pub(super) right: Option<(char, Term)>,
}

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Between,
    Equal,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Unequal,
    In,
    Like,
    Is,
}

/// What a condition compares with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Compared {
    /// A literal, as it is written.
    Literal(String),
    Term(Term),
    Query(Box<Query>),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) is_negated: bool,
    pub(super) comparison: Comparison,
    pub(super) operand: Operand,
    /// One or two; none after values were removed.
    pub(super) compared: Vec<Compared>,
}

/// What joins two conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Connective {
    And,
    Or,
}

/// Conditions, with what joins each two.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Conditions {
    pub(super) list: Vec<Condition>,
    pub(super) between: Vec<Connective>,
}

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Source {
    Table(usize),
    Query(Box<Query>),
}

/// How two queries are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SetOperation {
    Intersect,
    Union,
    Except,
}

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    pub(super) is_distinct: bool,
    pub(super) select: Vec<(Aggregate, Operand)>,
    pub(super) sources: Vec<Source>,
    pub(super) joins: Conditions,
    pub(super) filter: Conditions,
    pub(super) group: Vec<Term>,
    pub(super) having: Conditions,
    pub(super) order: Vec<Operand>,
    pub(super) is_descending: bool,
    pub(super) has_limit: bool,
    pub(super) combined: Option<(SetOperation, Box<Query>)>,
}

impl Query {
    /// All conditions: of joins, of rows and of groups.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let joined = self.joins.list.iter().chain(&self.filter.list);
        joined.chain(&self.having.list)
    }

    /// What joins them.
    pub(super) fn connectives(&self) -> impl Iterator<Item = Connective> {
        let joined = self.joins.between.iter().chain(&self.filter.between);
        joined.chain(&self.having.between).copied()
    }

    /// The queries nested in conditions, and the one that is combined with this.
    pub(super) fn nested(&self) -> Vec<&Query> {
        let mut found: Vec<&Query> = Vec::new();
        for condition in self.conditions() {
            for compared in &condition.compared {
                if let Compared::Query(query) = compared {
                    found.push(query);
                }
            }
        }
        found.extend(self.combined.iter().map(|(_, query)| &**query));
        found
    }
}
