//! Classes of fields that a project makes of Django's: what each extends, and what it refers to
//! if its own code says so. Nothing of a class is run, and packages that are no part of the
//! project are not known here.

use super::choices::ChoiceClasses;
use super::targets::target_of;
use crate::readers::python::PythonClass;
use crate::tokens::{Cursor, Kind, content};
use std::collections::HashMap;

/// How many classes of fields may extend each other in a row.
const MAX_BASES: usize = 16;

/// A class of a project that extends a field.
struct CustomField {
    base: String,
    /// The model that it refers to where a field names none.
    target: Option<String>,
}

/// The classes of fields of a project, by their names.
#[derive(Default)]
pub(crate) struct CustomFields {
    by_name: HashMap<String, CustomField>,
    /// The classes that list the values of fields.
    pub choices: ChoiceClasses,
}

impl CustomFields {
    /// Those among all classes of a project.
    pub fn of<'a, 'b: 'a>(classes: impl Iterator<Item = &'a PythonClass<'b>>) -> Self {
        let mut by_name = HashMap::new();
        for class in classes {
            let base = class.bases.iter().map(|(base, _)| *base).find(|base| {
                base.ends_with("Field") || base.contains("ForeignKey") || *base == "ParentalKey"
            });
            // A field of the project that is called like one of Django extends that one.
            if let Some(base) = base.filter(|base| *base != class.name) {
                let custom = CustomField {
                    base: base.to_owned(),
                    target: class.body.iter().find_map(|line| target_in(*line)),
                };
                by_name.entry(class.name.to_owned()).or_insert(custom);
            }
        }
        Self {
            by_name,
            choices: ChoiceClasses::default(),
        }
    }

    /// The class of Django that a class of fields extends, itself if it is none of the project,
    /// and the model that it refers to.
    pub fn resolve<'a>(&'a self, name: &'a str) -> (&'a str, Option<&'a str>) {
        let (mut now, mut target) = (name, None);
        for _ in 0..MAX_BASES {
            let Some(custom) = self.by_name.get(now) else {
                break;
            };
            target = target.or(custom.target.as_deref());
            now = &custom.base;
        }
        (now, target)
    }
}

/// The model in `kwargs.setdefault("to", Model)`, `kwargs["to"] = Model` and
/// `super().__init__(to=Model)`.
fn target_in(line: Cursor<'_>) -> Option<String> {
    let mut rest = line;
    while let Some(token) = rest.next() {
        let is_text = token.kind == Kind::Text && content(line.of(token)) == "to";
        let is_word = token.kind == Kind::Word && line.of(token) == "to";
        let mut value = rest;
        let is_set = is_text && value.mark(b',')
            || is_text && value.mark(b']') && value.mark(b'=')
            || is_word && value.mark(b'=') && !value.is_mark(b'=');
        if is_set {
            let value = expression(value);
            return (!value.is_empty()).then(|| target_of(&value));
        }
    }
    None
}

/// A name with dots, or a text, at the start of what is left.
fn expression(start: Cursor<'_>) -> Cursor<'_> {
    let mut rest = start;
    if rest.peek().is_some_and(|token| token.kind == Kind::Text) {
        rest.next();
        return start.until(&rest);
    }
    while rest.word().is_some() && rest.mark(b'.') {}
    start.until(&rest)
}
