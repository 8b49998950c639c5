//! What a question asks for, before tables are joined: columns by their places in the schema.

use crate::query::dates::{DatePeriod, DateUnit};
use crate::query::{Comparison, SetOperator, SqlAggregate};

/// Something that a row or a group has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Measure {
    /// A column as it is.
    Column(usize),
    /// The unit of time that a column is in.
    Bucket(DateUnit, usize),
    /// The number of rows.
    Count,
    /// The number of different values.
    CountDistinct(usize),
    /// A function of a column.
    Of(SqlAggregate, usize),
    /// A function of the product of two columns.
    OfProduct(SqlAggregate, usize, usize),
    /// The percentage of rows that fulfil conditions.
    Portion(Vec<Condition>),
    /// The percentage in the sum over all.
    Share(Box<Measure>),
    /// The change against the unit of time before.
    Growth(Box<Measure>),
    /// All columns.
    All,
}

impl Condition {
    /// The columns that it needs.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        let other = match self.test {
            Test::Column(_, other) => Some(other),
            _ => None,
        };
        std::iter::once(self.column).chain(other)
    }
}

impl Measure {
    pub(crate) fn is_aggregate(&self) -> bool {
        !matches!(self, Self::Column(_) | Self::Bucket(..) | Self::All)
    }

    /// The columns that it needs.
    pub(crate) fn columns(&self) -> Vec<usize> {
        match self {
            Self::Column(column) | Self::Bucket(_, column) => vec![*column],
            Self::CountDistinct(column) | Self::Of(_, column) => vec![*column],
            Self::OfProduct(_, a, b) => vec![*a, *b],
            Self::Share(of) | Self::Growth(of) => of.columns(),
            Self::Portion(conditions) => conditions.iter().flat_map(Condition::columns).collect(),
            Self::Count | Self::All => Vec::new(),
        }
    }
}

/// A value that a question names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Number(String),
    Text(String),
    Boolean(bool),
}

/// What a column must be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Compare(Comparison, Literal),
    Between(Literal, Literal),
    /// A pattern, and whether it must not fit.
    Like(String, bool),
    /// Whether it is unknown; false: whether it is known.
    Empty(bool),
    During(DatePeriod),
    /// Compared with the average of all.
    Average(Comparison),
    /// Compared with another column.
    Column(Comparison, usize),
    /// A reference to the row of its own table that is called so: the key, the label and a text.
    Named(usize, usize, String),
}

/// A condition of a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub column: usize,
    pub test: Test,
    /// The token that it begins at.
    pub at: usize,
    /// Conditions of one column that are joined by OR have the same number.
    pub any: Option<usize>,
}

/// A condition of groups.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Having {
    pub measure: Measure,
    pub test: Test,
    /// The table whose rows are counted.
    pub of: Option<usize>,
}

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ranking {
    pub measure: Measure,
    pub descending: bool,
    pub limit: Option<u64>,
    /// The table whose rows are counted.
    pub of: Option<usize>,
}

impl Ranking {
    /// The first rows by a measure, one if no number is said.
    pub(crate) fn first(measure: Measure, descending: bool, limit: Option<u64>) -> Self {
        Self {
            measure,
            descending,
            limit: limit.or(Some(1)),
            of: None,
        }
    }
}

/// Rows that must not exist.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Without {
    pub table: usize,
    pub conditions: Vec<Condition>,
}

/// Two conditions that two selections have instead of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Combined {
    pub operator: SetOperator,
    pub first: Condition,
    pub second: Condition,
}

/// All that a question asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sketch {
    pub subject: usize,
    pub items: Vec<Measure>,
    pub distinct: bool,
    pub conditions: Vec<Condition>,
    pub groups: Vec<Measure>,
    pub having: Vec<Having>,
    pub ranking: Option<Ranking>,
    /// How many rows of the ranking are left out: 1 for `second highest`.
    pub offset: u64,
    /// The table whose rows are counted even where there are none.
    pub outer: Option<usize>,
    /// Tables that rows must have a partner in.
    pub tables: Vec<usize>,
    pub without: Vec<Without>,
    /// References that the question names, by their places in the schema.
    pub links: Vec<usize>,
    pub combined: Option<Combined>,
    /// How many rows of each group, with what the groups are.
    pub per_group: Option<(u64, Vec<Measure>)>,
    /// Tables that are mentioned where something must not exist.
    pub absent: Vec<usize>,
    /// Whether the question says `except`.
    pub excepts: bool,
    /// Average of an aggregate over units of time.
    pub average_over: Option<DateUnit>,
    /// The value in the middle of this column.
    pub median: Option<usize>,
    /// Use FK columns rather than joining the table that has the key.
    pub joins_keys: bool,
    pub groups_by_label: bool,
}

impl Sketch {
    /// The table whose rows are counted for each of the rows that are counted.
    pub(crate) fn partners_counted(&self) -> Option<usize> {
        match (&self.having[..], &self.items[..]) {
            ([having], [Measure::Count]) if self.groups.is_empty() => having
                .of
                .filter(|of| *of != self.subject && having.measure == Measure::Count),
            _ => None,
        }
    }
}
