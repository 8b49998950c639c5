; What the nodes are, and what children are to their parents.

; Names
(identifier) @name
[(identifier) (keyword_name) (keyword_names) (keyword_regnamespace) (keyword_rename)] @name.any
(identifier) @identifier

; Functions and types
(function_declaration) @function
(function_declaration) @function.named
(storage_parameters) @parameters
(parameter) @parameter

; Statements
(block) @block

; Expressions
(subscript) @index
(binary_expression) @binary
(unary_expression) @unary
(parenthesized_expression) @parenthesized
(assignment) @assignment

; Literals
[(list) (array)] @list

; Declarations and patterns
[(parameter) (assignment)] @declares
