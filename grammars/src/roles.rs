//! What a node is, in words that are the same for every language.
//!
//! `roles.scm` of a language maps the kinds of its grammar to [`Role`]s and the children of a node
//! to [`Part`](crate::Part)s; `syntax` looks both up by number when it lays a tree flat. Whoever
//! looks at code (bug patterns, names, next edits) asks for these and never for a kind of node. A
//! kind may have several roles. To add a role: a line here, its captures in the languages that have
//! it.

/// Declares the roles with the names that their captures have.
macro_rules! roles {
    ($($(#[doc = $doc:literal])* $role:ident = $name:literal,)*) => {
        /// What a node is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Role { $($(#[doc = $doc])* $role,)* }

        impl Role {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$role),*];

            /// The name of its capture in `roles.scm`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$role => $name),* }
            }
        }
    };
}

roles! {
    // Names
    /// A name of any kind: of a variable, a member, a type.
    Name = "name",
    /// A plain name: a variable or what is called.
    Identifier = "identifier",
    /// The name of a member where the grammar says it from a variable.
    MemberName = "identifier.member",
    /// The name of a type where the grammar says it from a variable.
    TypeName = "identifier.type",
    /// The name of a variable where the grammar says it from other plain names.
    VariableName = "identifier.variable",
    /// A name that takes a field of the same name out of an object.
    Shorthand = "identifier.shorthand",
    /// The object that a method is called on: `this`, `self`.
    This = "identifier.this",

    /// A leaf that is spelt as a name, whatever it names.
    AnyName = "name.any",

    // Functions and types
    /// Anything with parameters and a body.
    Function = "function",
    /// A function that is defined by name, no method.
    NamedFunction = "function.named",
    /// A function of a class or an object.
    Method = "function.method",
    /// A function that makes an object, where the grammar says it from methods.
    Constructor = "function.constructor",
    /// A function as a value.
    Lambda = "function.lambda",
    /// A function as a value that keeps the `this` of where it is written.
    Arrow = "function.arrow",
    /// A function as a value with a `this` of its own.
    FunctionExpression = "function.expression",
    /// A class.
    Class = "class",
    /// The node whose functions are methods of one class.
    ClassScope = "class.scope",
    /// An interface.
    Interface = "interface",
    /// An enumeration.
    Enum = "enum",
    /// Anything that defines a type under a name.
    TypeDefinition = "type.definition",
    /// The types that a class derives from.
    Heritage = "class.heritage",
    /// What changes the function or class below it.
    Decorator = "decorator",
    /// What is above a definition and belongs to it: `#[test]`.
    Attribute = "attribute",
    /// A function or class together with its decorators.
    Decorated = "decorated",
    /// A list of parameters.
    Parameters = "parameters",
    /// One parameter.
    Parameter = "parameter",
    /// A parameter with a default value.
    DefaultParameter = "parameter.default",
    /// A default value next to a type.
    TypedDefault = "parameter.default.typed",
    /// A parameter with its type.
    TypedParameter = "parameter.typed",
    /// The type that says that nothing is returned.
    VoidType = "type.void",

    // Statements
    /// Any statement.
    Statement = "statement",
    /// A block of statements.
    Block = "block",
    /// A branch on a condition.
    If = "if",
    /// A further condition that is part of the node of the first.
    ElseIf = "if.else_if",
    /// What happens otherwise.
    Else = "if.else",
    /// A `switch`.
    Switch = "switch",
    /// A `match` that is an expression.
    Match = "match",
    /// One case of a `switch`.
    Case = "case",
    /// Any loop.
    Loop = "loop",
    /// A loop with a start, a condition and a step.
    CountingLoop = "loop.counting",
    /// A loop over the items of something.
    ForEach = "loop.each",
    /// A loop that asks first.
    While = "loop.while",
    /// The start, condition and step, where they are a node of their own.
    LoopHead = "loop.head",
    /// What a loop goes through, where it is a node of its own.
    RangeClause = "loop.range",
    /// What a comprehension goes through.
    ComprehensionLoop = "loop.comprehension",
    /// A statement that catches exceptions.
    Try = "try",
    /// What names the exceptions that are caught or declared.
    Catch = "catch",
    /// A clause that catches exceptions.
    CatchClause = "catch.clause",
    /// A statement around which something is opened and closed.
    With = "with",
    /// `return`.
    Return = "return",
    /// `throw`, `raise`.
    Throw = "throw",
    /// `break`.
    Break = "break",
    /// `continue`.
    Continue = "continue",
    /// `goto`.
    Goto = "goto",
    /// `assert`.
    Assert = "assert",
    /// `del`, `delete`.
    Delete = "delete",
    /// Shows what is in it.
    Output = "output",
    /// The statement that does nothing.
    Nothing = "nothing",
    /// A statement with a label.
    Labeled = "labeled",
    /// An expression as a statement.
    ExpressionStatement = "expression.statement",
    /// Variables that exist in the whole function, wherever they are declared.
    Hoisted = "declaration.hoisted",
    /// Makes names of an outer scope one's own.
    OuterNames = "declaration.outer",
    /// Makes names of the module one's own.
    GlobalNames = "declaration.global",
    /// An import.
    Import = "import",
    /// One imported name.
    ImportItem = "import.item",
    /// What an import brings in.
    ImportClause = "import.clause",
    /// An import of all names.
    WildcardImport = "import.wildcard",
    /// A name and its new name in an import.
    ImportAlias = "import.alias",
    /// A path of names in an import.
    ImportPath = "import.path",
    /// Brings in names, whether it is a statement of its own or not.
    ImportedNames = "import.names",
    /// An export.
    Export = "export",
    /// A namespace, or declarations of what is elsewhere.
    Namespace = "namespace",
    /// The node around the whole file.
    Module = "module",
    /// What only the previous major version of the language has.
    Legacy = "legacy",

    // Expressions
    /// A call.
    Call = "call",
    /// A call that makes an object.
    New = "new",
    /// A call of a macro.
    Macro = "macro",
    /// The tokens that a macro gets.
    MacroTokens = "macro.tokens",
    /// What is called, with the types that are given to it: `f::<T>`.
    GenericFunction = "call.generic",
    /// The arguments of a call.
    Arguments = "arguments",
    /// One argument, where the grammar wraps it.
    Argument = "argument",
    /// An argument by name.
    KeywordArgument = "argument.keyword",
    /// Several arguments or items as one.
    Spread = "argument.spread",
    /// Named arguments as one.
    KeywordSpread = "argument.spread.keyword",
    /// A member of an object: `a.b`.
    Member = "member",
    /// An item of something: `a[i]`.
    Index = "index",
    /// The bounds of a piece inside the brackets: `i:j`.
    Slice = "slice",
    /// A piece of something: `a[i:j]`.
    SliceExpression = "slice.expression",
    /// A range of numbers: `a..b`.
    Range = "range",
    /// What a pointer points to: `*a`.
    Dereference = "dereference",
    /// A reference to a place: `&a`.
    Reference = "reference",
    /// Two operands with an operator between them.
    Binary = "binary",
    /// A chain of comparisons.
    Comparison = "comparison",
    /// `and`, `or`, where the grammar says them from other operators.
    Logical = "logical",
    /// An operator with one operand.
    Unary = "unary",
    /// `not`, where the grammar says it from other operators.
    Not = "not",
    /// `c ? a : b`.
    Ternary = "ternary",
    /// Parentheses around an expression.
    Parenthesized = "parenthesized",
    /// The parentheses of a condition.
    ConditionClause = "condition",
    /// `await`.
    Await = "await",
    /// `yield`.
    Yield = "yield",
    /// `a = b`.
    Assignment = "assignment",
    /// `a += b`.
    CompoundAssignment = "assignment.compound",
    /// An assignment inside an expression.
    NamedExpression = "assignment.named",
    /// `i++`.
    Update = "update",
    /// An expression that says that a value is there.
    NonNull = "non_null",
    /// What does something when it is evaluated, other than a call.
    Effect = "effect",
    /// What is not evaluated: only its type counts.
    Unevaluated = "unevaluated",

    // Literals
    /// A text.
    String = "string",
    /// A text in which nothing is escaped.
    RawString = "string.raw",
    /// A text with values in it.
    Template = "string.template",
    /// Texts that become one because they follow each other.
    Concatenated = "string.concatenated",
    /// The characters of a text.
    StringContent = "string.content",
    /// A value in a text.
    Interpolation = "string.interpolation",
    /// A character.
    Char = "character",
    /// A regular expression.
    Regex = "regex",
    /// A whole number; any number where the grammar has one kind.
    Number = "number",
    /// A number with a fraction.
    Float = "number.float",
    /// `true`, `false`.
    Boolean = "boolean",
    /// The value that is none.
    Null = "null",
    /// The value of what has none yet.
    Undefined = "undefined",
    /// A list.
    List = "list",
    /// A list that a comprehension makes.
    ListComprehension = "list.comprehension",
    /// Several values as one.
    Tuple = "tuple",
    /// Several values without parentheses.
    ExpressionList = "tuple.bare",
    /// Values by keys.
    Map = "map",
    /// Values by keys that a comprehension makes.
    MapComprehension = "map.comprehension",
    /// One key and its value.
    Pair = "pair",
    /// Items without an order.
    Set = "set",
    /// Items without an order that a comprehension makes.
    SetComprehension = "set.comprehension",
    /// Items that are made one by one.
    Generator = "generator",
    /// An object of the type that is written before it.
    TypedLiteral = "literal.typed",

    // Declarations and names
    /// Declares names or gives them something.
    Declaration = "declares",
    /// One of several that are declared at once.
    Declarator = "declarator",
    /// Brings a new variable in with a value.
    VariableDefinition = "declares.variable",
    /// Says nothing of the type without a type or value.
    OpenDeclaration = "declares.open",
    /// Declares a list, whatever its type says.
    ListDeclarator = "declarator.list",
    /// Declares a pointer.
    PointerDeclarator = "declarator.pointer",
    /// Wraps the name that is declared.
    DeclaratorWrapper = "declarator.wrapper",
    /// Several targets of one assignment.
    Targets = "targets",
    /// Takes the rest of the items.
    RestPattern = "pattern.rest",
    /// Takes the rest of the named arguments.
    KeywordRestPattern = "pattern.rest.keyword",
    /// A field of a class or a structure.
    Field = "field",
    /// Declares with a type that may be volatile.
    TypedDeclaration = "declares.typed",
    /// What computes the value of a property whenever it is read.
    Accessor = "accessor",
    /// Text between pieces of code, as HTML between pieces of PHP.
    Markup = "markup",
    /// Knows the names that are bound in it.
    Scope = "scope",
    /// A scope of a comprehension: `:=` binds outside of it.
    ComprehensionScope = "scope.comprehension",
    /// Binds every name that is written in it.
    BindsAll = "binds",
    /// A pattern between a name and the node that binds it.
    Pattern = "pattern",
    /// Binds what it matches under a name.
    AsPattern = "pattern.as",
    /// The name under which something is bound.
    AsTarget = "pattern.as.target",
    /// Part of a case that is matched.
    CasePattern = "pattern.case",
    /// Matches anything and binds its names.
    CapturePattern = "pattern.capture",
    /// Matches a member by its name.
    KeywordPattern = "pattern.keyword",
    /// A type where one is annotated.
    TypeAnnotation = "type",
    /// Another name of a type.
    TypeAlias = "type.alias",

    // Preprocessors, templates and operators
    /// A directive of a preprocessor, with what it covers.
    Preprocessor = "preprocessor",
    /// The definition of a macro.
    MacroDefinition = "macro.definition",
    /// The arguments of a template.
    TemplateArguments = "template.arguments",
    /// The name of an operator that is defined.
    OperatorName = "operator.name",
    /// A conversion that is defined as an operator.
    OperatorCast = "operator.cast",
    /// A comment that ends with its line, where the grammar says it from others.
    LineComment = "comment.line",
}

impl Role {
    /// The role of a capture.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles([u64; WORDS]);

const WORDS: usize = 3;
const _: () = assert!(Role::ALL.len() <= 64 * WORDS);

impl Roles {
    /// No role.
    pub const NONE: Self = Self([0; WORDS]);

    /// These roles.
    pub const fn of(roles: &[Role]) -> Self {
        let mut set = Self::NONE;
        let mut at = 0;
        while at < roles.len() {
            let bit = roles[at] as usize;
            set.0[bit / 64] |= 1 << (bit % 64);
            at += 1;
        }
        set
    }

    /// These roles and those.
    pub const fn or(self, other: Self) -> Self {
        let mut set = self;
        let mut at = 0;
        while at < WORDS {
            set.0[at] |= other.0[at];
            at += 1;
        }
        set
    }

    /// Whether the sets have a role in common.
    pub fn meets(self, other: Self) -> bool {
        self.0
            .iter()
            .zip(other.0)
            .any(|(own, other)| own & other != 0)
    }

    /// The roles one by one.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL
            .iter()
            .copied()
            .filter(move |role| self.meets((*role).into()))
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Self {
        Self::of(&[role])
    }
}

impl<const COUNT: usize> From<[Role; COUNT]> for Roles {
    fn from(roles: [Role; COUNT]) -> Self {
        Self::of(&roles)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_two_roles_have_one_name() {
        for (at, role) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, at);
            assert_eq!(Role::from_name(role.name()), Some(*role));
        }
    }

    #[test]
    fn sets_know_what_is_in_them() {
        let set = Roles::from([Role::Name, Role::LineComment]);
        assert!(set.meets(Role::Name.into()) && set.meets(Role::LineComment.into()));
        assert!(!set.meets(Role::Call.into()) && !Roles::NONE.meets(set));
        let both: Vec<Role> = set.or(Role::Call.into()).iter().collect();
        assert_eq!(both, [Role::Name, Role::Call, Role::LineComment]);
    }
}
