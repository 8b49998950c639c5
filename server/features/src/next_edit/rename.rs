//! A name was changed to another: everywhere the old one means the same, and nowhere else.
//!
//! Two changed places make a rule, and one does where the name is defined there. A variable of a function is renamed in
//! that function only, unless variables of several functions were renamed; what stands behind a dot is told from what
//! stands alone. Places in comments and strings are left to the user.

use super::Replacement;
use super::hunks::Hunk;
use super::lexemes::{is_word, whole_words};
use super::view::View;
use std::ops::Range;
use syntax::{Place, Role};

#[derive(Clone, Debug)]
pub(super) struct Rename {
    pub from: String,
    pub to: String,
    /// What the name does at the changed places.
    roles: Vec<Role>,
    /// The functions whose own variables were renamed; empty when the name is known everywhere.
    homes: Vec<Range<usize>>,
    /// The word before the dot, where it was the same at all places.
    object: Option<String>,
}

impl Rename {
    pub fn learn(view: &View, group: &[&Hunk]) -> Option<Self> {
        let ([from], [to]) = (group.first()?.old.as_slice(), group.first()?.new.as_slice()) else { return None };
        if !is_word(from) || !is_word(to) || group[0].region != Place::Code {
            return None;
        }
        let roles = group.iter().map(|hunk| view.role(hunk.at.clone())).collect::<Option<Vec<Role>>>()?;
        let names = [from.as_str(), to.as_str()];
        let homes = group.iter().zip(&roles).map(|(hunk, role)| match role {
            Role::Member | Role::Key | Role::Definition => None,
            Role::Binding | Role::Use => view.home(hunk.at.start, &names),
        });
        let mut homes = homes.collect::<Option<Vec<_>>>().unwrap_or_default();
        homes.dedup();
        let object =
            if roles.iter().all(|role| *role == Role::Member) && group.len() > 1 { same_object(group) } else { None };
        let rename = Self { from: from.clone(), to: to.clone(), roles, homes, object };
        let enough = group.len() > 1 || view.tree().is_some() && rename.is_defined_once(view);
        enough.then_some(rename)
    }

    /// Whether the one changed place defines the name, and no other place does.
    fn is_defined_once(&self, view: &View) -> bool {
        match self.roles.first() {
            Some(Role::Binding) => true,
            Some(Role::Definition) => {
                let mut others = whole_words(&view.text, &self.from).map(|at| at..at + self.from.len());
                !others.any(|range| view.role(range) == Some(Role::Definition))
            }
            _ => false,
        }
    }

    pub fn is_local(&self) -> bool {
        !self.homes.is_empty()
    }

    pub fn places(&self, view: &View) -> Vec<Replacement> {
        let ranges = whole_words(&view.text, &self.from).map(|at| at..at + self.from.len());
        let mut found: Vec<Range<usize>> = ranges.filter(|range| self.holds(view, range)).collect();
        if let Some(object) = &self.object {
            let same: Vec<_> = found.iter().filter(|range| object_before(view, range) == object).cloned().collect();
            if !same.is_empty() {
                found = same;
            }
        }
        let place = |range: Range<usize>| Replacement { line: view.line_of(range.start), range, text: self.to.clone() };
        found.into_iter().map(place).collect()
    }

    /// Whether the name in `range` is the one that was renamed.
    fn holds(&self, view: &View, range: &Range<usize>) -> bool {
        let Some(role) = view.role(range.clone()).filter(|_| view.region(range.end) == Place::Code) else {
            return false;
        };
        let seen = |wanted: &[Role]| self.roles.iter().any(|role| wanted.contains(role));
        let alike = match role {
            Role::Member => seen(&[Role::Member, Role::Definition]),
            Role::Key => seen(&[Role::Member, Role::Key, Role::Definition]),
            Role::Definition => seen(&[Role::Definition]) || !self.is_local(),
            Role::Binding | Role::Use => seen(&[Role::Binding, Role::Use, Role::Definition]),
        };
        alike && self.is_known(view, range.start, role)
    }

    fn is_known(&self, view: &View, offset: usize, role: Role) -> bool {
        let of_all = matches!(role, Role::Member | Role::Key | Role::Definition);
        let home = || view.home(offset, &[&self.from, &self.to]);
        match self.homes.as_slice() {
            [] => of_all || home().is_none(),
            _ if of_all => false,
            [one] => home().as_ref() == Some(one),
            _ => home().is_some(),
        }
    }
}

/// The word before the dot, if it is the same at all places.
fn same_object(group: &[&Hunk]) -> Option<String> {
    let object = group[0].left.get(1)?;
    let same = group.iter().all(|hunk| hunk.left.get(1) == Some(object));
    (same && is_word(object)).then(|| object.clone())
}

fn object_before<'a>(view: &'a View, range: &Range<usize>) -> &'a str {
    let before = view.text[..range.start].trim_end_matches(['.', '-', '>', '?', ':']);
    let start = before
        .rfind(|c: char| !super::lexemes::in_word(c))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    &before[start..]
}
