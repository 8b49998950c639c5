//! Keys and indexes that annotations make.

use crate::readers::classes::{Annotation, text_of};
use crate::schema::change::TableKey;
use crate::schema::{TableIndex, UniqueKey};

pub(super) fn unique(name: Option<String>, columns: Vec<String>) -> TableKey {
    TableKey::Unique(crate::schema::UniqueKey { name, columns })
}

pub(super) fn index_of(found: &Annotation<'_>, columns: Vec<String>) -> TableKey {
    let name = found.plain().first().and_then(text_of);
    let is_unique = found.entry("unique").is_some_and(|value| value.is("true"));
    let condition = found.entry_text("where");
    if is_unique && condition.is_none() {
        return TableKey::Unique(UniqueKey { name, columns });
    }
    TableKey::Index(TableIndex {
        name,
        columns,
        is_unique,
        condition,
    })
}
