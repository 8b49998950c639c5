//! What code does to tables while it runs, found by the words CREATE TABLE and ALTER TABLE in it.

/// How much of a statement is looked at, in bytes.
const LOOKED_AT: usize = 8_000;
/// The longest ALTER TABLE that is looked at.
const LONGEST_CHANGE: usize = 400;

/// The words of a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty())
}

/// The names that a text may give to tables and columns.
#[derive(Default)]
pub(super) struct Changes {
    /// A table, empty where its name is put together, and words of its change; in lower case.
    pub names: Vec<(String, Vec<String>)>,
    /// Whether the name of a new column is put together.
    pub is_dynamic: bool,
}

impl Changes {
    /// Reads code of any language.
    pub fn of(text: &str) -> Self {
        let mut changes = Self::default();
        let lower = text.to_lowercase();
        let mut at = 0;
        while let Some(found) = lower[at..].find("table") {
            let (start, end) = (at + found, at + found + "table".len());
            at = end;
            let before = lower[..start].trim_end();
            let follows = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
            if before.len() == start {
                continue;
            }
            if follows(&["create", "virtual", "unlogged", "temporary", "temp"]) {
                changes.created(&lower[end..]);
            } else if follows(&["alter"]) {
                changes.altered(&lower[end..]);
            }
        }
        changes
    }

    /// All words up to the bracket that closes the columns.
    fn created(&mut self, rest: &str) {
        let rest = start_of(rest, LOOKED_AT);
        let mut depth = 0_usize;
        let is_end = |c: char| {
            match c {
                '(' => depth += 1,
                ')' if depth <= 1 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            false
        };
        let end = rest.find(is_end).unwrap_or(rest.len());
        self.add(&rest[..end]);
    }

    /// Adds the words of a change.
    fn add(&mut self, change: &str) {
        let found = words(change).map(str::to_owned).collect();
        self.names.push((table_name(change).to_owned(), found));
    }

    /// All words of the change.
    fn altered(&mut self, rest: &str) {
        let rest = start_of(rest, LONGEST_CHANGE);
        let end = rest.find([';', '\n']).unwrap_or(rest.len());
        // A change over several lines: its first three.
        let end = rest
            .match_indices('\n')
            .nth(2)
            .map_or(end, |(at, _)| at.max(end));
        self.add(&rest[..end]);
        let Some(add) = rest.find(" add ") else {
            return;
        };
        let mut column = rest[add + " add ".len()..].trim_start();
        for word in ["column", "if not exists"] {
            column = column.strip_prefix(word).map_or(column, str::trim_start);
        }
        let column = column.trim_start_matches(['`', '[', '\\']);
        self.is_dynamic |= column.starts_with(['{', '$', '%', '#', '?', '"', '\'', '+']);
    }
}

/// The name of a table at the start of a text, without namespace; empty if it is put together.
fn table_name(text: &str) -> &str {
    let mut rest = text.trim_start();
    for word in ["if", "not", "exists", "only"] {
        let after = rest.strip_prefix(word).filter(|rest| rest.starts_with(' '));
        rest = after.map_or(rest, str::trim_start);
    }
    let name = rest.trim_start_matches(['`', '[', '"', '\\']);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let end = name.find(|c| !is_part(c)).unwrap_or(name.len());
    let goes_on = name[end..].starts_with(['{', '$', '%', '#', '?', '\'']);
    let last = name[..end].rsplit('.').next().unwrap_or_default();
    if goes_on { "" } else { last }
}

/// The first bytes of a text.
fn start_of(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::Changes;

    #[test]
    fn names_in_changes_may_exist() {
        let made = "y = f\"CREATE TABLE {t} (a int)\"";
        let code = format!("run(\"ALTER TABLE users ADD COLUMN age int\")\n{made}");
        let changes = Changes::of(&code);
        let has = |table: &str, name: &str| {
            let mut all = changes.names.iter();
            all.any(|(of, names)| of == table && names.contains(&name.to_owned()))
        };
        assert!(has("users", "age") && has("", "a") && !has("users", "y") && !has("", "age"));
        assert!(!changes.is_dynamic);
        assert!(Changes::of("f'alter table users add column {name} int'").is_dynamic);
        assert!(Changes::of("a table of users").names.is_empty());
    }
}
