//! What was decided, rejected or lost, in plain sentences.
//!
//! Each rule looks at the account of the first pass and adds notes. A note names the first lines it
//! is about, so that people can look there.

use super::column::class::Class;
use super::column::decide::Decision;
use super::column::state::ColumnState;
use super::encoding::Encoding;
use super::format::Layout;
use super::parse::period::{self, PeriodForm};
use super::rows::{LineTally, Rejects};
use super::source::Source;
use super::{ColumnProfile, FileNote, FileNoteKind, ReadOptions, ValueKind};

/// All that is known after the first pass.
pub(crate) struct Account<'a> {
    pub source: &'a Source,
    pub layout: &'a Layout,
    pub rejects: &'a Rejects,
    pub states: &'a [ColumnState],
    pub decisions: &'a [Decision],
    pub columns: &'a [ColumnProfile],
    pub options: &'a ReadOptions,
}

/// Names that are listed in one sentence.
const NAMED: usize = 5;

fn whole_file(kind: FileNoteKind, message: String) -> FileNote {
    FileNote {
        kind,
        column: None,
        line: None,
        count: 0,
        message,
    }
}

/// All notes: about the file, then about its columns in their order.
pub(crate) fn all(account: &Account<'_>) -> Vec<FileNote> {
    let mut notes = Vec::new();
    encoding(account, &mut notes);
    match account.layout {
        Layout::Csv(_) => csv(account, &mut notes),
        Layout::Sqlite(layout) if layout.has_log => notes.push(whole_file(
            FileNoteKind::Rejected,
            "Rows that are only in the write-ahead log next to the file are not read; close the \
             program that writes them, or run PRAGMA wal_checkpoint."
                .into(),
        )),
        _ => {}
    }
    left_out(account, &mut notes);
    rejects(account.rejects, &mut notes);
    let columns = account.columns.iter().zip(account.states);
    for ((column, state), decision) in columns.zip(account.decisions) {
        of_column(column, state, decision, &mut notes);
    }
    notes
}

fn encoding(account: &Account<'_>, notes: &mut Vec<FileNote>) {
    let mut decided = |text: &str| {
        notes.push(whole_file(FileNoteKind::Decided, text.into()));
    };
    if account.source.is_packed() {
        decided("The file is packed by gzip and was unpacked while it was read.");
    }
    match account.source.encoding {
        Encoding::Utf8 => {}
        Encoding::Utf16Le | Encoding::Utf16Be => decided("The text is in UTF-16."),
        Encoding::Gb18030 => decided("The text is in GB18030 (GBK)."),
        Encoding::CarriageReturns => decided("Lines end with a carriage return."),
    }
    let foreign: u64 = account.states.iter().map(|state| state.foreign().0).sum();
    let lines = account.states.iter().map(ColumnState::foreign);
    let line = lines
        .filter(|(count, _)| *count > 0)
        .map(|(_, line)| line)
        .min();
    if let Some(line) = line {
        notes.push(FileNote {
            kind: FileNoteKind::Decided,
            column: None,
            line: Some(line),
            count: foreign,
            message: format!(
                "{} no UTF-8, first in line {line}; read as Windows-1252 (Latin-1).",
                are(foreign, "value")
            ),
        });
    }
}

/// `1 value is`, `2 values are`.
fn are(count: u64, what: &str) -> String {
    if count == 1 {
        format!("1 {what} is")
    } else {
        format!("{count} {what}s are")
    }
}

fn csv(account: &Account<'_>, notes: &mut Vec<FileNote>) {
    let Layout::Csv(layout) = account.layout else {
        return;
    };
    let delimiter = match layout.delimiter {
        b'\t' => "a tab".to_owned(),
        byte => format!("`{}`", char::from(byte)),
    };
    if layout.delimiter != b',' && account.options.delimiter.is_none() {
        let text = format!("Fields are separated by {delimiter}.");
        notes.push(whole_file(FileNoteKind::Decided, text));
    }
    if layout.first_lines > 0 {
        notes.push(FileNote {
            kind: FileNoteKind::Rejected,
            column: None,
            line: Some(1),
            count: layout.first_lines,
            message: format!(
                "The first {} before the columns and not read as rows.",
                are(layout.first_lines, "line")
            ),
        });
    }
    if account.options.has_header.is_none() {
        let text = match (layout.has_header, layout.is_header_sure) {
            (true, true) => None,
            (true, false) => Some(
                "No type says whether the first line is a header; it was taken as one. If it is \
                 none, say so.",
            ),
            (false, true) => {
                Some("The first line has the types of the others: there is no header.")
            }
            (false, false) => Some("The first line looks like the others: there is no header."),
        };
        notes.extend(text.map(|text| whole_file(FileNoteKind::Decided, text.into())));
    }
    let (_, repeated) = layout.names(account.options.max_columns);
    if layout.has_header && !repeated.is_empty() {
        let text = format!(
            "Some columns have one name ({}); later ones got a number.",
            listed(&repeated)
        );
        notes.push(whole_file(FileNoteKind::Decided, text));
    }
    second_header(account, layout.lines + 1, notes);
}

/// A second line of names, units or types, none of which fits its column.
fn second_header(account: &Account<'_>, line: u64, notes: &mut Vec<FileNote>) {
    let is_typed = |column: &&ColumnProfile| !column.kind.is_text();
    let typed = account.columns.iter().filter(is_typed);
    let (mut whole, mut unfit) = (0, 0);
    for column in typed.filter(|column| column.kind != ValueKind::Empty) {
        whole += 1;
        let first = column.unfit_examples.first();
        unfit += usize::from(first.is_some_and(|value| value.line == line));
    }
    if whole > 1 && unfit * 2 > whole {
        notes.push(FileNote {
            kind: FileNoteKind::Ambiguous,
            column: None,
            line: Some(line),
            count: 1,
            message: format!(
                "Line {line} looks like a second header: {unfit} of its values do not fit their \
                 columns. It was read as a row."
            ),
        });
    }
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{more}", shown.join(", "))
}

fn left_out(account: &Account<'_>, notes: &mut Vec<FileNote>) {
    let (names, why): (&[String], &str) = match account.layout {
        Layout::Csv(layout) => {
            let most = account.options.max_columns;
            if layout.width > most {
                let text = format!(
                    "The file has {} columns; only the first {most} are read.",
                    layout.width
                );
                notes.push(FileNote {
                    count: (layout.width - most) as u64,
                    ..whole_file(FileNoteKind::Rejected, text)
                });
            }
            return;
        }
        Layout::Json(_) => return,
        Layout::Parquet(layout) => (&layout.left_out, "nested, or beyond the most columns"),
        Layout::Sqlite(layout) => (&layout.left_out, "computed, or beyond the most columns"),
    };
    if !names.is_empty() {
        let text = format!(
            "{} not read, because {} {why}: {}.",
            are(names.len() as u64, "column"),
            if names.len() == 1 {
                "it is"
            } else {
                "they are"
            },
            listed(names)
        );
        notes.push(FileNote {
            count: names.len() as u64,
            ..whole_file(FileNoteKind::Rejected, text)
        });
    }
}

fn rejects(rejects: &Rejects, notes: &mut Vec<FileNote>) {
    let rows: [(&LineTally, FileNoteKind, &str); 7] = [
        (
            &rejects.short,
            FileNoteKind::Rejected,
            "left out, with fewer fields than there are columns",
        ),
        (
            &rejects.long,
            FileNoteKind::Rejected,
            "left out, with more fields than there are columns",
        ),
        (&rejects.empty, FileNoteKind::Rejected, "empty"),
        (
            &rejects.quotes,
            FileNoteKind::Decided,
            "read with quotes as text, because a quote is not closed",
        ),
        (
            &rejects.headers,
            FileNoteKind::Rejected,
            "left out, because the header is repeated",
        ),
        (
            &rejects.invalid,
            FileNoteKind::Rejected,
            "left out, without an object of JSON",
        ),
        (
            &rejects.columns,
            FileNoteKind::Rejected,
            "read only in part: there are too many columns, or members with very long names",
        ),
    ];
    for (tally, kind, what) in rows {
        if tally.count > 0 {
            notes.push(FileNote {
                kind,
                column: None,
                line: tally.lines.first().copied(),
                count: tally.count,
                message: format!("{} {what}: {}.", are(tally.count, "line"), places(tally)),
            });
        }
    }
}

/// `line 3`, `lines 3, 5, 8 and others`.
fn places(tally: &LineTally) -> String {
    let lines: Vec<String> = tally.lines.iter().map(u64::to_string).collect();
    let word = if lines.len() == 1 { "line" } else { "lines" };
    let others = if tally.count > lines.len() as u64 {
        " and others"
    } else {
        ""
    };
    format!("{word} {}{others}", lines.join(", "))
}

fn of_column(
    column: &ColumnProfile,
    state: &ColumnState,
    decision: &Decision,
    notes: &mut Vec<FileNote>,
) {
    let name = &column.name;
    let mut add = |kind, line, count, message| {
        notes.push(FileNote {
            kind,
            column: Some(name.clone()),
            line,
            count,
            message,
        });
    };
    for (marker, count) in column.missing_markers.iter().filter(|(m, _)| !m.is_empty()) {
        let message = format!(
            "`{name}`: {} `{marker}`, taken as missing.",
            are(*count, "value")
        );
        add(FileNoteKind::Missing, None, *count, message);
    }
    if column.unfit > 0 {
        let first = column.unfit_examples.first().map(|value| value.line);
        let message = format!(
            "`{name}`: {} not {}: {}.",
            are(column.unfit, "value"),
            a_kind(column.kind),
            examples(column)
        );
        add(FileNoteKind::Unfit, first, column.unfit, message);
    }
    if column.kind == ValueKind::Identifier {
        let found = state.example(Class::Digits);
        if let Some((line, text)) = found {
            let message = format!(
                "`{name}`: kept as text, because {} has a leading zero or more digits than a \
                 number holds.",
                place(column, line, &text)
            );
            add(FileNoteKind::Decided, Some(line), 0, message);
        }
    }
    if decision.is_ambiguous_number {
        let message = format!(
            "`{name}`: no value says whether its mark cuts thousands or a fraction; {}.",
            match column.kind {
                ValueKind::Integer => "read as thousands: 1,234 is more than a thousand",
                _ => "read with a decimal point: 1.234 is less than two",
            }
        );
        add(FileNoteKind::Ambiguous, None, 0, message);
    }
    dates(column, state, decision, &mut add);
}

fn dates(
    column: &ColumnProfile,
    state: &ColumnState,
    decision: &Decision,
    add: &mut impl FnMut(FileNoteKind, Option<u64>, u64, String),
) {
    let name = &column.name;
    if decision.is_ambiguous_date {
        let message = format!(
            "`{name}`: no value says whether it is DD/MM/YYYY or MM/DD/YYYY; kept as text and not \
             used as a time."
        );
        add(FileNoteKind::Ambiguous, None, 0, message);
    }
    if decision.is_mixed_date {
        let day = state.example(Class::DayFirst);
        let month = state.example(Class::MonthFirst);
        let say = |found: Option<(u64, String)>| {
            found.map_or(String::new(), |(line, text)| place(column, line, &text))
        };
        let message = format!(
            "`{name}`: some dates are DD/MM/YYYY ({}) and some MM/DD/YYYY ({}); kept as text and \
             not used as a time.",
            say(day),
            say(month)
        );
        add(FileNoteKind::Ambiguous, None, 0, message);
    }
    if column.kind == ValueKind::Time {
        let offsets = state.offsets(decision.reading.is_month_first);
        if offsets > 0 {
            let message = format!(
                "`{name}`: {} given with an offset from UTC; the clock's own time is kept, and the \
                 offset is left out.",
                are(offsets, "time")
            );
            add(FileNoteKind::Decided, None, offsets, message);
        }
    }
    if column.kind.is_time()
        && let Some((line, text)) = written_time(column, state, decision)
    {
        add(FileNoteKind::Decided, Some(line), 0, text);
    }
}

/// How times are read that are written as numbers or as periods.
fn written_time(
    column: &ColumnProfile,
    state: &ColumnState,
    decision: &Decision,
) -> Option<(u64, String)> {
    let name = &column.name;
    let cell = |text: &str| {
        let cell = decision.reading.typed(text.as_bytes())?;
        super::column::reading::cell_text(&cell)
    };
    if let Some(unit) = decision.reading.epoch {
        let (line, text) = state
            .example(Class::Plain)
            .or_else(|| state.example(Class::Point))?;
        let (unit, time) = (unit.word(), cell(&text)?);
        let text = format!("`{name}`: numbers read as {unit} since 1970, UTC: `{text}` is {time}.");
        return Some((line, text));
    }
    if let Some((line, text)) = state.example(Class::DayNumber) {
        let day = cell(&text)?;
        return Some((
            line,
            format!("`{name}`: numbers read as days: `{text}` is {day}."),
        ));
    }
    let (line, text) = state.example(Class::YearFirst)?;
    let (form, _) = period::read(text.as_bytes())?;
    let what = match form {
        PeriodForm::ShortMonth => "months of years with two digits",
        PeriodForm::Month => "months",
        PeriodForm::Quarter => "quarters",
        PeriodForm::Week => "weeks from Monday",
    };
    let day = cell(&text)?;
    let text = format!("`{name}`: read as the first days of {what}: `{text}` is {day}.");
    Some((line, text))
}

fn a_kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Integer => "an integer",
        ValueKind::Decimal => "a number",
        ValueKind::Boolean => "true or false",
        ValueKind::Date => "a date",
        ValueKind::Time => "a date and time",
        ValueKind::Json => "JSON",
        _ => "a text",
    }
}

/// `line 3 `x``; the value of a personal column is not shown.
fn place(column: &ColumnProfile, line: u64, text: &str) -> String {
    if column.is_personal {
        format!("line {line}")
    } else {
        format!("line {line} `{text}`")
    }
}

/// The first values that do not fit, with their lines.
fn examples(column: &ColumnProfile) -> String {
    let unfit = column.unfit_examples.iter();
    let shown: Vec<String> = unfit
        .map(|value| place(column, value.line, &value.text))
        .collect();
    let others = if column.unfit > shown.len() as u64 {
        " and others"
    } else {
        ""
    };
    format!("{}{others}", shown.join(", "))
}
