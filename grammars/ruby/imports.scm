; require "a"; require_relative "b"
(call
  method: (identifier) @_call
  arguments: (argument_list . (string) @path)
  (#any-of? @_call "require" "require_relative" "load" "autoload")) @import
