//! A data file after its first pass: what it holds, and its rows again as typed cells.

use super::column::decide::Decision;
use super::column::reading::Reading;
use super::column::state::ColumnState;
use super::format::{self, Layout};
use super::notes::{self, Account};
use super::pass::{Profiling, Typing};
use super::rows::{Rejects, RowRange, Scanned};
use super::sketch::limits::SketchLimits;
use super::source::Source;
use super::threads::each_part;
use super::{ColumnProfile, FileCell, FileFormat, FileNote, FileProblem, ReadOptions, csv};
use std::collections::HashSet;
use std::path::Path;

/// A data file of which all rows were read once.
#[derive(Debug)]
pub struct DataFile {
    source: Source,
    layout: Layout,
    ranges: Vec<RowRange>,
    rows: u64,
    left_out: u64,
    columns: Vec<ColumnProfile>,
    readings: Vec<Reading>,
    notes: Vec<FileNote>,
    threads: usize,
}

/// The first pass over a file.
struct FirstPass {
    profiling: Profiling,
    ranges: Vec<RowRange>,
    rows: u64,
    rejects: Rejects,
}

impl DataFile {
    /// Reads all rows of the file: the types and statistics of its columns.
    ///
    /// # Errors
    /// If the file cannot be read, is of no known format, or changes while it is read.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<DataFile, FileProblem> {
        let (mut source, head) = Source::open(path)?;
        let mut layout = format::detect(&mut source, &head, options)?;
        let mut pass = first_pass(&source, &mut layout, options)?;
        let mut decisions = decide(&layout, options, &pass.profiling.states);
        if options.has_header.is_none()
            && let Layout::Csv(csv) = &layout
        {
            let states = &pass.profiling.states;
            let (is_header, _) = csv::head::is_header(&csv.first, &decisions, states);
            if is_header != csv.has_header {
                let has_header = Some(is_header);
                let options = ReadOptions {
                    has_header,
                    ..options.clone()
                };
                layout = format::detect(&mut source, &head, &options)?;
                pass = first_pass(&source, &mut layout, &options)?;
                decisions = decide(&layout, &options, &pass.profiling.states);
            }
        }
        source.check()?;
        Ok(Self::finish(source, layout, pass, &decisions, options))
    }

    fn finish(
        source: Source,
        layout: Layout,
        pass: FirstPass,
        decisions: &[Decision],
        options: &ReadOptions,
    ) -> Self {
        let names = different(layout.names(options.max_columns));
        let states = pass.profiling.states.iter().zip(decisions);
        let columns = names.iter().zip(states);
        let columns: Vec<ColumnProfile> = columns
            .map(|(name, (state, decision))| state.profile(name, pass.rows, decision))
            .collect();
        let account = Account {
            source: &source,
            layout: &layout,
            rejects: &pass.rejects,
            states: &pass.profiling.states,
            decisions,
            columns: &columns,
            options,
        };
        Self {
            notes: notes::all(&account),
            source,
            layout,
            ranges: pass.ranges,
            rows: pass.rows,
            left_out: pass.rejects.rows(),
            columns,
            threads: options.threads,
            readings: decisions.iter().map(|decision| decision.reading).collect(),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// The file's format.
    pub fn format(&self) -> FileFormat {
        self.layout.format()
    }

    /// How many rows were read; rejected ones are not counted.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many records were left out, because they do not fit the columns or are no records.
    pub fn rows_left_out(&self) -> u64 {
        self.left_out
    }

    /// The columns, in the file's order.
    pub fn columns(&self) -> &[ColumnProfile] {
        &self.columns
    }

    /// What was decided, rejected or lost.
    pub fn notes(&self) -> &[FileNote] {
        &self.notes
    }

    /// Reads all rows again, in the file's order: row numbers from 0, and the cells of the columns
    /// that are wanted, in the order of `wanted`. `each` returns whether to go on.
    ///
    /// # Errors
    /// If the file cannot be read or has changed since the first pass.
    pub fn each_row(
        &self,
        wanted: &[usize],
        each: &mut dyn FnMut(u64, &[FileCell<'_>]) -> bool,
    ) -> Result<(), FileProblem> {
        self.source.check()?;
        let mut sink = Typing {
            wanted,
            readings: &self.readings,
            row: 0,
            each,
        };
        let mut layout = self.layout.clone();
        layout.scan(&self.source, layout.whole(), &mut sink)?;
        self.source.check()
    }

    /// Reads all rows again, on several threads: each has states of its own (`new`), takes rows
    /// into them (`each`), and the states are joined in the file's order (`merge`).
    ///
    /// # Errors
    /// If the file cannot be read or has changed since the first pass.
    pub fn fold<S: Send>(
        &self,
        wanted: &[usize],
        new: impl Fn() -> S + Sync,
        each: impl Fn(&mut S, u64, &[FileCell<'_>]) + Sync,
        merge: impl Fn(&mut S, S),
    ) -> Result<S, FileProblem> {
        self.source.check()?;
        let states = each_part(&self.ranges, self.threads, |range| {
            let mut state = new();
            let mut sink = Typing {
                wanted,
                readings: &self.readings,
                row: range.rows,
                each: |row: u64, cells: &[FileCell<'_>]| {
                    each(&mut state, row, cells);
                    true
                },
            };
            let mut layout = self.layout.clone();
            layout.scan(&self.source, *range, &mut sink)?;
            Ok(state)
        })?;
        self.source.check()?;
        let mut states = states.into_iter();
        let mut whole = states.next().unwrap_or_else(&new);
        states.for_each(|state| merge(&mut whole, state));
        Ok(whole)
    }
}

/// The names, so that no two differ only in the case of their letters: databases take these for
/// one.
fn different(names: Vec<String>) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let all: HashSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let mut name_of = |base: String| {
        if taken.insert(base.to_lowercase()) {
            return base;
        }
        let numbered = (2_u64..).map(|number| format!("{base} {number}"));
        let mut free = numbered.filter(|name| !all.contains(&name.to_lowercase()));
        let found = free.find(|name| taken.insert(name.to_lowercase()));
        found.unwrap_or(base)
    };
    names.into_iter().map(&mut name_of).collect()
}

fn decide(layout: &Layout, options: &ReadOptions, states: &[ColumnState]) -> Vec<Decision> {
    let names = layout.names(options.max_columns);
    let both = names.iter().zip(states);
    both.map(|(name, state)| state.decide(name)).collect()
}

/// Reads all rows, on several threads if the file can be cut.
fn first_pass(
    source: &Source,
    layout: &mut Layout,
    options: &ReadOptions,
) -> Result<FirstPass, FileProblem> {
    let borders = layout.borders(source, options.threads)?;
    if !borders.is_empty()
        && let Some(pass) = parallel(source, layout, options, &borders)?
    {
        return Ok(pass);
    }
    let whole = layout.whole();
    let columns = layout.width().min(options.max_columns);
    let mut profiling = match layout {
        Layout::Json(_) => Profiling::growing(),
        _ => Profiling::new(columns, SketchLimits::new(columns, 1)),
    };
    let scanned = layout.scan(source, whole, &mut profiling)?;
    profiling.widen(layout.width().min(options.max_columns));
    Ok(join(vec![(whole, profiling, scanned)], whole))
}

/// Reads the parts between borders; none if a border is inside a record.
fn parallel(
    source: &Source,
    layout: &Layout,
    options: &ReadOptions,
    borders: &[u64],
) -> Result<Option<FirstPass>, FileProblem> {
    let whole = layout.whole();
    let starts = std::iter::once(whole.start).chain(borders.iter().copied());
    let ends = borders.iter().copied().chain([whole.end]);
    let parts: Vec<RowRange> = starts
        .zip(ends)
        .map(|(start, end)| RowRange {
            start,
            end,
            ..whole
        })
        .collect();
    let columns = layout.width().min(options.max_columns);
    let limits = SketchLimits::new(columns, parts.len());
    let results = each_part(&parts, options.threads, |range| {
        let mut profiling = Profiling::new(columns, limits);
        let scanned = layout.clone().scan(source, *range, &mut profiling)?;
        Ok((*range, profiling, scanned))
    });
    // A part that starts inside a quoted field may fail where the whole does not.
    let Ok(results) = results else {
        return Ok(None);
    };
    let fits = |pair: &[(RowRange, Profiling, Scanned)]| pair[0].2.end == pair[1].0.start;
    Ok(results.windows(2).all(fits).then(|| join(results, whole)))
}

fn join(parts: Vec<(RowRange, Profiling, Scanned)>, whole: RowRange) -> FirstPass {
    let (mut lines, mut rows) = (whole.lines, 0);
    let mut ranges = Vec::new();
    let mut joined: Option<(Profiling, Rejects)> = None;
    for (range, profiling, scanned) in parts {
        ranges.push(RowRange {
            lines,
            rows,
            ..range
        });
        let (all, rejects) = joined.get_or_insert_with(|| (profiling.like(), Rejects::default()));
        all.merge(profiling, lines);
        rejects.merge(scanned.rejects, lines);
        lines += scanned.lines;
        rows += scanned.rows;
    }
    let none = || {
        (
            Profiling::new(0, SketchLimits::new(1, 1)),
            Rejects::default(),
        )
    };
    let (profiling, rejects) = joined.unwrap_or_else(none);
    FirstPass {
        profiling,
        ranges,
        rows,
        rejects,
    }
}
