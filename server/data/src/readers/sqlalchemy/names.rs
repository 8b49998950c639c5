//! Bases of models, and the names of tables that these make.

use crate::readers::naming::snake;
use crate::readers::python::{PythonClass, assignment, call, dotted};
use crate::tokens::Cursor;

/// Bases of models that libraries have.
pub(super) const BASES: &[&str] = &[
    "Base",
    "DeclarativeBase",
    "SQLModel",
    "Model",
    "MappedAsDataclass",
];

/// Whether a class is `class A(SQLModel, table=True)`.
pub(super) fn has_table_argument(class: &PythonClass<'_>) -> bool {
    let written = class.head.written().replace(' ', "");
    written.contains("table=True")
}

/// The name of a base that a line makes: `Base = declarative_base()`, `BaseModel = db.Model`.
pub(super) fn made_base<'a>(line: Cursor<'a>) -> Option<&'a str> {
    let found = assignment(line)?;
    let value = found.value?;
    let is_call = call(value).is_some_and(|call| {
        matches!(
            call.name,
            "declarative_base" | "automap_base" | "generate_base"
        )
    });
    (is_call || dotted(&value) == Some("Model")).then_some(found.name)
}

/// Whether a base of another package has no columns.
pub(super) fn is_plain_base(base: &str, whole: &str) -> bool {
    matches!(base, "object" | "Generic" | "ABC" | "Protocol")
        || whole.ends_with(".Model")
        || base.ends_with("Base")
}

/// The name that a method of a base makes for the table of a class, as far as its words say.
pub(super) fn made_name(class: &PythonClass<'_>, of: &str) -> Option<String> {
    let mut body = class.body.iter().skip_while(|line| {
        let mut rest = **line;
        !(rest.word() == Some("def") && rest.word() == Some("__tablename__"))
    });
    body.next()?;
    let returned = body
        .find(|line| line.peek_word() == Some("return"))?
        .written();
    let is_snake = ["snake", "sub(", "underscore"]
        .iter()
        .any(|word| returned.contains(word));
    let is_plural =
        returned.contains("\"s\"") || returned.contains("'s'") || returned.contains("}s");
    let name = match (is_snake, returned.contains("lower()")) {
        (true, _) => snake(of),
        (false, true) => of.to_lowercase(),
        (false, false) if returned.ends_with("__name__") => of.to_owned(),
        (false, false) => return None,
    };
    Some(if is_plural { format!("{name}s") } else { name })
}
