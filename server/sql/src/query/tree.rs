//! The types of a query tree.
//!
//! A [`QueryTree`] is one selection or several that are joined by set operators. Columns name the
//! place of their source in the same selection: aliases are the printer's. There are no references
//! to outer queries, so every selection can be read by itself.

use super::dates::{DatePeriod, DateUnit};
use data::TableName;

/// A query: a selection, and further ones that are combined with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryTree {
    /// The first selection.
    pub select: SelectTree,
    /// What is combined with it, in order.
    pub rest: Vec<(SetOperator, SelectTree)>,
}

impl From<SelectTree> for QueryTree {
    fn from(select: SelectTree) -> Self {
        Self {
            select,
            rest: Vec::new(),
        }
    }
}

impl From<Scalar> for SelectItem {
    fn from(value: Scalar) -> Self {
        Self { value, name: None }
    }
}

/// How two selections are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// Rows of either.
    Union,
    /// Rows of both.
    Intersect,
    /// Rows of the first only.
    Except,
}

/// One SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SelectTree {
    /// Whether equal rows are one.
    pub distinct: bool,
    /// What is returned.
    pub items: Vec<SelectItem>,
    /// Where the rows come from; all but the first are joined.
    pub sources: Vec<SourceTree>,
    /// What rows must fulfil, all of it.
    pub conditions: Vec<Predicate>,
    /// What rows are grouped by.
    pub group: Vec<Scalar>,
    /// What groups must fulfil.
    pub having: Vec<Predicate>,
    /// The order of the rows.
    pub order: Vec<OrderKey>,
    /// The most rows.
    pub limit: Option<u64>,
    /// How many rows of the order are left out before the first.
    pub offset: u64,
    /// The best rows of each part, instead of all.
    pub per_group: Option<PerGroup>,
}

/// Something that is returned.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectItem {
    /// The value.
    pub value: Scalar,
    /// The name of the column in the result, if it gets one.
    pub name: Option<String>,
}

/// The first rows of each part: ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...).
#[derive(Clone, Debug, PartialEq)]
pub struct PerGroup {
    /// What the parts are.
    pub parts: Vec<Scalar>,
    /// What comes first in a part.
    pub order: OrderKey,
    /// How many rows of each part.
    pub rows: u64,
}

/// A table or a query in FROM.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceTree {
    /// The rows.
    pub rows: SourceRows,
    /// How it is joined to those before it; none for the first.
    pub join: Option<JoinOn>,
}

/// Rows of a source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceRows {
    /// Those of a table.
    Table(TableName),
    /// Those of a query.
    Query(Box<QueryTree>),
}

/// How a source is joined.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinOn {
    /// Whether rows without a partner stay.
    pub is_left: bool,
    /// Equal columns: of an earlier source, and of this one.
    pub pairs: Vec<(ColumnName, ColumnName)>,
}

/// A column of a source.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnName {
    /// The place of the source in the selection.
    pub source: usize,
    /// The name of the column.
    pub column: String,
}

/// A key of the order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// The value.
    pub value: Scalar,
    /// Whether large values come first.
    pub descending: bool,
}

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SqlAggregate {
    /// COUNT.
    Count,
    /// SUM.
    Sum,
    /// AVG.
    Average,
    /// MIN.
    Least,
    /// MAX.
    Greatest,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// All columns, or all rows in COUNT.
    All,
    /// A column.
    Column(ColumnName),
    /// A number as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// A moment that is held as a number of seconds since 1970, or of milliseconds if that is said.
    Moment(Box<Scalar>, bool),
    /// The part of time that a date is in.
    Bucket(DateUnit, Box<Scalar>),
    /// A function of the rows of a group.
    Aggregate {
        /// The function.
        function: SqlAggregate,
        /// Whether equal values count once.
        distinct: bool,
        /// What it is taken of.
        of: Box<Scalar>,
    },
    /// The product of two values.
    Product(Box<Scalar>, Box<Scalar>),
    /// The only value of a query.
    Query(Box<QueryTree>),
    /// The value in the middle of all rows; nothing else is in that selection.
    Median(Box<Scalar>),
    /// The percentage of the rows of a group that fulfil all conditions.
    Portion(Vec<Predicate>),
    /// The percentage of an aggregate in the sum over all groups.
    Share(Box<Scalar>),
    /// The change of an aggregate against the group before, in percent: value, order of groups and
    /// the parts that are compared by themselves.
    Growth(Box<Scalar>, Box<Scalar>, Vec<Scalar>),
}

impl Scalar {
    /// An aggregate of all values.
    pub fn aggregate(function: SqlAggregate, of: Scalar) -> Self {
        Self::Aggregate {
            function,
            distinct: false,
            of: Box::new(of),
        }
    }

    /// Whether it is computed from a group of rows.
    pub fn is_aggregate(&self) -> bool {
        matches!(
            self,
            Self::Aggregate { .. } | Self::Portion(_) | Self::Share(_) | Self::Growth(..)
        )
    }
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// Two values compare so.
    Compare(Scalar, Comparison, Scalar),
    /// A value is in a range, both ends included.
    Between(Scalar, Scalar, Scalar),
    /// A text contains, begins or ends so: `%` is any text. The last: whether it does not.
    Like(Scalar, String, bool),
    /// A value is in the result of a query, or is not.
    InQuery(Scalar, Box<QueryTree>, bool),
    /// A value is unknown, or is not.
    IsNull(Scalar, bool),
    /// A date is in a period.
    During(Scalar, DatePeriod),
    /// At least one holds.
    Any(Vec<Predicate>),
}
