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

--- Readable lines of a JSON value, names sorted, inner objects indented.
---@param value table
---@param indent string?
---@return string[]
function M.lines(value, indent)
  indent = indent or ''
  local lines = {}
  for name, inner in vim.spairs(value) do
    local label = indent .. words(name) .. ':'
    if type(inner) == 'table' and next(inner) ~= nil and not vim.islist(inner) then
      table.insert(lines, label)
      vim.list_extend(lines, M.lines(inner, indent .. '  '))
    else
      local text = inner == vim.NIL and '-' or type(inner) == 'table' and vim.json.encode(inner) or tostring(inner)
      table.insert(lines, label .. ' ' .. text:gsub('\n', ' '))
    end
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
