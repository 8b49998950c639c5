//! Joins as one entry, from foreign keys in both directions, or from names that fit.

use super::super::links::Link;
use super::super::scope::{NameScope, ScopeSource};
use super::completion::{CompletionKind, sources};
use super::items::{GUESSED, Items, JOIN, table_of};

impl Items<'_> {
    /// Tables with the condition that joins them to one of the query.
    pub fn joins(&mut self, scope: Option<&NameScope>) {
        let all = sources(self.resolved, scope);
        for source in &all {
            for link in table_of(source)
                .into_iter()
                .flat_map(|table| self.names.links(table))
            {
                self.join(source, &link, &all);
            }
        }
    }

    fn join(&mut self, source: &ScopeSource, link: &Link, all: &[&ScopeSource]) {
        let names = self.names.clone();
        let table = names.table(link.there);
        let name = &table.name.name;
        let is_taken = |wanted: &str| all.iter().any(|of| of.name.eq_ignore_ascii_case(wanted));
        let mut shown = self.quoted(name);
        if let Some(namespace) = &table.name.namespace {
            shown = format!("{}.{shown}", self.quoted(namespace));
        }
        let mut alias = name.clone();
        if is_taken(name) {
            let free = (1..100).map(|number| format!("{}{number}", initials(name)));
            let Some(free) = free.into_iter().find(|free| !is_taken(free)) else {
                return;
            };
            alias = free;
            shown = format!("{shown} AS {alias}");
        }
        let condition = self.condition(&alias, source, link);
        let insert = format!("{shown} ON {condition}");
        let label = insert.clone();
        let rank = if link.is_guessed { GUESSED } else { JOIN };
        if let Some(item) = self.push(&label, insert, CompletionKind::Join, rank) {
            let kind = if link.is_guessed {
                "by the names of the columns"
            } else {
                "foreign key"
            };
            item.detail = Some(kind.to_owned());
            item.documentation.clone_from(&table.comment);
        }
    }

    fn condition(&self, there: &str, source: &ScopeSource, link: &Link) -> String {
        let pair = |(here, other): &(String, String)| {
            let (there, here_name) = (self.quoted(there), self.quoted(&source.name));
            format!(
                "{there}.{} = {here_name}.{}",
                self.quoted(other),
                self.quoted(here)
            )
        };
        link.columns
            .iter()
            .map(pair)
            .collect::<Vec<_>>()
            .join(" AND ")
    }

    /// Conditions between the last table of the query and the others, after ON.
    pub fn conditions(&mut self, scope: Option<&NameScope>) {
        let Some(own) = scope else {
            return;
        };
        let sources: Vec<&ScopeSource> = own
            .sources
            .iter()
            .filter(|of| !of.name.is_empty())
            .collect();
        // The table that is joined here is the last one before the place, mostly.
        for (at, joined) in sources.iter().enumerate().rev().take(8) {
            for other in &sources[..at] {
                let (Some(here), Some(there)) = (table_of(other), table_of(joined)) else {
                    continue;
                };
                let links = self
                    .names
                    .links(here)
                    .into_iter()
                    .filter(|link| link.there == there);
                for link in links {
                    let condition = self.condition(&joined.name, other, &link);
                    let rank = if link.is_guessed { GUESSED } else { JOIN };
                    let label = condition.clone();
                    self.push(&label, condition, CompletionKind::Join, rank);
                }
            }
        }
    }
}

/// The first letters of the words of a name.
fn initials(name: &str) -> String {
    let words = name.split('_').filter_map(|word| word.chars().next());
    let letters: String = words.filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() {
        "t".to_owned()
    } else {
        letters.to_lowercase()
    }
}
