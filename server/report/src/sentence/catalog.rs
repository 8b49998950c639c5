//! The catalogs of sentences, one file of text for each language.
//!
//! To add a sentence, add its line to all catalogs; a test compares their keys and names.

use crate::options::ReportLanguage;
use std::collections::HashMap;
use std::sync::OnceLock;

const ENGLISH: &str = include_str!("en.txt");
const CHINESE: &str = include_str!("zh.txt");

type Lines = HashMap<&'static str, &'static str>;

fn parse(text: &'static str) -> Lines {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).collect()
}

/// All lines of a language.
pub(crate) fn lines(language: ReportLanguage) -> &'static Lines {
    static CATALOGS: OnceLock<[Lines; 2]> = OnceLock::new();
    let all = CATALOGS.get_or_init(|| [parse(ENGLISH), parse(CHINESE)]);
    match language {
        ReportLanguage::English => &all[0],
        ReportLanguage::Chinese => &all[1],
    }
}

/// The text of a key, if there is one.
pub(crate) fn find(language: ReportLanguage, key: &str) -> Option<&'static str> {
    lines(language).get(key).copied()
}

/// The text of a key; empty for an unknown one, which a test rules out.
pub(crate) fn get(language: ReportLanguage, key: &str) -> &'static str {
    find(language, key).unwrap_or_default()
}

/// The text of the longest beginning of a dotted key: `advice.row.high` finds `advice.row`.
pub(crate) fn nearest(language: ReportLanguage, key: &str) -> Option<&'static str> {
    let mut key = key;
    loop {
        if let Some(text) = find(language, key) {
            return Some(text);
        }
        key = key.rsplit_once('.')?.0;
    }
}
