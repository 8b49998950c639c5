//! Where names are defined, who calls, uses, throws and imports them.

use super::facts::{DEPENDENCY, FactKind};
use super::places::{Place, Quotes, count, exact, lines_of};
use super::search;
use super::subject::Name;
use crate::{Answer, AskIndex};
use index::{Index, Symbol};
use std::collections::HashSet;

/// Most definitions of one name that are looked at.
const MAX_DEFINITIONS: usize = 500;
/// How far below its first line a definition may have its name: attributes come before.
const MAX_ABOVE_NAME: usize = 12;

/// A question about a name.
pub(crate) struct Symbols<'a> {
    pub library: &'a AskIndex,
    pub index: &'a Index,
}

/// Kinds of definitions in documents and data.
fn is_code(symbol: &Symbol) -> bool {
    let data = [".json", ".md", ".markdown", ".mdx"];
    !data.iter().any(|end| symbol.path.ends_with(end))
}

impl Symbols<'_> {
    /// The definitions that a name means.
    pub(crate) fn definitions(&self, name: &Name) -> Vec<Symbol> {
        let mut all = self.index.definitions(name.name, MAX_DEFINITIONS);
        all.retain(is_code);
        if let Some(container) = name.container {
            let file = |symbol: &Symbol| {
                let stem = symbol
                    .path
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .split('.')
                    .next();
                let folder = symbol.path.rsplit('/').nth(1);
                stem == Some(container) || folder == Some(container)
            };
            let narrowed: Vec<Symbol> = all
                .iter()
                .filter(|symbol| symbol.container == container)
                .cloned()
                .collect();
            if narrowed.is_empty() {
                all.retain(file);
            } else {
                all = narrowed;
            }
        }
        if let Some(end) = name.file {
            all.retain(|symbol| symbol.path.ends_with(end));
        }
        all
    }

    /// Where a name is defined.
    pub(crate) fn defined(&self, name: &Name) -> Option<Answer> {
        let found = self.definitions(name);
        if found.is_empty() {
            return self.declared_in_code(name);
        }
        let mut quotes = Quotes::new(self.index);
        let (outside, own): (Vec<&Symbol>, Vec<&Symbol>) = found
            .iter()
            .partition(|symbol| symbol.path.starts_with(DEPENDENCY));
        let place = |symbol: &&Symbol| {
            let line = self.name_line(symbol)?;
            let has_body =
                !symbol.signature.trim_end().ends_with(';') && !symbol.path.ends_with(".d.ts");
            Some(Place::new(&symbol.path, line, u8::from(!has_body)))
        };
        let places: Vec<Place> = own.iter().filter_map(place).collect();
        let shown = name.whole;
        let others = outside.len();
        let elsewhere = if others == 0 {
            String::new()
        } else {
            format!("; {} in dependencies", count(others, "definition"))
        };
        let answer = exact(
            |number| {
                format!(
                    "`{shown}` is defined in {}{elsewhere}",
                    count(number, "place")
                )
            },
            places,
            |place| {
                let symbol = own.iter().find(|symbol| {
                    symbol.path == place.path && self.name_line(symbol) == Some(place.line)
                })?;
                quotes.statement(place, name.name, note(symbol))
            },
        );
        answer.or_else(|| self.declared_in_code(name))
    }

    /// The line with the name of a definition.
    fn name_line(&self, symbol: &Symbol) -> Option<usize> {
        let text = self.index.text(&symbol.path)?;
        let lines = lines_of(text, symbol.line..symbol.line + MAX_ABOVE_NAME)?;
        let is_attribute = |line: &str| {
            line.trim_start().starts_with(['@', '#']) || line.trim_start().starts_with("//")
        };
        let mut lines = lines.lines().enumerate();
        let found = lines.find(|(at, line)| {
            let annotated = is_attribute(line)
                && !symbol.signature.starts_with('@')
                && !line.trim_start().starts_with("#define");
            let is_above = annotated && *at < MAX_ABOVE_NAME;
            let names_it = !search::lines_with(line, &symbol.name).is_empty();
            !is_above && names_it
        });
        found.map(|(at, _)| symbol.line + at)
    }

    /// Variables and fields, which the index does not list.
    fn declared_in_code(&self, name: &Name) -> Option<Answer> {
        let files = search::files_with(self.index, name.name);
        let mut places = Vec::new();
        for (path, text) in files
            .into_iter()
            .filter(|(path, _)| name.file.is_none_or(|end| path.ends_with(end)))
        {
            let lines = search::names_in_code(path, text, name.name)
                .into_iter()
                .filter(|(_, declares)| *declares);
            let indented = |line: usize| {
                lines_of(text, line..line + 1).is_some_and(|line| line.starts_with([' ', '\t']))
            };
            // The first declaration in a file is the definition, rather outside of functions.
            let best = lines
                .map(|(line, _)| Place::new(path, line, u8::from(indented(line))))
                .min();
            places.extend(best);
        }
        if places.iter().any(|place| place.rank == 0) {
            places.retain(|place| place.rank == 0);
        }
        let mut quotes = Quotes::new(self.index);
        let shown = name.whole;
        exact(
            |number| format!("`{shown}` gets its value in {}", count(number, "place")),
            places,
            |place| {
                let note = quotes.around(place).map_or_else(
                    || "declared".to_owned(),
                    |around| format!("declared in `{around}`"),
                );
                quotes.statement(place, name.name, note)
            },
        )
    }

    /// Who calls a name.
    pub(crate) fn callers(&self, name: &Name) -> Option<Answer> {
        let calls = self
            .library
            .facts
            .places(self.index, FactKind::Call, name.name);
        let places = self.ranked(name, calls);
        let (mut quotes, shown) = (Quotes::new(self.index), name.name);
        exact(
            |number| format!("{} of `{shown}`, by name", count(number, "call")),
            places,
            |place| {
                let note = quotes.around(place).map_or_else(
                    || format!("calls `{shown}`"),
                    |around| format!("calls `{shown}` in `{around}`"),
                );
                quotes.line(place, name.name, note)
            },
        )
    }

    /// Places of a name: in files that define it first, then in those that import it.
    fn ranked(&self, name: &Name, places: Vec<(&str, usize)>) -> Vec<Place> {
        let defining: HashSet<String> = self
            .definitions(name)
            .into_iter()
            .map(|symbol| symbol.path)
            .collect();
        let importing = self
            .library
            .facts
            .places(self.index, FactKind::Import, name.name);
        let importing: HashSet<&str> = importing.into_iter().map(|(path, _)| path).collect();
        let in_file = places
            .into_iter()
            .filter(|(path, _)| name.file.is_none_or(|end| path.ends_with(end)));
        let place = |(path, line): (&str, usize)| {
            let rank = if defining.contains(path) {
                0
            } else {
                2 - u8::from(importing.contains(path))
            };
            Place::new(path, line, rank)
        };
        in_file.map(place).collect()
    }

    /// Where a name is used, outside of comments and texts.
    pub(crate) fn uses(&self, name: &Name) -> Option<Answer> {
        let defined: HashSet<(String, usize)> = self
            .definitions(name)
            .iter()
            .filter_map(|symbol| Some((symbol.path.clone(), self.name_line(symbol)?)))
            .collect();
        let mut found = Vec::new();
        for (path, text) in search::files_with(self.index, name.name) {
            let lines = search::names_in_code(path, text, name.name)
                .into_iter()
                .map(|(line, _)| line);
            found.extend(
                lines
                    .filter(|line| !defined.contains(&(path.to_owned(), *line)))
                    .map(|line| (path, line)),
            );
        }
        let places = self.ranked(name, found);
        let (mut quotes, shown) = (Quotes::new(self.index), name.name);
        exact(
            |number| format!("{} of `{shown}`, by name", count(number, "use")),
            places,
            |place| {
                let note = quotes.around(place).map_or_else(
                    || format!("uses `{shown}`"),
                    |around| format!("uses `{shown}` in `{around}`"),
                );
                quotes.line(place, name.name, note)
            },
        )
    }

    /// Where an exception is thrown.
    pub(crate) fn thrown(&self, name: &Name) -> Option<Answer> {
        let files = search::files_with(self.index, name.name);
        let mut places = Vec::new();
        for (path, text) in files {
            for (line, _) in search::names_in_code(path, text, name.name) {
                let words = lines_of(text, line..line + 1).unwrap_or_default();
                let is_thrown = words
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|word| ["raise", "throw", "panic", "bail", "Err"].contains(&word));
                places.extend(is_thrown.then(|| Place::new(path, line, 0)));
            }
        }
        let (mut quotes, shown) = (Quotes::new(self.index), name.name);
        exact(
            |number| format!("`{shown}` is thrown in {}, by name", count(number, "place")),
            places,
            |place| {
                let note = quotes
                    .around(place)
                    .map_or_else(String::new, |around| format!("in `{around}`"));
                quotes.statement(place, name.name, note)
            },
        )
    }

    /// What imports a module or a name.
    pub(crate) fn imported(&self, name: &Name) -> Option<Answer> {
        let whole = self
            .library
            .facts
            .places(self.index, FactKind::Import, name.whole);
        let last = || {
            self.library
                .facts
                .places(self.index, FactKind::Import, name.name)
        };
        let (found, needle) = if whole.is_empty() && name.container.is_some() {
            (last(), name.name)
        } else {
            (whole, name.name)
        };
        let places: Vec<Place> = found
            .into_iter()
            .map(|(path, line)| Place::new(path, line, 0))
            .collect();
        let (mut quotes, shown) = (Quotes::new(self.index), name.whole);
        let needle = needle.rsplit('/').next().unwrap_or(needle);
        exact(
            |number| format!("`{shown}` is imported in {}", count(number, "place")),
            places,
            |place| quotes.line(place, needle, format!("imports `{shown}`")),
        )
    }

    /// What a file imports.
    pub(crate) fn imports_of(&self, name: &Name) -> Option<Answer> {
        let wanted = name.whole.replace('.', "/");
        let is_it = |path: &&str| {
            let stem = path.rsplit_once('.').map_or(*path, |(stem, _)| stem);
            let ends = |text: &str, end: &str| text == end || text.ends_with(&format!("/{end}"));
            ends(path, name.whole) || ends(stem, &wanted)
        };
        let paths: Vec<&str> = self
            .index
            .files()
            .map(|(path, _)| path)
            .filter(is_it)
            .collect();
        let lines = |path: &&str| {
            let lines = self.library.facts.lines_in(path, FactKind::Import);
            lines
                .into_iter()
                .map(|line| Place::new(path, line, 0))
                .collect::<Vec<_>>()
        };
        let places: Vec<Place> = paths.iter().flat_map(lines).collect();
        let (mut quotes, shown) = (Quotes::new(self.index), name.whole);
        exact(
            |number| format!("`{shown}` imports in {}", count(number, "line")),
            places,
            |place| quotes.line(place, "", "imports".to_owned()),
        )
    }

    /// Where a file is.
    pub(crate) fn file(&self, name: &Name) -> Option<Answer> {
        let is_it =
            |path: &&str| *path == name.whole || path.ends_with(&format!("/{}", name.whole));
        let paths = self.index.files().map(|(path, _)| path).filter(is_it);
        let places: Vec<Place> = paths.map(|path| Place::new(path, 0, 0)).collect();
        let (mut quotes, shown) = (Quotes::new(self.index), name.whole);
        exact(
            |number| format!("`{shown}` is {}", count(number, "file")),
            places,
            |place| quotes.line(place, "", "the file's first line".to_owned()),
        )
    }

    /// Names that are defined and spelt nearly like this one.
    pub(crate) fn nearest(&self, name: &str) -> Vec<String> {
        let letters: Vec<char> = name.chars().collect();
        if letters.len() > 40 {
            return Vec::new();
        }
        let joined = |parts: [&[char]; 3]| parts.concat().into_iter().collect::<String>();
        let mut tried: Vec<String> = styles(name);
        for at in 0..=letters.len() {
            let (head, tail) = letters.split_at(at);
            if let Some((first, rest)) = tail.split_first() {
                tried.push(joined([head, rest, &[]]));
                if let Some((second, after)) = rest.split_first() {
                    tried.push(joined([head, &[*second, *first], after]));
                }
                tried.extend(('a'..='z').chain(['_']).map(|c| joined([head, &[c], rest])));
            }
            tried.extend(
                ('a'..='z')
                    .chain(['_', 'A', 'S'])
                    .map(|c| joined([head, &[c], tail])),
            );
        }
        let mut seen = HashSet::new();
        tried.retain(|other| other != name && !other.is_empty() && seen.insert(other.clone()));
        let is_defined = |other: &String| self.index.definitions(other, 5).iter().any(is_code);
        tried.into_iter().filter(is_defined).take(3).collect()
    }
}

/// The same words in other styles.
fn styles(name: &str) -> Vec<String> {
    let parts = text::words::parts(name);
    let capital = |part: &String| {
        let mut letters = part.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_uppercase().chain(letters).collect()
        })
    };
    let pascal: String = parts.iter().map(capital).collect();
    let camel = parts.first().cloned().unwrap_or_default()
        + &parts.iter().skip(1).map(capital).collect::<String>();
    let snake = parts.join("_");
    vec![
        pascal,
        camel,
        format!("_{snake}"),
        snake.to_uppercase(),
        snake,
    ]
}

/// What a definition is.
fn note(symbol: &Symbol) -> String {
    if symbol.container.is_empty() {
        symbol.kind.clone()
    } else {
        format!("{} of `{}`", symbol.kind, symbol.container)
    }
}
