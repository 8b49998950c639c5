--- `:Nigh model [NAME]`: another model for all editors, checked before it is chosen.
---
--- commands.lua calls `use` and `choose` and hands in how to restart and how to speak. Which models are on this machine, and
--- which can be used, is known to the program: `nigh model list` and `nigh model use`.

local nigh = require('nigh')
local M = {}

---@alias nigh.Say fun(text: string, level: integer?)

--- The program and the arguments before `serve` in the server's command; says so if something comes before the choice.
---@param say nigh.Say
---@return string[]?
local function program(say)
  local before = {}
  for _, word in ipairs(nigh.options.cmd) do
    if vim.startswith(word, '--model') then
      say('the option `cmd` passes --model, which takes precedence; remove it from your configuration', vim.log.levels.ERROR)
      return nil
    elseif word ~= 'serve' then
      table.insert(before, word)
    end
  end
  if vim.tbl_get(nigh.options.settings, 'model', 'path') then
    say('the option `settings.model.path` takes precedence; remove it from your configuration', vim.log.levels.ERROR)
    return nil
  end
  return before
end

--- Runs `nigh model ...` and hands on what it prints, and its remarks; says what it complains of.
---@param arguments string[]
---@param say nigh.Say
---@param act fun(output: string, remark: string)
local function run(arguments, say, act)
  local command = program(say)
  if not command then
    return
  end
  vim.list_extend(command, vim.list_extend({ 'model' }, arguments))
  vim.system(command, { text = true }, vim.schedule_wrap(function(result)
    local remark = vim.trim(result.stderr):gsub('^nigh: ', '')
    if result.code == 0 then
      act(result.stdout, remark)
    else
      say(remark, vim.log.levels.ERROR)
    end
  end))
end

--- Chooses a model for all editors and restarts the server with it.
---@param name string a name of the list, a path, or `embedded`
---@param restart fun()
---@param say nigh.Say
function M.use(name, restart, say)
  local file = vim.fn.fnamemodify(vim.fs.normalize(name), ':p')
  local wanted = name ~= 'embedded' and vim.uv.fs_stat(file) and file or name
  run({ 'use', wanted }, say, function(_, remark)
    restart()
    if remark == '' then
      say(('using the model %s in all editors'):format(vim.fs.basename(wanted)))
    else -- the environment names another model
      say(('the model %s is chosen for all editors, but %s'):format(vim.fs.basename(wanted), remark), vim.log.levels.WARN)
    end
  end)
end

--- Shows the models that can be used, and uses the one that is picked.
---@param restart fun()
---@param say nigh.Say
function M.choose(restart, say)
  run({ 'list', '--json' }, say, function(output)
    local models = vim.tbl_filter(function(model)
      return model.usable
    end, vim.json.decode(output).models)
    local function line(model)
      local memory = ('%.1f GB of memory'):format(model.memoryBytes / 1e9)
      return ('%s (%s)%s'):format(model.name, memory, model.chosen and ', in use' or '')
    end
    vim.ui.select(models, { prompt = 'Model for all editors:', format_item = line }, function(model)
      if model then
        M.use(model.name, restart, say)
      end
    end)
  end)
end

return M
