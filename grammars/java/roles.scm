; What the nodes are, and what children are to their parents.

; Names
[(identifier) (scoped_identifier) (scoped_type_identifier) (type_identifier)] @name
[(identifier) (type_identifier)] @name.any
(identifier) @identifier
(type_identifier) @identifier.type
(this) @identifier.this

; Functions and types
[
  (method_declaration) (constructor_declaration) (compact_constructor_declaration)
  (lambda_expression)
] @function
(method_declaration) @function.method
(constructor_declaration) @function.constructor
(lambda_expression) @function.lambda
(class_declaration) @class
(class_body) @class.scope
(interface_declaration) @interface
(enum_declaration) @enum
[(class_declaration) (interface_declaration)] @type.definition
(superclass) @class.heritage
[(annotation) (marker_annotation)] @attribute
[(formal_parameters) (inferred_parameters) (type_parameters)] @parameters
[
  (catch_formal_parameter) (formal_parameter) (receiver_parameter) (spread_parameter)
  (type_parameter)
] @parameter
(void_type) @type.void

; Statements
(block) @block
(if_statement) @if
[(for_statement) (while_statement) (do_statement) (enhanced_for_statement)] @loop
(for_statement) @loop.counting
(enhanced_for_statement) @loop.each
(while_statement) @loop.while
(try_statement) @try
[(catch_type) (throws)] @catch
(return_statement) @return
(throw_statement) @throw
(break_statement) @break
(continue_statement) @continue
(assert_statement) @assert
(labeled_statement) @labeled
(expression_statement) @expression.statement
(import_declaration) @import
(import_declaration) @import.names

; Expressions
(method_invocation) @call
(object_creation_expression) @new
(argument_list) @arguments
(field_access) @member
(array_access) @index
(binary_expression) @binary
(unary_expression) @unary
(ternary_expression) @ternary
(parenthesized_expression) @parenthesized
(assignment_expression) @assignment
(update_expression) @update
[(update_expression) (assignment_expression) (object_creation_expression)] @effect

; Literals
(string_literal) @string
(string_fragment) @string.content
(character_literal) @character
(decimal_integer_literal) @number
[(true) (false)] @boolean
(null_literal) @null
(array_creation_expression) @list

; Declarations and patterns
[
  (formal_parameter) (spread_parameter) (field_declaration) (variable_declarator)
  (assignment_expression) (for_statement) (enhanced_for_statement)
] @declares
(variable_declarator) @declarator
(variable_declarator) @declares.variable
(variable_declarator) @declares.open
(spread_parameter) @declarator.list
(field_declaration) @field
(field_declaration) @declares.typed

; Preprocessor, templates, comments
(line_comment) @comment.line

; Parts
(field_access field: (_) @member)
(array_access array: (_) @object)
(for_statement init: (_) @initializer)
(for_statement update: (_) @step)
(unary_expression operand: (_) @operand)
(object_creation_expression type: (_) @constructor)
