//! The members of what is before the dot at the cursor: signatures of its methods and
//! fields.

use super::{Snippet, pieces, types};
use crate::cursor_context::CursorContext;
use crate::snapshot::Snapshot;
use text::is_word;

/// Signatures at most.
const MAX_SIGNATURES: usize = 24;

/// One candidate per file with the members of the first type that has any.
pub fn gather(near: &CursorContext) -> Vec<Snippet> {
    pieces::signatures(near, &known(near, MAX_SIGNATURES), 1.0)
}

/// The members of the first type of the receiver that has any.
fn known(near: &CursorContext, most: usize) -> Vec<index::Symbol> {
    let Some(receiver) = receiver(&near.typed) else {
        return Vec::new();
    };
    let members = types::of(near, receiver)
        .into_iter()
        .map(|name| near.snapshot.index.members(&name, most));
    members
        .into_iter()
        .find(|members| !members.is_empty())
        .unwrap_or_default()
}

/// The names of the members of what is before the dot at byte `offset`, at most `most`, and after
/// each what its call begins with: `(`, `()` where it takes nothing, nothing where it is
/// no function.
pub fn members(
    snapshot: &Snapshot,
    offset: usize,
    most: usize,
) -> Vec<(String, Option<&'static str>)> {
    let known = known(&CursorContext::new(snapshot, offset, offset..offset), most);
    known
        .into_iter()
        .map(|member| (member.name.clone(), call(&member.name, &member.signature)))
        .collect()
}

/// What a call of `name` begins with, by its signature.
pub fn call(name: &str, signature: &str) -> Option<&'static str> {
    let whole = |at: usize| {
        !signature[..at].ends_with(is_word) && !signature[at + name.len()..].starts_with(is_word)
    };
    let at = signature
        .match_indices(name)
        .map(|(at, _)| at)
        .find(|at| whole(*at))?;
    let rest = signature[at + name.len()..].trim_start();
    let arguments = rest.strip_prefix('(')?;
    let arguments = arguments
        .trim_start_matches(['&', ' '])
        .trim_start_matches("mut ");
    let nothing = ["self)", "cls)", ")"]
        .iter()
        .any(|end| arguments.starts_with(end));
    Some(if nothing { "()" } else { "(" })
}

/// The name before the dot, arrow or double colon after which something is typed; the
/// brackets of a call break it off.
fn receiver(typed: &str) -> Option<&str> {
    let before = typed.trim_end_matches(is_word);
    let before = [".", "->", "::"]
        .iter()
        .find_map(|dot| before.strip_suffix(dot))?;
    let before = before.strip_suffix('?').unwrap_or(before);
    let name = &before[before.trim_end_matches(is_word).len()..];
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::receiver;
    use crate::tests::{near_among, texts};

    #[test]
    fn members_of_the_receivers_type_are_shown() {
        let shop = "class Shop:\n    def buy(self, what):\n        pass\n\n    def sell(self):\n        pass\n";
        let near = near_among(
            "a.py",
            "shop = Shop()\nif x:\n    shop.$0\n",
            &[("b.py", shop)],
        );
        let found = texts(super::gather(&near));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("def buy(self, what)") && found[0].contains("def sell(self)"),
            "{found:?}"
        );
        let near = near_among("a.py", "shop = other()\nshop.$0\n", &[("b.py", shop)]);
        assert!(super::gather(&near).is_empty());
    }

    #[test]
    fn a_call_begins_as_the_signature_says() {
        for (name, signature, begins) in [
            ("f", "def f(self):", Some("()")),
            ("f", "def f(self, x):", Some("(")),
            ("len", "pub fn len(&self) -> usize", Some("()")),
            ("push", "fn push(&mut self, item: T)", Some("(")),
            ("size", "int size()", Some("()")),
            ("left", "left: usize", None),
        ] {
            assert_eq!(super::call(name, signature), begins, "{signature}");
        }
        let shop = "class Shop:\n    def buy(self, what):\n        pass\n\n    def close(self):\n        pass\n";
        let near = near_among(
            "a.py",
            "shop = Shop()\nif x:\n    shop.$0\n",
            &[("b.py", shop)],
        );
        let members = super::members(near.snapshot, near.offset, 5);
        assert_eq!(
            members,
            [
                ("buy".to_owned(), Some("(")),
                ("close".to_owned(), Some("()"))
            ]
        );
    }

    #[test]
    fn the_receiver_is_the_name_before_the_dot() {
        assert_eq!(receiver("x = self.client.se"), Some("client"));
        assert_eq!(receiver("p->"), Some("p"));
        assert_eq!(receiver("Foo::n"), Some("Foo"));
        assert_eq!(receiver("a?.b"), Some("a"));
        assert_eq!(receiver("f().x"), None);
        assert_eq!(receiver("x"), None);
    }
}
