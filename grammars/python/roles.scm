; What the nodes are, and what children are to their parents.

; Names
(identifier) @name
(identifier) @name.any
(identifier) @identifier

; Functions and types
[(function_definition) (lambda)] @function
(function_definition) @function.named
(lambda) @function.lambda
(class_definition) @class
(class_definition) @class.scope
(class_definition) @type.definition
(decorator) @decorator
(decorated_definition) @decorated
[(lambda_parameters) (parameters)] @parameters
[(default_parameter) (type_parameter) (typed_default_parameter) (typed_parameter)] @parameter
(default_parameter) @parameter.default
(typed_parameter) @parameter.typed
(typed_default_parameter) @parameter.default.typed

; Statements
[
  (assert_statement) (break_statement) (continue_statement) (delete_statement) (exec_statement)
  (expression_statement) (for_statement) (future_import_statement) (global_statement)
  (if_statement) (import_from_statement) (import_statement) (match_statement) (nonlocal_statement)
  (pass_statement) (print_statement) (raise_statement) (return_statement) (try_statement)
  (type_alias_statement) (while_statement) (with_statement)
] @statement
(block) @block
(if_statement) @if
(elif_clause) @if.else_if
(else_clause) @if.else
[(for_statement) (while_statement)] @loop
(for_statement) @loop.each
(while_statement) @loop.while
(for_in_clause) @loop.comprehension
(try_statement) @try
(except_clause) @catch
(except_clause) @catch.clause
(with_statement) @with
(return_statement) @return
(raise_statement) @throw
(break_statement) @break
(continue_statement) @continue
(assert_statement) @assert
(delete_statement) @delete
(pass_statement) @nothing
(expression_statement) @expression.statement
(global_statement) @declaration.global
(nonlocal_statement) @declaration.outer
[(import_statement) (import_from_statement) (future_import_statement)] @import
[(import_from_statement) (import_prefix) (import_statement)] @import.names
(wildcard_import) @import.wildcard
(aliased_import) @import.alias
(dotted_name) @import.path
(module) @module
[(print_statement) (exec_statement)] @legacy

; Expressions
(call) @call
(argument_list) @arguments
(keyword_argument) @argument.keyword
[(list_splat) (dictionary_splat)] @argument.spread
(dictionary_splat) @argument.spread.keyword
(attribute) @member
(subscript) @index
(slice) @slice
(binary_operator) @binary
(comparison_operator) @comparison
(boolean_operator) @logical
(unary_operator) @unary
(not_operator) @not
(conditional_expression) @ternary
(parenthesized_expression) @parenthesized
(await) @await
(yield) @yield
(assignment) @assignment
(augmented_assignment) @assignment.compound
(named_expression) @assignment.named
[(await) (yield) (named_expression) (lambda)] @effect

; Literals
(string) @string
(concatenated_string) @string.concatenated
(string_content) @string.content
(interpolation) @string.interpolation
(integer) @number
(float) @number.float
[(true) (false)] @boolean
(none) @null
(list) @list
(list_comprehension) @list.comprehension
(tuple) @tuple
(expression_list) @tuple.bare
(dictionary) @map
(dictionary_comprehension) @map.comprehension
(pair) @pair
(set) @set
(set_comprehension) @set.comprehension
(generator_expression) @generator

; Declarations and patterns
[
  (typed_parameter) (typed_default_parameter) (default_parameter) (list_splat_pattern)
  (dictionary_splat_pattern) (assignment) (named_expression) (for_statement) (for_in_clause)
  (as_pattern)
] @declares
(assignment) @declares.variable
[(pattern_list) (tuple_pattern) (expression_list)] @targets
(list_splat_pattern) @pattern.rest
(dictionary_splat_pattern) @pattern.rest.keyword
[
  (module) (function_definition) (class_definition) (lambda) (list_comprehension)
  (set_comprehension) (dictionary_comprehension) (generator_expression)
] @scope
[
  (list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)
] @scope.comprehension
[(global_statement) (nonlocal_statement) (delete_statement) (type_parameter) (case_pattern)] @binds
[
  (pattern_list) (tuple_pattern) (list_pattern) (list_splat_pattern) (dictionary_splat_pattern)
  (as_pattern_target) (tuple) (list) (parenthesized_expression) (list_splat)
] @pattern
(as_pattern) @pattern.as
[(case_clause) (union_pattern) (class_pattern) (dict_pattern) (splat_pattern)] @pattern.case
(case_pattern) @pattern.capture
(keyword_pattern) @pattern.keyword
(type) @type
(type_alias_statement) @type.alias

; Parts
(_ operators: (_) @operator)
(attribute attribute: (_) @member)
(subscript value: (_) @object)
(subscript subscript: (_) @index)
(typed_parameter . (identifier) @name)
(not_operator argument: (_) @operand)
(unary_operator argument: (_) @operand)
