; What the nodes are, and what children are to their parents.
; `true`, `null`, `break` and `continue` are plain identifiers in this grammar.

; Names
(identifier) @name @name.any @identifier
(this_expression) @identifier.this

; Functions and types
[
  (function_declaration) (anonymous_function) (lambda_literal) (secondary_constructor) (getter)
  (setter)
] @function
(function_declaration) @function.named
(secondary_constructor) @function.constructor
[(lambda_literal) (anonymous_function)] @function.lambda
[(class_declaration) (object_declaration) (companion_object)] @class
[(class_body) (enum_class_body)] @class.scope
[(class_declaration) (object_declaration) (type_alias)] @type.definition
(delegation_specifiers) @class.heritage
(annotation) @attribute
[(function_value_parameters) (class_parameters) (lambda_parameters)] @parameters
[(parameter) (class_parameter)] @parameter

; Statements
(block) @block
(if_expression) @if
(if_expression "else") @ternary
(when_expression) @match
(when_entry) @case
[(for_statement) (while_statement) (do_while_statement)] @loop
(for_statement) @loop.each
(while_statement) @loop.while
(try_expression) @try @effect
(catch_block) @catch.clause @catch
(return_expression) @return
(throw_expression) @throw
(labeled_expression (identifier)) @break
[(return_expression) (throw_expression)] @effect
(import) @import @import.names

; Expressions
(call_expression) @call
(value_arguments) @arguments
(value_argument) @argument
(value_argument "=") @argument.keyword
(spread_expression) @argument.spread
(navigation_expression) @member
(index_expression) @index
(range_expression) @range
[
  (binary_expression) (infix_expression) (in_expression) (is_expression) (as_expression)
] @binary
(unary_expression) @unary
(unary_expression operator: ["++" "--"]) @update @effect
(unary_expression operator: "!!") @non_null
(parenthesized_expression) @parenthesized
(assignment operator: "=") @assignment
(assignment operator: ["+=" "-=" "*=" "/=" "%="]) @assignment.compound
[(assignment) (lambda_literal) (anonymous_function) (object_literal)] @effect

; Literals
(string_literal) @string
(multiline_string_literal) @string.raw
(interpolation) @string.interpolation
(string_content) @string.content
(character_literal) @character
(number_literal) @number
(float_literal) @number.float

; Declarations
[(parameter) (class_parameter) (property_declaration) (for_statement) (assignment)] @declares
(property_declaration) @declares.variable
(variable_declaration) @declares @declares.open
(property_declaration) @field
(line_comment) @comment.line

; Parts
(call_expression . (_) @function)
(call_expression (value_arguments) @arguments)
(call_expression (annotated_lambda) @body)
(infix_expression . (_) @left)
(infix_expression (_) @right .)
(infix_expression (identifier) @operator)
(navigation_expression . (_) @object)
(navigation_expression (identifier) @member .)
(index_expression . (_) @object)
(index_expression (_) @index .)
(function_declaration (function_value_parameters) @parameters)
(function_declaration (function_body) @body)
(anonymous_function (function_value_parameters) @parameters)
(anonymous_function (function_body) @body)
(secondary_constructor (function_value_parameters) @parameters)
(secondary_constructor (block) @body)
(lambda_literal (lambda_parameters) @parameters)
(class_declaration (class_body) @body)
(object_declaration (class_body) @body)
(if_expression condition: (_) @condition)
(if_expression "else" . (_) @alternative)
(if_expression ")" . (_) @consequence)
(for_statement (variable_declaration) @left)
(for_statement (multi_variable_declaration) @left)
(for_statement ")" . (_) @body)
(for_statement "in" . (_) @right)
(while_statement condition: (_) @condition)
(while_statement ")" . (_) @body)
(unary_expression argument: (_) @operand)
(property_declaration (variable_declaration) @name)
(variable_declaration . (identifier) @name)
(variable_declaration ":" . (_) @type)
(property_declaration "=" . (_) @value)
(parameter . (identifier) @name)
(parameter ":" . (_) @type)
(class_parameter (identifier) @name)
(class_parameter ":" . (_) @type)

; What computes a property
[(getter) (property_delegate)] @accessor
; An infix call may do anything
(infix_expression) @effect
