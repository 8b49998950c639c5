//! The list of patterns: what each finds, in which languages, and whether it looks unasked.
//!
//! To add one: a function in the file it fits or in a new one, a line here, true and false cases in
//! `cases/<code>.txt`; then measure it on real packages (`tests/hits/`).

use crate::finding::Finding;
use crate::languages::{
    ALL, C_LIKE, COUNTING, INDEXING, JAVA, JAVASCRIPT, PYTHON, SCRIPTS, SCRIPTS_AND_JAVA,
};
use crate::view::View;
use crate::{
    arguments, awaits, branches, comparisons, defaults, discarded_results, division, fields,
    infinite_loops, literals, loops, members, missing_this, operands, past_end, precedence,
    returns, slices, statements, strings, unbound,
};

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

/// The code of what the model finds unlikely.
pub(crate) const UNLIKELY: &str = "unlikely";

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
        "a name that is used but never bound",
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
        missing_this::missing,
    ),
    pattern(
        "same-operand",
        "the same operand on both sides",
        ALL,
        operands::same,
    ),
    pattern(
        "repeated-condition",
        "an operand that repeats an earlier one in a condition",
        ALL,
        operands::repeated,
    ),
    pattern(
        "same-condition",
        "a condition that an earlier branch tests",
        ALL,
        branches::conditions,
    ),
    pattern(
        "same-branches",
        "two identical branches",
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
        "a comparison whose result is not used",
        SCRIPTS,
        statements::comparison,
    ),
    pattern(
        "missing-raise",
        "an exception that is created but not raised",
        SCRIPTS_AND_JAVA,
        statements::not_raised,
    ),
    pattern(
        "is-literal",
        "`is` with a literal",
        PYTHON,
        literals::identity,
    ),
    on_request(pattern(
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
    on_request(pattern(
        "misspelt-typeof",
        "a type that `typeof` never gives",
        JAVASCRIPT,
        literals::type_names,
    )),
    pattern(
        "impossible-length",
        "a length compared with a negative number",
        &["python", "java", "cpp", "go", "rust"],
        comparisons::lengths,
    ),
    pattern(
        "index-as-condition",
        "an index used as a condition",
        JAVASCRIPT,
        comparisons::index_of,
    ),
    pattern(
        "negated-operand",
        "`!` that binds tighter than intended",
        JAVASCRIPT,
        precedence::negation,
    ),
    on_request(pattern(
        "bitwise-precedence",
        "`&` that binds looser than intended",
        &["c", "cpp", "javascript", "typescript", "tsx"],
        precedence::bitwise,
    )),
    pattern(
        "mutable-default",
        "a mutable default value shared by all calls",
        PYTHON,
        defaults::mutable,
    ),
    on_request(pattern(
        "late-binding",
        "a function that uses the last value of a loop variable",
        PYTHON,
        defaults::late,
    )),
    pattern(
        "loop-direction",
        "a loop that counts away from its bound",
        COUNTING,
        loops::direction,
    ),
    pattern("backward-range", "an empty range", PYTHON, loops::backward),
    pattern(
        "wrong-loop-variable",
        "the outer loop's variable used where the inner one is meant",
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
        infinite_loops::unchanging,
    ),
    pattern(
        "empty-body",
        "a semicolon that is the whole body",
        C_LIKE,
        statements::empty_body,
    ),
    pattern(
        "swapped-arguments",
        "swapped arguments",
        ALL,
        arguments::swapped,
    ),
    pattern(
        "missing-await",
        "a coroutine that is never awaited",
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
        "a new value that is not used",
        SCRIPTS_AND_JAVA,
        discarded_results::discarded,
    ),
    pattern(
        "none-result",
        "the result of a method that returns None",
        PYTHON,
        discarded_results::none,
    ),
    pattern(
        "missing-call",
        "a method compared instead of its result",
        SCRIPTS,
        discarded_results::not_called,
    ),
    on_request(pattern(
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
    on_request(pattern(
        "assert-tuple",
        "an assertion of a tuple",
        PYTHON,
        statements::assert_tuple,
    )),
    pattern(
        "format-tuple",
        "values of a format string outside the parentheses",
        PYTHON,
        strings::loose_values,
    ),
    pattern(
        "format-arguments",
        "a format string whose values are never inserted",
        &["python", "go"],
        strings::unformatted,
    ),
    pattern(
        "slice-length",
        "a slice compared with a string of another length",
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
        "two list items joined by a missing comma",
        PYTHON,
        strings::missing_comma,
    ),
    pattern(
        "duplicate-key",
        "a duplicate key",
        SCRIPTS,
        members::duplicate_keys,
    ),
    pattern(
        "misspelt-member",
        "a misspelled member name",
        SCRIPTS_AND_JAVA,
        members::misspelt,
    ),
    pattern(
        "misspelt-main",
        "a misspelled `__main__` or `__init__`",
        PYTHON,
        members::dunder,
    ),
    pattern(
        "void-constructor",
        "a constructor with a return type",
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
const fn on_request(pattern: Pattern) -> Pattern {
    Pattern {
        is_default: false,
        ..pattern
    }
}

/// Which patterns look at a file: those that look unasked, unless this says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct PatternSelection<'a> {
    /// The others too.
    pub all: bool,
    /// The codes of those that are left out in any case.
    pub except: &'a [String],
}

impl PatternSelection<'_> {
    /// All patterns.
    pub const ALL: Self = Self {
        all: true,
        except: &[],
    };

    pub(crate) fn takes(&self, pattern: &Pattern) -> bool {
        (self.all || pattern.is_default) && !self.except.iter().any(|code| code == pattern.code)
    }
}

/// Whether findings can have this code.
pub fn is_code(code: &str) -> bool {
    code == UNLIKELY || PATTERNS.iter().any(|pattern| pattern.code == code)
}
