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
    /// How a field of the object is written that a method is called on: `this.{}`.
    pub own_field: Option<String>,
    /// What comes before the name of a method that is called on the same object or class:
    /// `this.`.
    pub own_calls: Vec<String>,
    /// Names of the functions that make an object, where they have names of their own.
    pub constructors: Vec<String>,
    /// The method of a class that makes an object of it: `new`.
    pub maker: Option<String>,
    /// The last expression of a block may be what the block gives.
    pub blocks_give_values: bool,
    /// The last expression of a function is what the function gives.
    pub functions_give_last: bool,
    /// A function may give a variable that it takes another value.
    pub arguments_change: bool,
    /// A name that is declared in a loop is one for the whole function.
    pub function_wide_names: bool,
    /// Words that leave a loop or its round, where the grammar takes them for names.
    pub leaving_words: Vec<String>,
    /// Lists may have any numbers as keys.
    pub lists_have_keys: bool,
    /// A literal of pairs is a map only where its type says so, and two equal keys are an error.
    pub maps_are_typed: bool,
    /// What comes before the name of what is in no namespace: `\\`.
    pub global_prefix: Option<String>,
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
    /// How a list is copied: `list({})`.
    pub list_copy: Option<String>,
    /// What happens to a loop over a list from which it takes items: `skips items`.
    pub removal_effect: Option<String>,
    /// How a number is compared with the one that is none.
    pub nan: Option<NanTest>,
    /// Lists that are made where they are compared.
    pub new_lists: Option<NewLists>,
    /// What gives the type of a value as a text.
    pub type_question: Option<TypeQuestion>,
    /// How what was sought is kept apart from what was not found.
    pub index_test: Option<IndexTest>,
    /// Operators of which `!` negates only the left operand, whatever the right one is.
    pub negation_misses: Vec<String>,
    /// Operators of which `!` negates only the left operand, where the right one is a literal.
    pub negation_compares: Vec<String>,
    /// Brackets around several values of a format string.
    pub format_brackets: Option<[String; 2]>,
    /// How the message of an exception is put together.
    pub message_format: Option<MessageFormat>,
    /// How a name gets into a text.
    pub interpolation: Option<Interpolation>,
    /// What changes a value in place and does not give it.
    pub in_place: Option<InPlace>,
    /// The second of two indexes is a number of items.
    pub second_index_counts: bool,
    /// The operator between a key and its value, where pairs are no syntax of their own.
    pub pair_operator: Option<String>,
    /// How a clause catches two exceptions: `({one}, {other})`.
    pub caught_between: Option<String>,
    /// What counts down from one number to another: `{start}.downTo({end})`.
    pub count_down: Option<String>,
}

/// How a number is compared with the one that is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NanTest {
    /// What it is called.
    pub values: Vec<String>,
    /// What asks for it: `Number.isNaN({})`.
    pub test: String,
}

/// Lists that are made where they are compared, so that they equal nothing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLists {
    /// The operators that compare which list it is.
    pub operators: Vec<String>,
    /// How an empty one ends where it has parts, without blanks: `[0]`.
    #[serde(default)]
    pub empty_ends: Vec<String>,
    /// Functions that make an empty one.
    #[serde(default)]
    pub functions: Vec<String>,
    /// What gives the length of a list, after it: `.length`.
    pub length: String,
}

/// What gives the type of a value as a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeQuestion {
    /// The operator or the function.
    pub word: String,
    /// All that it gives.
    pub names: Vec<String>,
    /// What is written for one kind, and what is meant.
    pub meant: Vec<[String; 2]>,
}

/// How what was sought is kept apart from what was not found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexTest {
    /// Methods that give where something is.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Functions that give where a list has an item.
    #[serde(default)]
    pub functions: Vec<String>,
    /// What they give where it is not.
    pub missing: String,
    /// The operators that say that two values are the same, and that they are not.
    pub operators: [String; 2],
    /// What is wrong with the index as a condition.
    pub about: String,
}

/// How the message of an exception is put together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFormat {
    /// What formats: `sprintf({})`.
    pub call: String,
    /// Values are numbered in braces: `{0}`.
    #[serde(default)]
    pub numbered: bool,
}

/// How a name gets into a text, where a text by itself has none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interpolation {
    /// The quote of texts without names in them.
    pub quote: String,
    /// What opens the place of a name: `#{`.
    pub open: String,
    /// What comes before a text with names in it, if anything does.
    #[serde(default)]
    pub prefix: String,
    /// The quote of a text with names in it.
    pub quoted: String,
}

/// What changes a value in place and does not give it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InPlace {
    /// Methods that change their object.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Functions that change their first argument.
    #[serde(default)]
    pub functions: Vec<String>,
    /// What they give.
    pub gives: String,
    /// The methods are those of lists, which others have as well.
    #[serde(default)]
    pub of_lists: bool,
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
    #[serde(default)]
    pub unless: Vec<String>,
    /// The operators that compare where they are: for the same place, and for another one.
    #[serde(default = "usual_equality")]
    pub operators: [String; 2],
}

/// How most languages ask whether two values are equal, and whether they differ.
fn usual_equality() -> [String; 2] {
    ["==".to_owned(), "!=".to_owned()]
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
    /// Names in fixes that every program has and the grammar takes for plain names: `raise`.
    pub names_of_fixes: Vec<String>,
    /// Modules of the standard library that are often used, as far as their names are no usual
    /// names of variables.
    pub modules: Vec<String>,
    /// Functions that ask whether there is something: `isset`.
    pub missing_functions: Vec<String>,
    /// Methods of texts without any effect, and how many arguments they take.
    pub text_methods: Vec<(String, usize)>,
    /// Methods that only texts have.
    pub methods_of_texts: Vec<String>,
    /// Functions without any effect, and which of their arguments gets a new value.
    pub pure_functions: Vec<(String, usize)>,
    /// Functions and methods that cut a piece out of a text.
    pub slices: Vec<SliceCall>,
    /// Methods that run a block for each item of their object.
    pub each_methods: Vec<String>,
    /// Methods that take an item out of the list that they are called on.
    pub remove_methods: Vec<String>,
    /// Functions that show a text.
    pub showing: Vec<String>,
    /// What is often written for the name of a constructor or the like, and what is meant.
    pub misspelt_methods: Vec<[String; 2]>,
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

/// A call that cuts a piece out of a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceCall {
    /// Its name.
    pub name: String,
    /// The text is the first argument; otherwise the call is one of its methods.
    #[serde(default)]
    pub of_argument: bool,
    /// What the last argument is.
    pub last: SliceEnd,
}

/// What the last argument of a call is that cuts a piece out of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SliceEnd {
    /// Where the piece ends.
    End,
    /// How many characters it has; below zero, without a start, how many from the end.
    Count,
    /// How many characters it has, from the start of the text; the only argument.
    Take,
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
