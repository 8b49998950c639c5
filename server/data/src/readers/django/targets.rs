//! The model that a field of Django's refers to, as the field or its class names it. Which table
//! that model has, and whether there is one, is not known here.

use crate::readers::python::{call, text};
use crate::tokens::Cursor;

/// What a reference names: a text, a class, or `get_model_name("app", "Model")`.
pub(crate) fn target_of(to: &Cursor<'_>) -> String {
    let swapped = call(*to).filter(|call| call.name == "get_model_name");
    let parts: Option<Vec<String>> =
        swapped.map(|call| call.plain().filter_map(|part| text(&part)).collect());
    match parts {
        Some(parts) if parts.len() == 2 => parts.join("."),
        _ => text(to).unwrap_or_else(|| to.written()),
    }
}
