; What the nodes are, and what children are to their parents.

; Names
[
  (identifier) (private_property_identifier) (property_identifier) (shorthand_property_identifier)
  (statement_identifier)
] @name
[
  (identifier) (private_property_identifier) (property_identifier) (shorthand_property_identifier)
  (shorthand_property_identifier_pattern) (statement_identifier)
] @name.any
(identifier) @identifier
(property_identifier) @identifier.member
(shorthand_property_identifier_pattern) @identifier.shorthand
(this) @identifier.this

; Functions and types
[
  (function_declaration) (function_expression) (generator_function)
  (generator_function_declaration) (arrow_function) (method_definition)
] @function
[(function_declaration) (generator_function_declaration)] @function.named
(method_definition) @function.method
(arrow_function) @function.arrow
(function_expression) @function.expression
[(class_declaration) (class)] @class
(class_body) @class.scope
(class_declaration) @type.definition
(class_heritage) @class.heritage
(decorator) @decorator
(formal_parameters) @parameters

; Statements
(statement_block) @block
(if_statement) @if
(else_clause) @if.else
(switch_statement) @switch
[(switch_case) (switch_default)] @case
[(for_statement) (while_statement) (do_statement) (for_in_statement)] @loop
(for_statement) @loop.counting
(for_in_statement) @loop.each
(while_statement) @loop.while
(try_statement) @try
(with_statement) @with
(return_statement) @return
(throw_statement) @throw
(break_statement) @break
(continue_statement) @continue
(empty_statement) @nothing
(labeled_statement) @labeled
(expression_statement) @expression.statement
(variable_declaration) @declaration.hoisted
(import_statement) @import
[(import_attribute) (import_clause) (import_specifier) (import_statement)] @import.names
(import_specifier) @import.item
(import_clause) @import.clause
(export_statement) @export

; Expressions
(call_expression) @call
(new_expression) @new
(arguments) @arguments
(member_expression) @member
(subscript_expression) @index
(binary_expression) @binary
(unary_expression) @unary
(ternary_expression) @ternary
(parenthesized_expression) @parenthesized
(await_expression) @await
(yield_expression) @yield
(assignment_expression) @assignment
(augmented_assignment_expression) @assignment.compound
(update_expression) @update
[
  (await_expression) (yield_expression) (update_expression) (assignment_expression)
  (augmented_assignment_expression)
] @effect

; Literals
(string) @string
(template_string) @string.template
(string_fragment) @string.content
(regex) @regex
(number) @number
[(true) (false)] @boolean
(null) @null
(undefined) @undefined
(array) @list
(object) @map
(pair) @pair

; Declarations and patterns
[
  (field_definition) (variable_declarator) (assignment_expression) (for_statement)
  (for_in_statement)
] @declares
(variable_declarator) @declarator
(variable_declarator) @declares.variable
(variable_declarator) @declares.open
(rest_pattern) @declarator.list
(rest_pattern) @declarator.wrapper
(field_definition) @field

; Parts
(member_expression property: (_) @member)
(field_definition property: (_) @name)
(for_statement increment: (_) @step)
(unary_expression argument: (_) @operand)
(update_expression argument: (_) @operand)
