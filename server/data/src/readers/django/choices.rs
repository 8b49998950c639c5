//! Classes of choices: `class Status(models.TextChoices): NEW = "new", "New"`, whose values are
//! those of a column with `choices=Status.choices`.
//!
//! Choices that only the running program knows have no values here.

use crate::readers::python::{PythonClass, items, text};
use crate::tokens::{Cursor, Kind};
use std::collections::HashMap;
use std::sync::Arc;

/// One class of choices.
struct Choices {
    path: Arc<str>,
    /// Where it begins in its file.
    start: usize,
    values: Vec<String>,
}

/// The classes of choices of a project, by their names.
#[derive(Default)]
pub(crate) struct ChoiceClasses {
    by_name: HashMap<String, Vec<Choices>>,
}

impl ChoiceClasses {
    /// Those among all classes of a project, each with the path of its file.
    pub fn of<'a, 'b: 'a>(
        classes: impl Iterator<Item = (&'a Arc<str>, &'a PythonClass<'b>)>,
    ) -> Self {
        let mut by_name: HashMap<String, Vec<Choices>> = HashMap::new();
        for (path, class) in classes {
            let mut bases = class.bases.iter();
            if bases.any(|(base, _)| matches!(*base, "TextChoices" | "IntegerChoices")) {
                let choices = Choices {
                    path: Arc::clone(path),
                    start: class.head.range().start,
                    values: values(class).unwrap_or_default(),
                };
                by_name
                    .entry(class.name.to_owned())
                    .or_default()
                    .push(choices);
            }
        }
        Self { by_name }
    }

    /// The values of `Status.choices`, `Order.Status.choices` or `Status` in a file. Of several
    /// classes of that name it is the last one before the place, or else the only one.
    pub fn values(&self, named: &Cursor<'_>, path: &str) -> Option<Vec<String>> {
        let is_plain = |kind: Kind| matches!(kind, Kind::Word | Kind::Mark(b'.'));
        let words: Vec<&str> = named
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word)
            .map(|token| named.of(*token))
            .filter(|word| *word != "choices")
            .collect();
        if !named.tokens.iter().all(|token| is_plain(token.kind)) {
            return None;
        }
        let all = self.by_name.get(*words.last()?)?;
        let place = named.range().start;
        let before = |of: &&Choices| &*of.path == path && of.start < place;
        let near = all.iter().filter(before).max_by_key(|of| of.start);
        let only = || all.first().filter(|_| all.len() == 1);
        near.or_else(only).map(|of| of.values.clone())
    }
}

/// The values of the members of a class; none if one cannot be read.
fn values(class: &PythonClass<'_>) -> Option<Vec<String>> {
    let members = class
        .assignments()
        .filter(|found| !found.name.starts_with("__"));
    members.map(|member| value(member.value?)).collect()
}

/// The value of a member: its first part if it has a label.
fn value(written: Cursor<'_>) -> Option<String> {
    let parts = items(written).unwrap_or_else(|| written.split(b','));
    literal(parts.first()?)
}

/// A text or a whole number as a value.
pub(super) fn literal(value: &Cursor<'_>) -> Option<String> {
    let number = || Some(value.written()).filter(|written| written.parse::<i64>().is_ok());
    text(value).or_else(number)
}
