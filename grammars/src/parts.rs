//! What a node is to its parent, in words that are the same for every language.
//!
//! A field of the grammar that is called like a part is that part; `roles.scm` says what other
//! children are. To add a part: a line here.

/// Declares the parts with the names that their captures have.
macro_rules! parts {
    ($($(#[doc = $doc:literal])* $part:ident = $name:literal,)*) => {
        /// What a node is to its parent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Part { $($(#[doc = $doc])* $part,)* }

        impl Part {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$part),*];

            /// The name of its capture in `roles.scm`, and of a field that needs no capture.
            pub fn name(self) -> &'static str {
                match self { $(Self::$part => $name),* }
            }
        }
    };
}

parts! {
    /// The name of what is defined, declared or called on an object.
    Name = "name",
    /// The new name of what is imported or caught.
    Alias = "alias",
    /// The declarator of a declaration, around the name.
    Declarator = "declarator",
    /// A pattern that is bound.
    Pattern = "pattern",
    /// What is declared or decorated.
    Definition = "definition",
    /// The left operand or the target.
    Left = "left",
    /// The right operand, the value that is assigned, what is walked over.
    Right = "right",
    /// The operator.
    Operator = "operator",
    /// The operand of a unary operator or of an update.
    Operand = "operand",
    /// What is called.
    Function = "function",
    /// The class of which an object is made.
    Constructor = "constructor",
    /// The arguments.
    Arguments = "arguments",
    /// What a member or an item is taken of, or a method is called on.
    Object = "object",
    /// The name of the member.
    Member = "member",
    /// The index.
    Index = "index",
    /// The list around the index.
    Indices = "indices",
    /// The value.
    Value = "value",
    /// The key of an entry.
    Key = "key",
    /// The type.
    Type = "type",
    /// The type of what a function returns.
    ReturnType = "return_type",
    /// The parameters.
    Parameters = "parameters",
    /// The types that a class derives from.
    Superclasses = "superclasses",
    /// The body.
    Body = "body",
    /// What is asked.
    Condition = "condition",
    /// What happens, or is given, if it is so.
    Consequence = "consequence",
    /// What happens, or is given, if it is not.
    Alternative = "alternative",
    /// What a loop or a branch starts with.
    Initializer = "initializer",
    /// What a loop does after each round.
    Step = "step",
    /// Where a piece begins.
    Start = "start",
    /// Where it ends.
    End = "end",
    /// What is imported from.
    Path = "path",
    /// The brackets of a list's type.
    Dimensions = "dimensions",
}

impl Part {
    /// The part of a capture or of a field of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|part| part.name() == name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_two_parts_have_one_name() {
        for part in Part::ALL {
            assert_eq!(Part::from_name(part.name()), Some(*part));
        }
    }
}
