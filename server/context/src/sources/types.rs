//! What type a name has, as far as the text before the cursor says: `x = Foo(..)`, `x: Foo`,
//! `let x: &Foo`, `Foo x`, `x := &Foo{}`, `x = new Foo()`, `x *Foo`; and which class `self` or
//! `this` is.
//!
//! The tree around a half-typed line is often broken, so names are looked for in the text, from the
//! cursor upwards. Types begin with a capital letter in the languages this helps in.

use crate::cursor_context::CursorContext;
use text::is_word;

/// How many lines above the cursor are searched.
const LINES: usize = 400;
/// Names of the object a method belongs to.
const OWN: &[&str] = &["self", "this", "Self", "cls", "super"];
/// Kinds of scopes that have members.
const WITH_MEMBERS: &[&str] = &[
    "class",
    "struct",
    "impl",
    "interface",
    "enum",
    "trait",
    "union",
    "object",
];

/// The types that what is before the dot may have, the likeliest first.
pub fn of(near: &CursorContext, receiver: &str) -> Vec<String> {
    if OWN.contains(&receiver) {
        return enclosing(near).into_iter().collect();
    }
    let mut types: Vec<String> = receiver
        .starts_with(char::is_uppercase)
        .then(|| receiver.to_owned())
        .into_iter()
        .collect();
    types.extend(declared(near, receiver));
    types
}

/// The name of the class around the cursor.
fn enclosing(near: &CursorContext) -> Option<String> {
    let snapshot = near.snapshot;
    let scopes = snapshot
        .syntax
        .as_ref()?
        .scopes(snapshot.rope(), near.offset);
    let class = scopes
        .into_iter()
        .rev()
        .find(|scope| WITH_MEMBERS.contains(&scope.kind))?;
    let name = class.name?;
    Some(
        name.split(|c: char| !is_word(c))
            .next()
            .unwrap_or_default()
            .to_owned(),
    )
}

/// The type of the nearest declaration or assignment above.
fn declared(near: &CursorContext, name: &str) -> Option<String> {
    let typed = near
        .typed
        .strip_suffix(name)
        .unwrap_or(&near.typed)
        .to_owned();
    let above = near.snapshot.lines_above(near.offset).take(LINES);
    std::iter::once(typed)
        .chain(above)
        .find_map(|line| in_line(&line, name))
}

/// The type that a line gives a name.
fn in_line(line: &str, name: &str) -> Option<String> {
    let mut places = line.rmatch_indices(name).map(|(at, _)| at);
    places.find_map(|at| {
        let (before, after) = (&line[..at], &line[at + name.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        whole
            .then(|| type_after(after).or_else(|| type_before(before, after)))
            .flatten()
    })
}

/// The type after a name: an annotation, or what is assigned.
fn type_after(after: &str) -> Option<String> {
    let after = after.trim_start();
    let value = after.strip_prefix(":=").or_else(|| {
        after
            .strip_prefix('=')
            .filter(|rest| !rest.starts_with(['=', '>']))
    });
    if let Some(value) = value {
        let value = value.trim_start_matches([' ', '&', '*']);
        let value = ["new ", "await "].iter().fold(value, |value, word| {
            value.strip_prefix(word).unwrap_or(value)
        });
        let word = capital(value)?;
        return value[word.len()..]
            .starts_with(['(', '{', ':', '.', '<', '['])
            .then(|| word.to_owned());
    }
    match after.strip_prefix(':') {
        Some(annotation) if !annotation.starts_with(':') => {
            let end = annotation
                .find(['=', ',', ')', ';', '{'])
                .unwrap_or(annotation.len());
            let words = annotation[..end].split(|c: char| !is_word(c));
            let plain = |word: &&str| {
                !["Option", "Optional", "Box", "Arc", "Rc", "Mutex", "RefCell"].contains(word)
            };
            words.filter(plain).find_map(capital).map(str::to_owned)
        }
        Some(_) => None,
        None => capital(after.trim_start_matches(['*', ' ']))
            .filter(|_| after.len() > 1)
            .map(str::to_owned),
    }
}

/// The type before a name, as in `Foo x = ..`, `Foo<T> x;` and `Foo* x`.
fn type_before(before: &str, after: &str) -> Option<String> {
    let declares = after
        .trim_start()
        .starts_with(['=', ';', ',', ')', ':', '{']);
    let blank = before.ends_with([' ', '*', '&']);
    let kind = before.trim_end_matches([' ', '*', '&', '>', '?', ']', '[']);
    let word = kind.rsplit(|c: char| !is_word(c) && c != '<').next()?;
    (declares && blank)
        .then(|| capital(word))
        .flatten()
        .map(str::to_owned)
}

/// The word a text begins with, if it begins with a capital letter and is no constant.
fn capital(text: &str) -> Option<&str> {
    let word = text
        .split(|c: char| !is_word(c))
        .next()
        .filter(|word| word.starts_with(char::is_uppercase))?;
    let word = word
        .strip_prefix("New")
        .filter(|rest| rest.starts_with(char::is_uppercase))
        .unwrap_or(word);
    Some(word).filter(|word| {
        text.starts_with(*word) && (word.len() == 1 || word.contains(char::is_lowercase))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_say_the_type() {
        for (line, wanted) in [
            ("client = Client(url)", Some("Client")),
            ("def f(client: Optional[Client], x):", Some("Client")),
            ("let client: &mut Client<T> = other;", Some("Client")),
            ("let client = Client::new();", Some("Client")),
            ("const client = await Client.connect();", Some("Client")),
            ("Client client = make();", Some("Client")),
            ("Map<String> client;", Some("Map")),
            ("func f(client *Client) {", Some("Client")),
            ("client := &Client{}", Some("Client")),
            ("self.client = Client(url)", Some("Client")),
            ("var client = new Client()", Some("Client")),
            ("client == Client(", None),
            ("my_client = Client()", None),
            ("client = make()", None),
            ("client = MAX", None),
        ] {
            assert_eq!(in_line(line, "client").as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn the_class_around_the_cursor_is_self() {
        let near = crate::tests::near("a.py", "class Shop:\n    def buy(self):\n        self.$0\n");
        assert_eq!(of(&near, "self"), ["Shop"]);
        let near = crate::tests::near("a.py", "client = Client()\nif x:\n    client.$0\n");
        assert_eq!(of(&near, "client"), ["Client"]);
    }
}
