--- `:Nigh model PATH`: another model for this session, checked before it is used.
---
--- commands.lua calls `use` and hands in how to restart and how to speak. What a model must be is known to the program: its
--- command `check-model` says whether this one can be used.

local nigh = require('nigh')
local M = {}

--- The program and the arguments before `serve` in the server's command; nil if the command names a model itself.
---@return string[]?
local function program()
  local before = {}
  for _, word in ipairs(nigh.options.cmd) do
    if vim.startswith(word, '--model') then
      return nil
    elseif word ~= 'serve' then
      table.insert(before, word)
    end
  end
  return before
end

--- Checks a model, then restarts the server with it. An empty path means the model inside the program.
---@param path string
---@param restart fun()
---@param say fun(text: string, level: integer?)
function M.use(path, restart, say)
  local command = program()
  if not command then
    say('the option `cmd` passes --model, which takes precedence; remove it from your configuration', vim.log.levels.ERROR)
    return
  elseif path == '' then
    nigh.configure({ model = { path = vim.NIL } })
    restart()
    return
  end
  path = vim.fn.fnamemodify(vim.fs.normalize(path), ':p')
  vim.system(vim.list_extend(command, { 'check-model', path }), { text = true }, vim.schedule_wrap(function(result)
    if result.code ~= 0 then
      local why = vim.trim(result.stderr):gsub('^nigh: ', '')
      say(why, vim.log.levels.ERROR)
      return
    end
    nigh.configure({ model = { path = path } })
    restart()
    say(('using the model %s until Neovim exits; see :help nigh-model to keep it'):format(vim.fs.basename(path)))
  end))
end

return M
