--- `:Nigh status | toggle | log | restart | model | explain | fix`. To add one: a function in `M.list` and its line in doc/nigh.txt.
---
--- plugin/nigh.lua calls `run` and `complete`. What takes more than a few lines has a file of its own.

local nigh = require('nigh')
local M = {}

local function say(text, level)
  vim.notify('nigh: ' .. text, level or vim.log.levels.INFO)
end

---@type table<string, fun(argument: string)>
M.list = {}

--- The running server; says so where there is none.
---@return vim.lsp.Client?
local function running()
  local client = nigh.client()
  if not client then
    say('no server is running; :checkhealth nigh says why', vim.log.levels.WARN)
  end
  return client
end

--- The server of the current file; says so where there is none.
---@return vim.lsp.Client?
local function serving()
  local client = running()
  if client and not client.attached_buffers[vim.api.nvim_get_current_buf()] then
    say('nigh does not serve this buffer: it needs a name and a file type', vim.log.levels.WARN)
    return nil
  end
  return client
end

local function complain(why)
  say(why, vim.log.levels.WARN)
end

--- Shows what the server says about itself in a small window that closes when the cursor moves.
function M.list.status()
  local client = running()
  if not client then
    return
  end
  client:request('nigh/status', nil, function(err, result)
    if err or type(result) ~= 'table' then
      say('the server sent no status: ' .. (err and err.message or 'empty answer'), vim.log.levels.ERROR)
      return
    end
    local shown = require('nigh.suggestions').enabled and 'on' or 'off (:Nigh toggle)'
    local lines = vim.list_extend({ 'suggestions: ' .. shown }, require('nigh.report').lines(result))
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

--- A command of a file of its own, which wants the client of this buffer.
local function served(name)
  return function()
    local client = serving()
    if client then
      require(name).run(client, complain)
    end
  end
end

--- What the model sees at the cursor, in a split.
M.list.explain = served('nigh.explain')

--- The fixes of the file as a diff in a split.
M.list.fix = served('nigh.fix')

--- Chooses another model and restarts the server; without a name it shows those that are here.
---@param name string
function M.list.model(name)
  local model = require('nigh.model')
  if name == '' then
    model.choose(M.list.restart, say)
  else
    model.use(name, M.list.restart, say)
  end
end

--- Runs `:Nigh NAME [ARGUMENT]`.
---@param words string the text after `:Nigh`
function M.run(words)
  local name, argument = words:match('^(%S+)%s*(.-)%s*$')
  local command = M.list[name]
  if not command then
    say(("unknown command '%s'; the commands are %s"):format(name, table.concat(M.names(''), ', ')), vim.log.levels.ERROR)
    return
  end
  command(argument)
end

--- Completion of `:Nigh`: the names of commands, and of files after `model`.
---@param lead string the word that is being typed
---@param line string the command line up to it
---@return string[]
function M.complete(lead, line)
  if line:match('^%s*%S+%s+model%s') then
    return vim.fn.getcompletion(lead, 'file')
  end
  return line:match('^%s*%S+%s+%S+%s') and {} or M.names(lead)
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
