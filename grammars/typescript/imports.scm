; import a from "m"; import { b, c as d } from "m"; import * as e from "m"; import g = require("m"); export * from "m"; const f = require("m")
(import_statement source: (string) @path) @import
(export_statement source: (string) @path) @import
(import_clause (identifier) @name)
(namespace_import (identifier) @name)
(import_specifier name: (_) @name)
(import_specifier alias: (_) @name)
(variable_declarator
  name: (_) @name
  value: (call_expression function: (identifier) @_call arguments: (arguments . (string) @path))
  (#eq? @_call "require")) @import
(import_statement (import_require_clause (identifier) @name source: (string) @path)) @import
