//! A name was changed to another: everywhere the old one means the same, and nowhere else.
//!
//! Two changed places make a rule, and one does where the name is defined there and nothing else
//! changed on its line. A variable of a function is renamed in that function only, unless variables
//! of several functions were renamed; what stands behind a dot is told from what stands alone.
//! Where only uses were changed, another function may be called or another type named at these
//! places only, so the places that look most like them come alone. Places in comments and strings
//! are left to the user.

use super::Replacement;
use super::hunks::{Hunk, least_common};
use super::lexemes::{at, lexemes, whole_words};
use super::view::View;
use crate::words::is_name;
use std::ops::Range;
use syntax::{Place, Role};
use text::is_word;

#[derive(Clone, Debug)]
pub(super) struct Rename {
    pub from: String,
    pub to: String,
    /// What the name does at the changed places.
    roles: Vec<Role>,
    /// The functions whose own variables were renamed; empty when the name is known everywhere.
    homes: Vec<Range<usize>>,
    /// What stood before and behind the name at all places, the nearest lexeme first.
    left: Vec<String>,
    right: Vec<String>,
    /// It was seen on more than one line.
    repeated: bool,
}

/// How many lexemes on either side must agree where only uses were changed, tried one after the
/// other.
const CONTEXTS: &[usize] = &[5, 3, 2, 1];
/// Shorter names than this are common: they are only renamed where they are variables of a
/// function.
const LONG: usize = 3;
/// Members with names at least as long are taken for the same one, whatever the object.
const TELLING: usize = 9;
/// A name that stands in more places than this is not followed.
const MOST_LOOKED_AT: usize = 1000;
/// How a method calls its own object.
const OWN: &[&str] = &["self", "this", "cls", "Self"];

impl Rename {
    /// The rule of these hunks; `alone` says that nothing else changed on the line of the first.
    pub fn learn(view: &View, group: &[&Hunk], alone: bool) -> Option<Self> {
        let ([from], [to]) = (group.first()?.old.as_slice(), group.first()?.new.as_slice()) else {
            return None;
        };
        if !is_name(from) || !is_name(to) || group[0].region != Place::Code {
            return None;
        }
        let roles = group
            .iter()
            .map(|hunk| view.role(hunk.at.clone()))
            .collect::<Option<Vec<Role>>>()?;
        let names = [from.as_str(), to.as_str()];
        let homes = group.iter().zip(&roles).map(|(hunk, role)| match role {
            Role::Member | Role::Key | Role::Definition => None,
            Role::Binding | Role::Use => view.home(hunk.at.start, &names),
        });
        let mut homes = homes.collect::<Option<Vec<_>>>().unwrap_or_default();
        homes.dedup();
        let (left, right) = least_common(group);
        let repeated = group.iter().any(|hunk| hunk.line != group[0].line);
        let rename = Self {
            from: from.clone(),
            to: to.clone(),
            roles,
            homes,
            left,
            right,
            repeated,
        };
        let enough = repeated || alone && view.tree().is_some() && rename.is_defined_once(view);
        (enough && (from.len() >= LONG || rename.is_local())).then_some(rename)
    }

    /// Whether the one changed place defines the name, and no other place does.
    fn is_defined_once(&self, view: &View) -> bool {
        match self.roles.first() {
            Some(Role::Binding) => true,
            Some(Role::Definition) => {
                let mut others =
                    whole_words(&view.text, &self.from).map(|at| at..at + self.from.len());
                !others.any(|range| view.role(range) == Some(Role::Definition))
            }
            _ => false,
        }
    }

    pub fn is_local(&self) -> bool {
        !self.homes.is_empty()
    }

    /// Whether a changed place gives the name its meaning, so that all uses follow.
    pub fn is_defined(&self) -> bool {
        self.roles
            .iter()
            .any(|role| matches!(role, Role::Definition | Role::Binding))
    }

    pub fn places(&self, view: &View) -> Vec<Replacement> {
        let ranges = whole_words(&view.text, &self.from).map(|at| at..at + self.from.len());
        let ranges: Vec<Range<usize>> = ranges.take(MOST_LOOKED_AT + 1).collect();
        if ranges.len() > MOST_LOOKED_AT {
            return Vec::new();
        }
        let found: Vec<Range<usize>> = ranges
            .into_iter()
            .filter(|range| self.holds(view, range))
            .collect();
        let place = |range: Range<usize>| Replacement {
            line: view.line_of(range.start),
            range,
            text: self.to.clone(),
        };
        let contexts = if self.is_defined() { &[][..] } else { CONTEXTS };
        let closest = contexts.iter().map(|most| {
            found
                .iter()
                .filter(|range| self.is_like(view, range, *most))
        });
        let closest = closest
            .map(|alike| alike.cloned().collect::<Vec<_>>())
            .find(|alike| !alike.is_empty());
        closest.unwrap_or(found).into_iter().map(place).collect()
    }

    /// Whether the `most` nearest lexemes on either side are as at all changed places.
    fn is_like(&self, view: &View, range: &Range<usize>, most: usize) -> bool {
        let line = view.line_of(range.start);
        let all = lexemes(view.line(line));
        let start = range.start - view.line_start(line);
        let Some(here) = all.iter().position(|lexeme| lexeme.start == start) else {
            return false;
        };
        let here = here as isize;
        let left = self
            .left
            .iter()
            .take(most)
            .zip(1..)
            .all(|(text, back)| at(&all, here - back) == text);
        left && self
            .right
            .iter()
            .take(most)
            .zip(1..)
            .all(|(text, on)| at(&all, here + on) == text)
    }

    /// Whether the name in `range` is the one that was renamed.
    fn holds(&self, view: &View, range: &Range<usize>) -> bool {
        // Without a tree, a word in a string looks like a name.
        let is_code = || view.tree().is_some() || view.region(range.end) == Place::Code;
        let Some(role) = view.role(range.clone()).filter(|_| is_code()) else {
            return false;
        };
        let seen = |wanted: &[Role]| self.roles.iter().any(|role| wanted.contains(role));
        let alike = match role {
            Role::Member => {
                seen(&[Role::Member, Role::Definition])
                    && (self.repeated || self.is_own(view, range.start))
            }
            Role::Key => seen(&[Role::Member, Role::Key, Role::Definition]),
            Role::Definition => seen(&[Role::Definition]) || !self.is_local(),
            Role::Binding | Role::Use => seen(&[Role::Binding, Role::Use, Role::Definition]),
        };
        alike && self.is_known(view, range.start, role)
    }

    /// Whether the member at `start` is surely that of the type whose definition was changed.
    fn is_own(&self, view: &View, start: usize) -> bool {
        let object = view.text[..start].trim_end_matches(['.', '-', '>', '?']);
        let own = |name: &&str| {
            object
                .strip_suffix(name)
                .is_some_and(|rest| !rest.ends_with(is_word))
        };
        self.from.len() >= TELLING || OWN.iter().any(own)
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
