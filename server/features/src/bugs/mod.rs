//! Bugs that the syntax tree and the names show, each with a way to mend it: one file per idea, all
//! in [`PATTERNS`].
//!
//! `lsp` calls [`find`] and shows what comes back as diagnostics and code actions, or on the
//! command line. A pattern is a plain function from a [`View`] of a file to findings. It must be
//! right nearly always: it names no bug without edits that mend it, and [`verify`] drops what would
//! break the text or use names that nobody knows.
//!
//! To add one: a function in the file it fits or in a new one, a line in the list, true and false
//! cases in `cases/bugs/<code>.txt`; then measure it on real packages (`tests/hits/`).

mod arguments;
mod awaits;
mod branches;
mod cells;
mod comparisons;
mod defaults;
mod division;
mod exceptions;
mod fields;
mod finding;
mod forever;
mod ignored;
mod literals;
mod loops;
mod members;
mod operands;
mod opinion;
mod past_end;
mod paths;
mod precedence;
mod reads;
mod reported;
mod results;
mod returns;
mod scopes;
mod search;
mod slices;
mod statements;
mod strings;
#[cfg(test)]
mod tests;
mod this;
mod types;
mod unbound;
mod unreturned;
mod verify;
mod view;

use crate::unlikely::Suspicion;
use context::Snapshot;
use finding::joined;
pub use finding::{Edit, Finding, Related, applied};
pub use opinion::is_likelier;
pub use reported::{Reported, mend_reported};
pub use search::{Cause, Search, Unfinished};
use syntax::{Code, Node};
pub use verify::{Level, describe};
use view::View;

/// A way to find bugs.
pub struct Pattern {
    /// Its name in kebab case: what settings and `nigh: ignore` comments say.
    pub code: &'static str,
    /// What it finds, in a few words.
    pub about: &'static str,
    /// The grammars it knows.
    pub languages: &'static [&'static str],
    /// Looks for it.
    pub find: fn(&View<'_>, &mut Vec<Finding>),
    /// Whether it looks unasked. The others have found nothing right so far in code that people
    /// had written; `tests/hits/` says what each found.
    pub is_default: bool,
}

/// Which patterns look at a file: those that look unasked, unless this says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// The others too.
    pub all: bool,
    /// The codes of those that are left out in any case.
    pub without: &'a [String],
}

impl Choice<'_> {
    /// All patterns.
    pub const ALL: Self = Self {
        all: true,
        without: &[],
    };

    fn takes(&self, pattern: &Pattern) -> bool {
        (self.all || pattern.is_default) && !self.without.iter().any(|code| code == pattern.code)
    }
}

/// A finding whose edits were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bug {
    /// What was found.
    pub finding: Finding,
    /// How far its edits were checked.
    pub level: Level,
    /// What the steps above [`Level::Names`] that it passed are called: `model`, `cargo check`,
    /// `tests`.
    pub further: Vec<String>,
    /// The name of the function it stands in.
    pub function: Option<String>,
    /// Where that function begins: another one may have its name.
    pub function_start: usize,
}

impl Bug {
    /// What its fix does and how far it was checked: `Fix off-by-one in range (checked: parses,
    /// names)`.
    pub fn title(&self) -> String {
        format!(
            "{} (checked: {})",
            self.finding.title,
            describe(self.level, &self.further)
        )
    }

    /// Whether both stand in the same function.
    pub fn is_beside(&self, other: &Bug) -> bool {
        self.function.is_some()
            && (&self.function, self.function_start) == (&other.function, other.function_start)
    }
}

const PYTHON: &[&str] = &["python"];
const JAVASCRIPT: &[&str] = &["javascript", "typescript", "tsx"];
const JAVA: &[&str] = &["java"];
const C_LIKE: &[&str] = &["c", "cpp", "java", "javascript", "typescript", "tsx"];
const C: &[&str] = &["c", "cpp"];
const SCRIPTS: &[&str] = &["python", "javascript", "typescript", "tsx"];
const SCRIPTS_AND_JAVA: &[&str] = &["python", "javascript", "typescript", "tsx", "java"];
const INDEXING: &[&str] = &[
    "python",
    "javascript",
    "typescript",
    "tsx",
    "java",
    "cpp",
    "go",
    "rust",
];
const ALL: &[&str] = &[
    "python",
    "javascript",
    "typescript",
    "tsx",
    "java",
    "c",
    "cpp",
    "go",
    "rust",
];
const COUNTING: &[&str] = &["c", "cpp", "java", "javascript", "typescript", "tsx", "go"];

/// The code of what the model finds unlikely.
const UNLIKELY: &str = "unlikely";

/// All patterns; where two find the same place, the earlier one counts.
pub const PATTERNS: &[Pattern] = &[
    pattern(
        "index-past-end",
        "an index that runs one past the end",
        INDEXING,
        past_end::loops,
    ),
    pattern(
        "index-is-length",
        "an index equal to the length",
        INDEXING,
        past_end::lengths,
    ),
    pattern(
        "unbound-name",
        "a name that is used and never bound",
        PYTHON,
        unbound::names,
    ),
    pattern(
        "missing-self",
        "a method without `self`, or called without it",
        PYTHON,
        unbound::methods,
    ),
    pattern(
        "method-without-this",
        "a method of the class called without `this`",
        JAVASCRIPT,
        this::missing,
    ),
    pattern(
        "same-operand",
        "the same operand on both sides",
        ALL,
        operands::same,
    ),
    pattern(
        "repeated-condition",
        "the same operand twice in a condition",
        ALL,
        operands::repeated,
    ),
    pattern(
        "same-condition",
        "a condition that was asked before",
        ALL,
        branches::conditions,
    ),
    pattern(
        "same-branches",
        "two branches that do the same",
        C_LIKE,
        branches::same,
    ),
    pattern(
        "unreachable-code",
        "code that never runs",
        SCRIPTS_AND_JAVA,
        branches::unreachable,
    ),
    pattern(
        "constant-condition",
        "a literal that makes a condition always true",
        SCRIPTS,
        comparisons::constant_or,
    ),
    pattern(
        "assignment-in-condition",
        "`=` where a comparison is meant",
        C_LIKE,
        comparisons::assignment,
    ),
    pattern(
        "comparison-statement",
        "a comparison whose result is lost",
        SCRIPTS,
        statements::comparison,
    ),
    pattern(
        "missing-raise",
        "an exception that is made and not raised",
        SCRIPTS_AND_JAVA,
        statements::not_raised,
    ),
    pattern(
        "is-literal",
        "`is` with a literal",
        PYTHON,
        literals::identity,
    ),
    asked(pattern(
        "nan-comparison",
        "a comparison with NaN",
        JAVASCRIPT,
        literals::nan,
    )),
    pattern(
        "array-comparison",
        "a comparison with a new array",
        JAVASCRIPT,
        literals::new_array,
    ),
    pattern(
        "string-identity",
        "strings compared by identity",
        &["java", "c"],
        literals::strings,
    ),
    asked(pattern(
        "misspelt-typeof",
        "a type that `typeof` never gives",
        JAVASCRIPT,
        literals::type_names,
    )),
    pattern(
        "impossible-length",
        "a length below zero",
        &["python", "java", "cpp", "go", "rust"],
        comparisons::lengths,
    ),
    pattern(
        "index-as-condition",
        "an index used as true or false",
        JAVASCRIPT,
        comparisons::index_of,
    ),
    pattern(
        "negated-operand",
        "`!` that binds tighter than meant",
        JAVASCRIPT,
        precedence::negation,
    ),
    asked(pattern(
        "bitwise-precedence",
        "`&` that binds looser than meant",
        &["c", "cpp", "javascript", "typescript", "tsx"],
        precedence::bitwise,
    )),
    pattern(
        "mutable-default",
        "a default value that is shared by all calls",
        PYTHON,
        defaults::mutable,
    ),
    asked(pattern(
        "late-binding",
        "a function that sees the loop's last value",
        PYTHON,
        defaults::late,
    )),
    pattern(
        "loop-direction",
        "a loop that runs away from its end",
        COUNTING,
        loops::direction,
    ),
    pattern(
        "backward-range",
        "a range that is empty",
        PYTHON,
        loops::backward,
    ),
    pattern(
        "wrong-loop-variable",
        "an inner loop over the outer loop's variable",
        COUNTING,
        loops::wrong_variable,
    ),
    pattern(
        "removal-while-iterating",
        "a list changed while it is iterated",
        PYTHON,
        loops::removal,
    ),
    pattern(
        "reused-loop-variable",
        "an inner loop that overwrites the outer one's variable",
        PYTHON,
        loops::reused,
    ),
    pattern(
        "unchanging-loop",
        "a loop whose condition never changes",
        SCRIPTS,
        forever::unchanging,
    ),
    pattern(
        "empty-body",
        "a semicolon that is the whole body",
        C_LIKE,
        statements::empty_body,
    ),
    pattern(
        "swapped-arguments",
        "arguments in each other's place",
        ALL,
        arguments::swapped,
    ),
    pattern(
        "missing-await",
        "a coroutine that nobody awaits",
        SCRIPTS,
        awaits::missing,
    ),
    pattern(
        "missing-return",
        "a result that is not returned",
        SCRIPTS,
        returns::missing,
    ),
    pattern(
        "discarded-result",
        "a new value that is thrown away",
        SCRIPTS_AND_JAVA,
        results::discarded,
    ),
    pattern(
        "none-result",
        "the result of a method that gives none",
        PYTHON,
        results::none,
    ),
    pattern(
        "missing-call",
        "a method compared instead of its result",
        SCRIPTS,
        results::not_called,
    ),
    asked(pattern(
        "float-index",
        "a fraction used as an index",
        SCRIPTS,
        division::float_index,
    )),
    pattern(
        "self-assignment",
        "a name assigned to itself",
        SCRIPTS_AND_JAVA,
        fields::itself,
    ),
    pattern(
        "not-implemented",
        "`NotImplemented` raised",
        PYTHON,
        statements::not_implemented,
    ),
    pattern(
        "except-or",
        "`or` between exceptions",
        PYTHON,
        statements::except_or,
    ),
    asked(pattern(
        "assert-tuple",
        "an assertion of a tuple",
        PYTHON,
        statements::assert_tuple,
    )),
    pattern(
        "format-tuple",
        "values of a format outside its parentheses",
        PYTHON,
        strings::loose_values,
    ),
    pattern(
        "format-arguments",
        "values beside a format that nobody fills in",
        &["python", "go"],
        strings::unformatted,
    ),
    pattern(
        "slice-length",
        "a piece of a text compared with a longer one",
        &["python", "javascript", "typescript", "tsx", "java", "go"],
        slices::too_short,
    ),
    pattern(
        "missing-f-prefix",
        "a format string without its `f`",
        PYTHON,
        strings::missing_prefix,
    ),
    pattern(
        "missing-comma",
        "two list items that became one string",
        PYTHON,
        strings::missing_comma,
    ),
    pattern(
        "duplicate-key",
        "a key that stands twice",
        SCRIPTS,
        members::duplicate_keys,
    ),
    pattern(
        "misspelt-member",
        "a member's name misspelt",
        SCRIPTS_AND_JAVA,
        members::misspelt,
    ),
    pattern(
        "misspelt-main",
        "`__main__` or `__init__` misspelt",
        PYTHON,
        members::dunder,
    ),
    pattern(
        "void-constructor",
        "a constructor that is a method",
        JAVA,
        members::constructors,
    ),
];

const fn pattern(
    code: &'static str,
    about: &'static str,
    languages: &'static [&'static str],
    find: fn(&View<'_>, &mut Vec<Finding>),
) -> Pattern {
    Pattern {
        code,
        about,
        languages,
        find,
        is_default: true,
    }
}

/// A pattern that looks only when it is asked to.
const fn asked(pattern: Pattern) -> Pattern {
    Pattern {
        is_default: false,
        ..pattern
    }
}

/// The bugs of a file in the order of the text, as far as these patterns find them.
///
/// What cannot be mended, or whose edits would break the text, is left out, and so is what a `nigh:
/// ignore` comment silences. A file without a tree has none.
pub fn find(snapshot: &Snapshot, choice: Choice<'_>) -> Vec<Bug> {
    search(snapshot, choice).bugs
}

/// What [`find`] finds, and which patterns gave up on the way.
pub fn search(snapshot: &Snapshot, choice: Choice<'_>) -> Search {
    let wanted: Vec<&Pattern> = PATTERNS
        .iter()
        .filter(|pattern| choice.takes(pattern))
        .collect();
    search::run(snapshot, &wanted)
}

/// What the model finds unlikely, as bugs: those of `suspicions` that are verified, not silenced,
/// and in no broken place.
pub fn suspected(snapshot: &Snapshot, suspicions: &[Suspicion]) -> Vec<Bug> {
    let Some(syntax) = &snapshot.syntax else {
        return Vec::new();
    };
    let code = Code::new(syntax, snapshot.rope());
    let finding = |suspicion: &Suspicion| {
        let message = format!("this is unlikely to be meant: {}", suspicion.title);
        let range = code.nodes().rfind(|node| {
            node.start() <= suspicion.edit.range.start && suspicion.edit.range.end <= node.end()
        });
        let range = range.map_or(suspicion.edit.range.clone(), Node::range);
        Finding {
            code: UNLIKELY,
            ..Finding::new(
                range,
                message,
                suspicion.title.clone(),
                vec![suspicion.edit.clone()],
            )
        }
    };
    search::verified(
        syntax,
        &View::new(&code, &snapshot.path),
        suspicions.iter().map(finding).collect(),
    )
}

/// Whether findings can have this code.
pub fn is_code(code: &str) -> bool {
    code == UNLIKELY || PATTERNS.iter().any(|pattern| pattern.code == code)
}

/// The edits that mend all of these bugs at once, and how far they were checked together.
///
/// Where two bugs want the same place, the first one gets it; where the whole would break the text,
/// the last ones are left out.
pub fn mend(snapshot: &Snapshot, bugs: &[&Bug]) -> Option<(Vec<Edit>, Level)> {
    let syntax = snapshot.syntax.as_ref()?;
    let code = Code::new(syntax, snapshot.rope());
    let judge = verify::Judge::new(syntax, &code);
    (1..=bugs.len()).rev().find_map(|count| {
        let edits = joined(bugs[..count].iter().map(|bug| &bug.finding));
        let level = judge.level(&edits).filter(|level| *level >= Level::Names)?;
        Some((edits, level))
    })
}
