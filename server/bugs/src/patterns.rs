//! The list of patterns: what each finds, and whether it looks unasked. The `language.toml` of a
//! language lists the codes of the patterns that are right on it.
//!
//! To add one: a function in the file it fits or in a new one, a line here, true and false cases in
//! `cases/<code>.txt`; then measure it on real packages (`tests/hits/`).

use crate::finding::Finding;
use crate::view::View;
use crate::{
    arguments, awaits, branches, comparisons, defaults, discarded_results, division, fields,
    infinite_loops, literals, loops, members, missing_this, operands, past_end, precedence,
    returns, slices, statements, strings, unbound,
};
use grammars::Grammar;

/// A way to find bugs.
pub struct Pattern {
    /// Its name in kebab case: what settings and `nigh: ignore` comments say.
    pub code: &'static str,
    /// What it finds, in a few words.
    pub about: &'static str,
    /// Looks for it.
    pub find: fn(&View<'_>, &mut Vec<Finding>),
    /// Whether it looks unasked. The others have found nothing right so far in code that people
    /// had written; `tests/hits/` says what each found.
    pub is_default: bool,
}

impl Pattern {
    /// Whether it was measured on code of a language and found right.
    pub fn knows(&self, grammar: &Grammar) -> bool {
        grammar.facts.bugs.iter().any(|code| code == self.code)
    }
}

/// The code of what the model finds unlikely.
pub(crate) const UNLIKELY: &str = "unlikely";

/// All patterns; where two find the same place, the earlier one counts.
pub const PATTERNS: &[Pattern] = &[
    pattern(
        "index-past-end",
        "an index that runs one past the end",
        past_end::loops,
    ),
    pattern(
        "index-is-length",
        "an index equal to the length",
        past_end::lengths,
    ),
    pattern(
        "unbound-name",
        "a name that is used but never bound",
        unbound::names,
    ),
    pattern(
        "missing-self",
        "a method without `self`, or called without it",
        unbound::methods,
    ),
    pattern(
        "method-without-this",
        "a method of the class called without `this`",
        missing_this::missing,
    ),
    pattern(
        "same-operand",
        "the same operand on both sides",
        operands::same,
    ),
    pattern(
        "repeated-condition",
        "an operand that repeats an earlier one in a condition",
        operands::repeated,
    ),
    pattern(
        "same-condition",
        "a condition that an earlier branch tests",
        branches::conditions,
    ),
    pattern("same-branches", "two identical branches", branches::same),
    pattern(
        "unreachable-code",
        "code that never runs",
        branches::unreachable,
    ),
    pattern(
        "constant-condition",
        "a literal that makes a condition always true",
        comparisons::constant_or,
    ),
    pattern(
        "assignment-in-condition",
        "`=` where a comparison is meant",
        comparisons::assignment,
    ),
    pattern(
        "comparison-statement",
        "a comparison whose result is not used",
        statements::comparison,
    ),
    pattern(
        "missing-raise",
        "an exception that is created but not raised",
        statements::not_raised,
    ),
    pattern("is-literal", "`is` with a literal", literals::identity),
    on_request(pattern(
        "nan-comparison",
        "a comparison with NaN",
        literals::nan,
    )),
    pattern(
        "array-comparison",
        "a comparison with a new array",
        literals::new_array,
    ),
    pattern(
        "string-identity",
        "strings compared by identity",
        literals::strings,
    ),
    on_request(pattern(
        "misspelt-typeof",
        "a type that `typeof` never gives",
        literals::type_names,
    )),
    pattern(
        "impossible-length",
        "a length compared with a negative number",
        comparisons::lengths,
    ),
    pattern(
        "index-as-condition",
        "an index used as a condition",
        comparisons::index_of,
    ),
    pattern(
        "negated-operand",
        "`!` that binds tighter than intended",
        precedence::negation,
    ),
    on_request(pattern(
        "bitwise-precedence",
        "`&` that binds looser than intended",
        precedence::bitwise,
    )),
    pattern(
        "mutable-default",
        "a mutable default value shared by all calls",
        defaults::mutable,
    ),
    on_request(pattern(
        "late-binding",
        "a function that uses the last value of a loop variable",
        defaults::late,
    )),
    pattern(
        "loop-direction",
        "a loop that counts away from its bound",
        loops::direction,
    ),
    pattern("backward-range", "an empty range", loops::backward),
    pattern(
        "wrong-loop-variable",
        "the outer loop's variable used where the inner one is meant",
        loops::wrong_variable,
    ),
    pattern(
        "removal-while-iterating",
        "a list changed while it is iterated",
        loops::removal,
    ),
    pattern(
        "reused-loop-variable",
        "an inner loop that overwrites the outer one's variable",
        loops::reused,
    ),
    pattern(
        "unchanging-loop",
        "a loop whose condition never changes",
        infinite_loops::unchanging,
    ),
    pattern(
        "empty-body",
        "a semicolon that is the whole body",
        statements::empty_body,
    ),
    pattern("swapped-arguments", "swapped arguments", arguments::swapped),
    pattern(
        "missing-await",
        "a coroutine that is never awaited",
        awaits::missing,
    ),
    pattern(
        "missing-return",
        "a result that is not returned",
        returns::missing,
    ),
    pattern(
        "discarded-result",
        "a new value that is not used",
        discarded_results::discarded,
    ),
    pattern(
        "none-result",
        "the result of a method that returns None",
        discarded_results::none,
    ),
    pattern(
        "missing-call",
        "a method compared instead of its result",
        discarded_results::not_called,
    ),
    on_request(pattern(
        "float-index",
        "a fraction used as an index",
        division::float_index,
    )),
    pattern(
        "self-assignment",
        "a name assigned to itself",
        fields::itself,
    ),
    pattern(
        "not-implemented",
        "`NotImplemented` raised",
        statements::not_implemented,
    ),
    pattern(
        "except-or",
        "`or` between exceptions",
        statements::except_or,
    ),
    on_request(pattern(
        "assert-tuple",
        "an assertion of a tuple",
        statements::assert_tuple,
    )),
    pattern(
        "format-tuple",
        "values of a format string outside the parentheses",
        strings::loose_values,
    ),
    pattern(
        "format-arguments",
        "a format string whose values are never inserted",
        strings::unformatted,
    ),
    pattern(
        "slice-length",
        "a slice compared with a string of another length",
        slices::too_short,
    ),
    pattern(
        "missing-f-prefix",
        "a format string without its `f`",
        strings::missing_prefix,
    ),
    pattern(
        "missing-comma",
        "two list items joined by a missing comma",
        strings::missing_comma,
    ),
    pattern("duplicate-key", "a duplicate key", members::duplicate_keys),
    pattern(
        "misspelt-member",
        "a misspelled member name",
        members::misspelt,
    ),
    pattern(
        "misspelt-main",
        "a misspelled `__main__` or `__init__`",
        members::dunder,
    ),
    pattern(
        "void-constructor",
        "a constructor with a return type",
        members::constructors,
    ),
];

const fn pattern(
    code: &'static str,
    about: &'static str,
    find: fn(&View<'_>, &mut Vec<Finding>),
) -> Pattern {
    Pattern {
        code,
        about,
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

/// The codes of what is wrong with names of tables and columns, which no pattern here finds: who
/// knows the schema does. Comments silence them like all others.
pub const SCHEMA_CODES: [&str; 8] = [
    "unknown-table",
    "unknown-column",
    "unknown-alias",
    "ambiguous-column",
    "equals-null",
    "not-grouped",
    "value-count",
    "unknown-file-column",
];

/// The codes that findings can have.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    let patterns = PATTERNS.iter().map(|pattern| pattern.code);
    patterns.chain([UNLIKELY]).chain(SCHEMA_CODES)
}

/// Whether findings can have this code.
pub fn is_code(code: &str) -> bool {
    codes().any(|known| known == code)
}
