//! Which columns of the known result an answer may have chosen, found by the values.
//!
//! A choice grows by one column at a time, and is dropped where the rows so far differ. Rows are
//! compared as a set; whether they are right is decided by who asks. Work is bounded.

use std::collections::{HashMap, HashSet};

/// A value as text that is the same for values that count as equal.
pub(super) type Cell = String;
/// The values of a row.
pub(super) type Row = Vec<Cell>;

/// How many choices are kept at a time.
const MAX_CHOICES: usize = 32;

/// Some of our columns, with the number of each row of ours among the other's rows so far.
struct Choice {
    columns: Vec<usize>,
    rows: Vec<Option<usize>>,
}

/// The choices among the `width` columns of `source` with which its rows are the other's, as far as
/// sets say. Where `source` has more rows than the other, it need not show all.
pub(super) fn column_choices(source: &[&Row], width: usize, other: &[Row]) -> Vec<Vec<usize>> {
    let is_cut = source.len() > other.len();
    let classes = classes(source, width);
    let mut shown: Vec<usize> = vec![0; other.len()];
    let mut choices = vec![Choice {
        columns: Vec::new(),
        rows: vec![Some(0); source.len()],
    }];
    for at in 0..other.first().map_or(width, Vec::len) {
        let numbers = numbers(other, at, &mut shown);
        let mut grown = Vec::new();
        for choice in &choices {
            for column in free(&classes, &choice.columns) {
                let rows = next_rows(source, column, choice, &numbers);
                if grown.len() < MAX_CHOICES && fits(&rows, &shown, is_cut) {
                    let columns = [&choice.columns[..], &[column]].concat();
                    grown.push(Choice { columns, rows });
                }
            }
        }
        choices = grown;
    }
    let columns = choices.into_iter().map(|choice| choice.columns);
    columns.filter(|columns| !columns.is_empty()).collect()
}

/// The first column with the same values in all rows, for each column.
fn classes(source: &[&Row], width: usize) -> Vec<usize> {
    let mut first: HashMap<Vec<&Cell>, usize> = HashMap::new();
    let class = |at: usize| {
        let values: Vec<&Cell> = source.iter().map(|row| &row[at]).collect();
        *first.entry(values).or_insert(at)
    };
    (0..width).map(class).collect()
}

/// The columns that are not chosen, of equal ones the first.
fn free(classes: &[usize], chosen: &[usize]) -> Vec<usize> {
    let mut seen = HashSet::new();
    let free = (0..classes.len()).filter(|at| !chosen.contains(at));
    free.filter(|at| seen.insert(classes[*at])).collect()
}

/// Numbers the rows of the other by their first columns up to `at`: `shown` has the numbers before
/// and gets the new ones. Returns the new number by the old one and the value.
fn numbers<'a>(
    other: &'a [Row],
    at: usize,
    shown: &mut [usize],
) -> HashMap<(usize, &'a Cell), usize> {
    let mut numbers = HashMap::new();
    for (row, number) in other.iter().zip(shown) {
        let next = numbers.len();
        *number = *numbers.entry((*number, &row[at])).or_insert(next);
    }
    numbers
}

/// The numbers of our rows with one more column; none for a row that the other does not show.
fn next_rows(
    source: &[&Row],
    column: usize,
    choice: &Choice,
    numbers: &HashMap<(usize, &Cell), usize>,
) -> Vec<Option<usize>> {
    let rows = source.iter().zip(&choice.rows);
    let number =
        |(row, before): (&&Row, &Option<usize>)| numbers.get(&((*before)?, &row[column])).copied();
    rows.map(number).collect()
}

/// Whether ours are the rows that the other shows, or more where they are cut.
fn fits(rows: &[Option<usize>], shown: &[usize], is_cut: bool) -> bool {
    let own: HashSet<usize> = rows.iter().flatten().copied().collect();
    let is_all = is_cut || rows.iter().all(Option::is_some);
    is_all && shown.iter().all(|number| own.contains(number))
}
