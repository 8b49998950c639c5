//! What `language.toml` says in its tables `[semantics]` and `[library]`: how the language behaves
//! and what its library offers, as far as the server uses it.
//!
//! The bug patterns read this, so that no pattern names a language. A missing field means that the
//! language has no such thing; a pattern that needs it then reports nothing.

use serde::Deserialize;

/// How programs of the language behave, and how things are said in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Semantics {
    /// Names are declared with types that hold.
    pub static_types: bool,
    /// `roles.scm` knows every way in which a name is bound, so that a name that nothing binds is
    /// an error.
    pub closed_scopes: bool,
    /// A call without an object may call a method of the class around.
    pub implicit_receiver: bool,
    /// A name without brackets may call a method, unless something around it binds the name.
    pub bare_calls: bool,
    /// What names the object that a method is called on, the usual word first: `self`.
    pub receivers: Vec<String>,
    /// A call of an async function does not run it until it is awaited.
    pub lazy_coroutines: bool,
    /// A statement ends with its line where it can.
    pub line_ends_statement: bool,
    /// Brackets index arrays only; other lists have methods.
    pub brackets_index_arrays: bool,
    /// An item may be read right after the end of a text: it is zero.
    pub zero_after_text: bool,
    /// Reading an item past the end gives a value instead of an error.
    pub reads_past_end: bool,
    /// The members of an object are its items too.
    pub members_are_items: bool,
    /// `a && b` gives one of the two instead of true or false.
    pub logical_gives_operand: bool,
    /// Scripts made of cells and notebooks show the value of a last expression.
    pub notebooks: bool,
    /// Words of types whose values change by themselves.
    pub volatile_words: Vec<String>,
    /// The operator that says that two values are equal.
    pub equality: Option<String>,
    /// The statement that adds one to `{}`.
    pub increment: Option<String>,
    /// The word that raises an exception, and what has been done then: `["throw", "thrown"]`.
    pub throw_words: Option<[String; 2]>,
    /// Range operators: with the end, without it.
    pub range_operators: Option<[String; 2]>,
    /// Functions of Python's kind that count: `range`.
    pub range_function: Option<String>,
    /// How a quotient becomes whole.
    pub whole_division: Option<WholeDivision>,
    /// How two texts are compared where `==` compares where they are.
    pub text_equality: Option<TextEquality>,
    /// Words next to `test` that name test files: `spec`.
    pub test_words: Vec<String>,
}

/// How a quotient becomes whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum WholeDivision {
    /// By an operator.
    Operator(String),
    /// By a function.
    Function(String),
}

/// How two texts are compared; `{text}` and `{other}` stand for them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEquality {
    /// What says that they are equal.
    pub equal: String,
    /// What says that they differ.
    pub different: String,
    /// What it is called, for a title.
    pub name: String,
    /// A file with any of these may mean `==`.
    pub unless: Vec<String>,
}

/// Names that come with the language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Library {
    /// Functions that give the length of their argument.
    pub length_functions: Vec<String>,
    /// Methods that give the length of their object.
    pub length_methods: Vec<String>,
    /// Members that are the length of their object.
    pub length_members: Vec<String>,
    /// Methods that give the item at an index.
    pub item_methods: Vec<String>,
    /// Calls that never come back.
    pub exits: Vec<String>,
    /// Exceptions.
    pub exceptions: Vec<String>,
    /// Names that are bound everywhere.
    pub builtins: Vec<String>,
    /// Modules of the standard library that are often used, as far as their names are no usual
    /// names of variables.
    pub modules: Vec<String>,
    /// Methods of texts without any effect, and how many arguments they take.
    pub text_methods: Vec<(String, usize)>,
    /// Methods of texts that are compared with texts, never themselves.
    pub compared_methods: Vec<String>,
    /// Methods of texts that are asked as conditions, never themselves.
    pub asked_methods: Vec<String>,
    /// What is often written for the name of a member, and what is meant.
    pub misspelt_members: Vec<[String; 2]>,
    /// Functions whose results are used up by looking at them.
    pub one_time_functions: Vec<String>,
    /// What makes a property of a function: reading the property calls it.
    pub property_functions: Vec<String>,
    /// Methods of an object by which its members and items are computed.
    pub computing_methods: Vec<String>,
    /// Functions that define a property by its name, their second argument.
    pub property_definers: Vec<String>,
    /// Types whose objects compute their members.
    pub computing_types: Vec<String>,
    /// Types by their names.
    pub types: TypeNames,
    /// Functions by what they give.
    pub functions: TypeNames,
    /// Methods by what they give.
    pub methods: TypeNames,
}

/// Names by the type that they are, or give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TypeNames {
    /// Items in a row.
    pub list: Vec<String>,
    /// Characters in a row.
    pub text: Vec<String>,
    /// Several values as one.
    pub tuple: Vec<String>,
    /// Values by keys.
    pub map: Vec<String>,
    /// Items without an order.
    pub set: Vec<String>,
    /// True or false.
    pub truth: Vec<String>,
    /// Numbers.
    pub number: Vec<String>,
}
