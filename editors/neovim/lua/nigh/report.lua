--- Words for the server's status: the window of `:Nigh status` and `:checkhealth nigh` show these lines.
---
--- Knows nothing of what is in a status: it shows whatever the server sends, the same in later versions.

local M = {}

--- `promptTokens` and `prompt_tokens` as words.
local function spaced(name)
  return (tostring(name):gsub('(%l)(%u)', '%1 %2'):gsub('_', ' '):lower())
end

--- Whether a value says anything.
local function has_content(value)
  return value ~= vim.NIL and value ~= '' and not (type(value) == 'table' and vim.tbl_isempty(value))
end

--- What comes first in the status; the rest follows by name.
local FIRST = { 'version', 'state', 'error', 'model' }

---@param object table
---@return string[] names what matters first, then sorted
local function ordered(object)
  local names = vim.tbl_filter(function(name)
    return object[name] ~= nil
  end, FIRST)
  for name in vim.spairs(object) do
    if not vim.list_contains(FIRST, name) then
      table.insert(names, name)
    end
  end
  return names
end

--- An object in one line.
local function inline(object)
  local parts = {}
  for _, name in ipairs(ordered(object)) do
    local value = object[name]
    if has_content(value) then
      local words = type(value) == 'table' and '(' .. inline(value) .. ')' or tostring(value)
      table.insert(parts, spaced(name) .. ' ' .. words)
    end
  end
  return table.concat(parts, ', ')
end

--- Readable lines of the server's status: a line per value, objects indented, those inside them in one line.
---@param status table
---@return string[]
function M.lines(status)
  local lines = {}
  local function add(name, value, depth)
    local label = ('  '):rep(depth) .. spaced(name) .. ':'
    if type(value) == 'table' and depth == 0 then
      table.insert(lines, label)
      for _, inner in ipairs(ordered(value)) do
        add(inner, value[inner], 1)
      end
    elseif type(value) == 'table' then
      table.insert(lines, label .. ' ' .. inline(value))
    elseif has_content(value) then
      table.insert(lines, label .. ' ' .. tostring(value):gsub('\n', ' '))
    end
  end
  for _, name in ipairs(ordered(status)) do
    add(name, status[name], 0)
  end
  return lines
end

return M
