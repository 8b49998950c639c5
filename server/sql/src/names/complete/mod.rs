//! Which names could be typed at a place: tables, columns, aliases, joins and values.
//!
//! `place.rs` says what is expected there, from the tokens before it; the resolver says which
//! tables are in scope, also where FROM comes later. `joins.rs` writes whole joins from foreign
//! keys, and `items.rs` all other names, each with its quotes where the dialect needs them.

mod completion;
mod items;
mod joins;
mod place;

pub use completion::{CompletionKind, NameCompletion};

use super::index::SchemaNames;
use super::resolver::{MAX_TEXT, ResolvedSql, resolve_at};
use super::scope::NameScope;
use data::SqlDialect;
use items::Items;
use place::{Expected, Place};
use std::collections::HashSet;

/// The most completions of a place.
const MAX_ITEMS: usize = 3_000;
/// The names that fit at a byte of a text, the likeliest first. Nothing in comments, in texts that
/// are no value of a known column, and where a keyword follows.
pub fn complete(
    names: &SchemaNames,
    text: &str,
    offset: usize,
    dialect: Option<SqlDialect>,
) -> Vec<NameCompletion> {
    if text.len() > MAX_TEXT || !text.is_char_boundary(offset) {
        return Vec::new();
    }
    let Some(place) = Place::of(text, offset, dialect) else {
        return Vec::new();
    };
    let whole = place.with_name(text);
    let resolved = resolve_at(names, &whole, place.range.start, dialect);
    let scope = innermost(&resolved, place.range.start);
    let mut items = Items {
        names,
        dialect,
        resolved: &resolved,
        place: &place,
        found: Vec::new(),
    };
    match &place.expected {
        Expected::Table { after_join } => {
            if *after_join {
                items.joins(scope);
            }
            items.tables(scope);
        }
        Expected::Condition => {
            items.conditions(scope);
            items.columns(scope);
        }
        Expected::Column => items.columns(scope),
        Expected::Common => items.common(scope),
        Expected::TargetColumn(table) => items.columns_of_target(table, scope),
        Expected::Member(qualifier) => items.members(qualifier, scope),
        Expected::Value { column, is_open } => items.values(column, *is_open, scope),
    }
    let mut found = items.found;
    // Columns of a rank come as their table declares them, all else by its letters.
    let letters = |item: &NameCompletion| match item.kind {
        CompletionKind::Column => String::new(),
        _ => item.label.clone(),
    };
    found.sort_by_cached_key(|item| (item.rank, letters(item)));
    let mut inserted = HashSet::new();
    found.retain(|item| inserted.insert(item.insert.clone()));
    found.truncate(MAX_ITEMS);
    found
}

/// The smallest query around a place.
fn innermost(resolved: &ResolvedSql, at: usize) -> Option<&NameScope> {
    let around = resolved
        .scopes
        .iter()
        .filter(|of| of.range.start <= at && at <= of.range.end);
    // A scope without tables is that of a list: the one around it has them.
    let around = around.filter(|of| !of.sources.is_empty());
    around.min_by_key(|of| of.range.len())
}
