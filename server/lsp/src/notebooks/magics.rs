//! What is not Python in the cells of a notebook: magics, commands of the system, requests for
//! help.
//!
//! Each becomes a comment that begins with [`SIGN`], so that every place keeps its line and bug
//! patterns know what it may bind. As the value of an assignment it becomes a call with an unknown
//! result. See <https://ipython.readthedocs.io/en/stable/interactive/magics.html>.

/// How the comment begins that a magic becomes; `bugs/src/cells.rs` reads it.
pub const SIGN: &str = "#!";
/// Magics of a whole cell whose other lines are Python.
const PYTHON_CELLS: &[&str] = &[
    "time", "timeit", "capture", "prun", "python", "python3", "memit", "mprun",
];

/// A cell's text with all that is no Python hidden, and the lines where something is.
#[derive(Debug, PartialEq)]
pub struct VisibleText {
    pub text: String,
    pub hidden: Vec<u32>,
}

/// What Python sees of a cell; `None` where a magic hands all of the cell to another language.
pub fn shown(text: &str) -> Option<VisibleText> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    if let Some(magic) = first.trim_start().strip_prefix("%%") {
        let name = magic.split_whitespace().next().unwrap_or_default();
        if !PYTHON_CELLS.contains(&name) {
            return None;
        }
    }
    let mut hidden = Vec::new();
    let mut lines = Vec::new();
    for (number, line) in (0u32..).zip(text.split('\n')) {
        match hide(line) {
            Some(hiding) => {
                hidden.push(number);
                lines.push(hiding);
            }
            None => lines.push(line.to_owned()),
        }
    }
    Some(VisibleText {
        text: lines.join("\n"),
        hidden,
    })
}

/// A line without its magic; `None` where there is none.
fn hide(line: &str) -> Option<String> {
    let start = line.len() - line.trim_start().len();
    if begins_magic(&line[start..]) || asks_for_help(line.trim()) {
        let (indentation, magic) = line.split_at(start);
        // A block needs a statement.
        let statement = if start == 0 { "" } else { "pass  " };
        return Some(format!("{indentation}{statement}{SIGN}{magic}"));
    }
    // `files = !ls` and `found = %who_ls`.
    let (names, value) = line.split_once('=')?;
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let command = value.trim_start();
    if !names.split(',').all(is_name) || !begins_magic(command) {
        return None;
    }
    Some(format!(
        "{}get_ipython()",
        &line[..line.len() - command.len()]
    ))
}

/// Whether a statement that begins so is a magic or a command, rather than an operator at the
/// beginning of a line.
fn begins_magic(text: &str) -> bool {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('%'), Some(next)) => next.is_ascii_alphabetic() || next == '%',
        (Some('!'), Some(next)) => next.is_ascii() && next != '=',
        (Some('?'), Some(next)) => next.is_alphabetic() || next == '?',
        _ => false,
    }
}

/// `name?` and `name??`.
fn asks_for_help(line: &str) -> bool {
    let name = line.trim_end_matches('?');
    let is_name = |c: char| c.is_alphanumeric() || "._%".contains(c);
    name.len() < line.len() && !name.is_empty() && name.chars().all(is_name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        shown(text).unwrap().text
    }

    #[test]
    fn magics_and_commands_are_hidden() {
        for (written, seen) in [
            ("%matplotlib inline", "#!%matplotlib inline"),
            ("  !pip install x", "  pass  #!!pip install x"),
            ("%%time", "#!%%time"),
            ("frame.head?", "#!frame.head?"),
            ("?frame", "#!?frame"),
            ("files = !ls", "files = get_ipython()"),
            ("a, b = %who_ls int", "a, b = get_ipython()"),
        ] {
            assert_eq!(line(written), seen);
        }
    }

    #[test]
    fn python_stays_as_it_is() {
        for text in [
            "x % y",
            "    % total)",
            "!= 3",
            "a = b % c",
            "x = y if z else w",
            "f(a=%s)",
            "größe = 1",
        ] {
            assert_eq!(
                shown(text).unwrap(),
                VisibleText {
                    text: text.into(),
                    hidden: Vec::new()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn a_cell_may_be_of_another_language() {
        assert_eq!(shown("\n%%bash\nls"), None);
        assert_eq!(shown("%%sql\nselect 1"), None);
        let timed = shown("%%time\nx = 1").unwrap();
        assert_eq!(
            (timed.text.as_str(), timed.hidden),
            ("#!%%time\nx = 1", vec![0])
        );
    }
}
