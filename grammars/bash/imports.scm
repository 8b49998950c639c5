; source lib.sh; . ./lib.sh
(command name: (command_name) @_source . argument: (_) @path (#any-of? @_source "source" ".")) @import
