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
    name("Taken", "DocumentSnapshot", 52),
    name("doubtful", "out_of_sync", 17),
    name("Seeker", "Diagnostics", 18),
    name("LastBugs", "DiagnosticsCache", 8),
    name("LAST_WORDS", "SHUTDOWN_GRACE", 7),
    name("STORING", "INDEX_SAVE_TIMEOUT", 7),
    name("PATIENCE", "REQUEST_TIMEOUT", 28),
    name("GLANCE", "PREEMPT_POLL, MIN_VISIBLE", 9),
    name("weighed", "model_checks", 8),
    name("Told", "CompletionResponse", 28),
    name("Site", "CompletionService", 22),
    name("Ask", "CompletionRequest", 14),
    name("Refusal", "ApiError", 61),
    // the workspace
    name("keeper", "index_thread", 10),
    name("keeping", "persistence", 4),
    name("pauses", "debounce", 28),
    // checks
    name("Means", "Isolation", 12),
    name("lacks", "missing_protections", 9),
    name("descend", "spawn_in_pid_namespace", 6),
    name("FACES", "ABIS", 6),
    name("Reach", "Scope", 26),
    name("Undecided", "Inconclusive", 24),
    name("Ladder", "Verification", 9),
    name("climb", "filter", 5),
    // completion
    name("said", "generated", 159),
    name("withheld", "suppressed_by", 27),
    name("Taste", "Personalization", 0),
    name("Fate", "SuggestionOutcome", 0),
    name("befell", "outcome", 0),
    name("Whence", "Proximity", 0),
    name("Sought", "Expected", 0),
    name("spoken", "from_function_name", 0),
    name("by_hand", "invoked", 0),
    name("insisted", "retried", 0),
    name("Spent", "Timings", 21),
    name("Judged", "ScoredCandidate", 0),
    // bugs
    name("opinion", "model_check", 0),
    name("forever", "infinite_loops", 0),
    // engine, context, index
    name("pass_over", "prefill_only", 8),
    name("Joint", "MatrixGroup", 36),
    name("LOOKS", "SPIN_ROUNDS", 5),
    name("ALONE", "MIN_PARALLEL_OPS", 7),
    name("Shards", "DisjointMut", 19),
    name("Near", "CursorContext", 0),
    name("Mix", "SourceWeights", 0),
    name("likest", "most_similar", 0),
    name("bury", "tombstone", 5),
    name("lives", "is_live", 55),
    name("KEPT", "a name that says of what", 28),
    name("MOST", "a name that says of what", 63),
    name("REACH", "a name that says of what", 13),
    // prose
    anywhere("anew", "again", 49),
    anywhere("whence", "from where", 0),
    anywhere("foretell", "predict, score", 6),
    anywhere("foretold", "predicted", 8),
    anywhere("mend", "fix", 56),
    anywhere("mended", "fixed", 83),
    anywhere("mends", "fixes", 19),
    anywhere("mending", "fixing", 4),
    anywhere("nobody", "no one, or say who", 102),
    anywhere("somebody", "someone, or say who", 28),
    anywhere("stands", "is", 290),
    anywhere("beside", "next to, besides", 99),
    anywhere("in front of", "before", 93),
    anywhere("behind", "after", 436),
    anywhere("told", "reported, given", 336),
    anywhere("tells", "reports, says", 73),
    anywhere("taste", "preference", 0),
    anywhere("alone", "only", 199),
    anywhere("of them", "a plainer sentence", 126),
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
