--- `:Nigh status | toggle | log | restart`. To add one: a function in `M.list` and its line in doc/nigh.txt.

local nigh = require('nigh')
local M = {}

local function say(text, level)
  vim.notify('nigh: ' .. text, level or vim.log.levels.INFO)
end

--- `promptTokens` and `prompt_tokens` as words.
local function words(name)
  return (tostring(name):gsub('(%l)(%u)', '%1 %2'):gsub('_', ' '):lower())
end

--- Whether a value says anything.
local function said(value)
  return value ~= vim.NIL and value ~= ''
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

--- Readable lines of the server's status: a line per value, objects indented, those inside them in one line.
---@param status table
---@return string[]
function M.lines(status)
  local lines = {}
  local function add(name, value, depth)
    local label = ('  '):rep(depth) .. words(name) .. ':'
    if type(value) == 'table' and depth == 0 then
      table.insert(lines, label)
      for _, inner in ipairs(ordered(value)) do
        add(inner, value[inner], 1)
      end
    elseif type(value) == 'table' then
      local parts = {}
      for _, inner in ipairs(ordered(value)) do
        if said(value[inner]) then
          table.insert(parts, words(inner) .. ' ' .. tostring(value[inner]))
        end
      end
      table.insert(lines, label .. ' ' .. table.concat(parts, ', '))
    elseif said(value) then
      table.insert(lines, label .. ' ' .. tostring(value):gsub('\n', ' '))
    end
  end
  for _, name in ipairs(ordered(status)) do
    add(name, status[name], 0)
  end
  return lines
end

M.list = {}

--- Shows what the server says about itself in a small window that closes when the cursor moves.
function M.list.status()
  local client = nigh.client()
  if not client then
    say('no server is running; :checkhealth nigh says why', vim.log.levels.WARN)
    return
  end
  client:request('nigh/status', nil, function(err, result)
    if err or type(result) ~= 'table' then
      say('the server gave no status: ' .. (err and err.message or 'empty answer'), vim.log.levels.ERROR)
      return
    end
    local shown = require('nigh.suggestions').enabled and 'on' or 'off (:Nigh toggle)'
    local lines = vim.list_extend({ 'suggestions: ' .. shown }, M.lines(result))
    vim.lsp.util.open_floating_preview(lines, '', { border = 'rounded', title = ' nigh ', focus_id = 'nigh' })
  end)
end

function M.list.toggle()
  say('suggestions are ' .. (require('nigh.suggestions').toggle() and 'on' or 'off'))
end

--- Opens the file in which Neovim keeps what the server writes to stderr.
function M.list.log()
  vim.cmd.tabnew(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd.normal({ 'G', bang = true })
end

--- Stops the server, waits for its end, starts it again for all open files.
function M.list.restart()
  local client = nigh.client()
  vim.lsp.enable('nigh', false)
  local function start(tries)
    if client and tries > 0 and vim.lsp.get_client_by_id(client.id) then
      if tries == 1 then
        client:stop(true)
      end
      vim.defer_fn(function()
        start(tries - 1)
      end, 50)
    else
      vim.lsp.enable('nigh')
    end
  end
  start(60)
end

--- Runs `:Nigh NAME`.
---@param name string
function M.run(name)
  local command = M.list[name]
  if not command then
    say(("unknown command '%s'; there are: %s"):format(name, table.concat(M.names(''), ', ')), vim.log.levels.ERROR)
    return
  end
  command()
end

--- The commands that begin with these letters.
---@param lead string
---@return string[]
function M.names(lead)
  local names = vim.tbl_keys(M.list)
  table.sort(names)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M
