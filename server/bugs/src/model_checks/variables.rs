//! The variables of a function: where each is used, and what they are called.

use context::Snapshot;
use std::ops::Range;

/// Where a variable is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// In bytes of the document.
    pub range: Range<usize>,
}

/// The uses of variables in a function, and the names of the function's own variables.
pub fn variable_uses(
    snapshot: &Snapshot,
    function: Range<usize>,
) -> (Vec<VariableUse>, Vec<String>) {
    let variables = snapshot
        .syntax
        .as_ref()
        .map(|syntax| syntax.variables(snapshot.rope(), function));
    let (mut uses, mut names) = (Vec::new(), Vec::new());
    for variable in variables.unwrap_or_default() {
        if !variable.bound {
            uses.push(VariableUse {
                name: variable.name,
                range: variable.range,
            });
        } else if !names.contains(&variable.name) {
            names.push(variable.name);
        }
    }
    (uses, names)
}
