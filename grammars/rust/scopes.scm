; What encloses the cursor: functions, impls, types, traits, modules.
(function_item name: (_) @name body: (_) @body) @scope.function
(impl_item type: (_) @name body: (_) @body) @scope.impl
(trait_item name: (_) @name body: (_) @body) @scope.interface
(struct_item name: (_) @name body: (_) @body) @scope.struct
(union_item name: (_) @name body: (_) @body) @scope.struct
(enum_item name: (_) @name body: (_) @body) @scope.enum
(mod_item name: (_) @name body: (_) @body) @scope.module
(macro_definition name: (_) @name) @scope.macro
(closure_expression body: (block) @body) @scope.lambda
