//! What expressions in a class or file stand for: constants, names of other tables, texts with
//! names in braces, and functions of the project that make a reference. What runs is not known
//! here.

use super::models::Models;
use crate::readers::python::{Call, dotted, text};
use crate::schema::TableName;
use crate::tokens::{Cursor, Kind, content};
use std::collections::HashMap;

/// How far names may stand for each other.
const MAX_DEPTH: usize = 6;

/// Where an expression is: its file and the class whose table is described.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub file: usize,
    pub class: Option<usize>,
}

/// What the parameters of a function are for one call.
type Bound = HashMap<String, String>;

impl<'a> Models<'a> {
    /// The text that an expression evaluates to.
    pub(super) fn resolved(&self, value: &Cursor<'a>, scope: Scope) -> Option<String> {
        self.resolve(value, scope, &Bound::new(), 0)
    }

    fn resolve(
        &self,
        value: &Cursor<'a>,
        scope: Scope,
        bound: &Bound,
        depth: usize,
    ) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(plain) = text(value) {
            return Some(plain);
        }
        if let [token] = value.tokens
            && token.kind == Kind::Text
        {
            return self.filled(&content(value.of(*token)), scope, bound, depth);
        }
        dotted(value)?;
        self.named(&value.written(), scope, bound, depth)
    }

    /// An f-string with what its names stand for.
    fn filled(&self, text: &str, scope: Scope, bound: &Bound, depth: usize) -> Option<String> {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&self.named(name.trim(), scope, bound, depth + 1)?);
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    }

    /// What a name evaluates to: `TABLE`, `Other.__tablename__`, `__tablename__`, or a parameter.
    fn named(&self, name: &str, scope: Scope, bound: &Bound, depth: usize) -> Option<String> {
        if let Some(value) = bound.get(name) {
            return Some(value.clone());
        }
        let (before, last) = name.rsplit_once('.').unwrap_or(("", name));
        if last == "__tablename__" || last == "name" && before.ends_with("__table__") {
            let class = before.trim_end_matches(".__table__");
            let class = class.rsplit('.').next().unwrap_or_default();
            let at = match class {
                "" | "cls" | "self" => scope.class?,
                class => self.class_of(class, scope.file)?,
            };
            let own = &self.classes[at];
            let Some(value) = own.class.value("__tablename__") else {
                return self.table_name(at).map(|table| table.name);
            };
            let scope = Scope {
                file: own.file,
                class: None,
            };
            return self.resolve(&value, scope, &Bound::new(), depth + 1);
        }
        let all = self.constants.get(last)?;
        let same = all.iter().find(|(file, _)| *file == scope.file);
        let (file, value) = same.or_else(|| all.first())?;
        let scope = Scope {
            file: *file,
            class: None,
        };
        self.resolve(value, scope, &Bound::new(), depth + 1)
    }

    /// What `"table.column"` a function of the project makes for a call, and what happens when the
    /// row there is deleted.
    pub(super) fn made_reference(
        &self,
        made: &Call<'a>,
        scope: Scope,
    ) -> Option<(String, Option<String>)> {
        let maker = self.makers.get(made.name)?;
        let given = maker
            .parameters
            .iter()
            .enumerate()
            .filter_map(|(at, name)| {
                let value = made.argument(name, at)?;
                Some(((*name).to_owned(), self.resolved(&value, scope)?))
            });
        let bound: Bound = given.collect();
        let inner = Scope {
            file: maker.file,
            class: scope.class,
        };
        let there = self.resolve(&maker.key.argument("column", 0)?, inner, &bound, 0)?;
        let action = maker.key.named("ondelete");
        let action = action.and_then(|value| self.resolve(&value, inner, &bound, 0));
        Some((there, action))
    }

    /// The name of the table that `__tablename__` says.
    pub(super) fn written_name(&self, at: usize, namespace: Option<String>) -> Option<TableName> {
        let own = &self.classes[at];
        let value = own.class.value("__tablename__")?;
        let scope = Scope {
            file: own.file,
            // A name that is made of itself has none.
            class: None,
        };
        let name = self.resolved(&value, scope)?;
        Some(TableName::within(namespace, name))
    }
}
