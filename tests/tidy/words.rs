//! Words of our own that the field has no use for are refused, each with the word to use instead.
//!
//! `left` says how often a word may still occur; it only goes down, and 0 refuses the word for
//! good.
//! To add one: a row. History (`CHANGELOG.md`), recorded results and texts for tests keep theirs.

use super::rust;
use super::tree::{is_example, texts};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a word is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// As a whole name in Rust code.
    Name,
    /// In comments, texts and pages, and as a part of a name.
    Anywhere,
}

struct Refused {
    word: &'static str,
    instead: &'static str,
    scope: Scope,
    left: usize,
}

const fn name(word: &'static str, instead: &'static str, left: usize) -> Refused {
    let scope = Scope::Name;
    Refused {
        word,
        instead,
        scope,
        left,
    }
}

const fn anywhere(word: &'static str, instead: &'static str, left: usize) -> Refused {
    let scope = Scope::Anywhere;
    Refused {
        word,
        instead,
        scope,
        left,
    }
}

const REFUSED: &[Refused] = &[
    // documents and the server
    name("Taken", "DocumentSnapshot", 48),
    name("doubtful", "out_of_sync", 14),
    name("Seeker", "Diagnostics", 15),
    name("LastBugs", "DiagnosticsCache", 5),
    name("LAST_WORDS", "SHUTDOWN_GRACE", 4),
    name("STORING", "INDEX_SAVE_TIMEOUT", 4),
    name("PATIENCE", "REQUEST_TIMEOUT", 25),
    name("GLANCE", "PREEMPT_POLL, MIN_VISIBLE", 6),
    name("weighed", "model_checks", 5),
    name("Told", "CompletionResponse", 25),
    name("Site", "CompletionService", 19),
    name("Ask", "CompletionRequest", 11),
    name("Refusal", "ApiError", 56),
    // the workspace
    name("keeper", "index_thread", 7),
    name("keeping", "persistence", 1),
    name("pauses", "debounce", 25),
    // checks
    name("Means", "Isolation", 9),
    name("lacks", "missing_protections", 6),
    name("descend", "spawn_in_pid_namespace", 3),
    name("FACES", "ABIS", 3),
    name("Reach", "Scope", 23),
    name("Undecided", "Inconclusive", 21),
    name("Ladder", "Verification", 6),
    name("climb", "filter", 2),
    // completion
    name("said", "generated", 145),
    name("withheld", "suppressed_by", 24),
    name("Taste", "Personalization", 3),
    name("Fate", "SuggestionOutcome", 81),
    name("befell", "outcome", 0),
    name("Whence", "Proximity", 12),
    name("Sought", "Expected", 29),
    name("spoken", "from_function_name", 12),
    name("by_hand", "invoked", 31),
    name("insisted", "retried", 3),
    name("Spent", "Timings", 18),
    name("Judged", "ScoredCandidate", 14),
    // bugs
    name("opinion", "model_check", 2),
    name("forever", "infinite_loops", 2),
    // engine, context, index
    name("pass_over", "prefill_only", 5),
    name("Joint", "MatrixGroup", 33),
    name("LOOKS", "SPIN_ROUNDS", 2),
    name("ALONE", "MIN_PARALLEL_OPS", 4),
    name("Shards", "DisjointMut", 16),
    name("Near", "CursorContext", 59),
    name("Mix", "SourceWeights", 49),
    name("likest", "most_similar", 5),
    name("bury", "tombstone", 2),
    name("lives", "is_live", 50),
    name("KEPT", "a name that says of what", 25),
    name("MOST", "a name that says of what", 58),
    name("REACH", "a name that says of what", 10),
    // prose
    anywhere("anew", "again", 60),
    anywhere("whence", "from where", 19),
    anywhere("foretell", "predict, score", 10),
    anywhere("foretold", "predicted", 12),
    anywhere("mend", "fix", 60),
    anywhere("mended", "fixed", 147),
    anywhere("mends", "fixes", 28),
    anywhere("mending", "fixing", 4),
    anywhere("nobody", "no one, or say who", 112),
    anywhere("somebody", "someone, or say who", 36),
    anywhere("stands", "is", 331),
    anywhere("beside", "next to, besides", 143),
    anywhere("in front of", "before", 99),
    anywhere("behind", "after", 498),
    anywhere("told", "reported, given", 383),
    anywhere("tells", "reports, says", 90),
    anywhere("taste", "preference", 16),
    anywhere("of them", "a plainer sentence", 123),
];

/// Files that keep their words: this one, history, and words quoted from elsewhere.
const KEPT_AS_THEY_ARE: &[&str] = &["tests/tidy/words.rs", "CHANGELOG.md", "docs/house.md"];
const EXTENSIONS: &[&str] = &["rs", "md", "py", "sh", "ts", "mjs", "lua", "toml", "scm"];

/// The words of a text in lower case with single spaces around them; names are taken apart.
fn words(text: &str) -> String {
    let separated: String = text
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let words: Vec<&str> = separated.split_whitespace().collect();
    format!(" {} ", words.join(" ").to_lowercase())
}

/// The whole names in the code of a Rust file.
fn names(text: &str) -> Vec<String> {
    let code = rust::lines(text).into_iter().map(|line| line.code);
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let split = |line: String| -> Vec<String> {
        let parts = line.split(|c| !is_name(c)).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    code.flat_map(split).collect()
}

fn count(refused: &Refused, words: &str, names: &BTreeMap<String, usize>) -> usize {
    match refused.scope {
        Scope::Name => names.get(refused.word).copied().unwrap_or_default(),
        Scope::Anywhere => words.matches(&format!(" {} ", refused.word)).count(),
    }
}

fn keeps_its_words(path: &Path) -> bool {
    is_example(path) || KEPT_AS_THEY_ARE.iter().any(|kept| path == Path::new(kept))
}

#[test]
fn old_words_do_not_come_back() {
    let mut places: Vec<Vec<(String, usize)>> = vec![Vec::new(); REFUSED.len()];
    for (path, text) in texts(EXTENSIONS) {
        if keeps_its_words(&path) {
            continue;
        }
        let (words, mut counted) = (words(&text), BTreeMap::new());
        if path.extension().is_some_and(|extension| extension == "rs") {
            for name in names(&text) {
                *counted.entry(name).or_default() += 1;
            }
        }
        for (refused, places) in REFUSED.iter().zip(&mut places) {
            let found = count(refused, &words, &counted);
            if found > 0 {
                places.push((path.display().to_string(), found));
            }
        }
    }
    let mut wrong = Vec::new();
    for (refused, places) in REFUSED.iter().zip(places) {
        let found: usize = places.iter().map(|(_, found)| found).sum();
        let Refused {
            word,
            instead,
            left,
            ..
        } = refused;
        if found > *left {
            wrong.push(format!(
                "{word:?}: {found} times, at most {left}; say: {instead}; in {places:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn words_are_whole_and_names_are_taken_apart() {
    assert_eq!(words("Mended_it; is_behind(x)"), " mended it is behind x ");
    assert_eq!(
        names("let Taken { a } = \"Taken\"; // Taken"),
        ["let", "Taken", "a"]
    );
}
