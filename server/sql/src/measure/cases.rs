//! Cases and answers: what is asked, what is known, and what was predicted. Cases are read from
//! lines of JSON, whose text the caller has. Nothing here judges.

use serde::Deserialize;

/// A question with the query that answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SqlCase {
    /// Its name, for lists.
    #[serde(default)]
    pub id: String,
    /// The CREATE statements of the tables, in SQLite's dialect.
    pub schema: String,
    /// The question, as people ask it.
    pub question: String,
    /// The known query.
    pub sql: String,
    /// The name of the database; cases of one are not independent.
    pub db_id: String,
    /// The dialect of `sql`. Only `sqlite` can be measured.
    #[serde(default)]
    pub dialect: String,
    /// What the case may be used for, such as `tuning` or `test`.
    #[serde(default)]
    pub split: String,
    /// `any` if the question does not say which columns to show: then the known query shows all
    /// that may be shown, and an answer may show some.
    #[serde(default)]
    pub columns: String,
    /// The language of the question, such as `en` or `zh`.
    #[serde(default)]
    pub language: String,
}

impl SqlCase {
    /// Which columns an answer must show.
    pub(super) fn shown_columns(&self) -> ShownColumns {
        match self.columns.as_str() {
            "any" => ShownColumns::Some,
            _ => ShownColumns::All,
        }
    }
}

/// Which columns of the known result an answer must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShownColumns {
    /// All.
    #[default]
    All,
    /// At least one.
    Some,
}

/// An answer to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SqlPrediction {
    /// The statement, in SQLite's dialect.
    pub sql: String,
    /// How sure the answer is; larger is surer.
    pub confidence: f64,
    /// Whether it would be offered without being asked for.
    pub is_shown: bool,
}

/// Reads cases, one JSON object a line; empty lines are passed over.
///
/// # Errors
/// A sentence that names the line if it is no case, or its dialect cannot be measured.
pub fn read_cases(lines: &str) -> Result<Vec<SqlCase>, String> {
    let mut cases = Vec::new();
    for (at, line) in lines.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = at + 1;
        let case: SqlCase = serde_json::from_str(line)
            .map_err(|error| format!("line {number} is no case of SQL: {error}"))?;
        if !["", "any"].contains(&case.columns.as_str()) {
            let columns = &case.columns;
            return Err(format!(
                "line {number}: columns is {columns}; it is any, or left out"
            ));
        }
        if !["", "sqlite"].contains(&case.dialect.as_str()) {
            let dialect = &case.dialect;
            return Err(format!(
                "line {number}: the dialect is {dialect}; write the query for sqlite"
            ));
        }
        cases.push(case);
    }
    Ok(cases)
}
