--- The keys of insert mode, set in the buffers that nigh serves.
---
--- Each key does its work while a suggestion is shown (or, where it says so, always); otherwise it does
--- what it did before: the user's or another plugin's mapping, or the plain key. To add a key: one row
--- in `ROWS`, its default in `DEFAULTS`, its line in doc/nigh.txt.

local suggestions = require('nigh.suggestions')
local M = {}

---@type table<string, string|false> option name to key; false maps nothing
M.DEFAULTS = {
  accept = '<Tab>',
  accept_word = '<M-Right>',
  accept_line = '<M-C-Right>',
  dismiss = '<C-]>',
  next = '<M-]>',
}

--- `undo`: the change can be undone by itself. `always`: also when nothing is shown.
local ROWS = {
  { name = 'accept', run = "accept('all')", undo = true, desc = 'nigh: accept the suggestion' },
  { name = 'accept_word', run = "accept('word')", undo = true, desc = 'nigh: accept the next word' },
  { name = 'accept_line', run = "accept('line')", undo = true, desc = 'nigh: accept the line' },
  { name = 'dismiss', run = 'dismiss()', desc = 'nigh: dismiss the suggestion' },
  { name = 'next', run = 'next()', always = true, desc = 'nigh: next suggestion, or ask for one' },
}

local function plug(name)
  return '<Plug>(nigh-' .. name:gsub('_', '-') .. ')'
end

--- The `<Plug>` mappings, for those who want their own keys.
function M.define()
  for _, row in ipairs(ROWS) do
    local run = ("<Cmd>lua require('nigh.suggestions').%s<CR>"):format(row.run)
    vim.keymap.set('i', plug(row.name), (row.undo and '<C-G>u' or '') .. run, { desc = row.desc })
  end
end

--- Keeps what the key did before under a name of its own, for this buffer.
local function keep(earlier, key, name)
  if vim.tbl_isempty(earlier) then
    vim.keymap.set('i', name, key, { buffer = true })
    return
  end
  earlier.lhs, earlier.lhsraw, earlier.lhsrawalt = name, vim.keycode(name), nil
  earlier.buffer = 1
  vim.fn.mapset('i', false, earlier)
end

--- Maps the keys in one buffer; a second call changes nothing.
---@param bufnr integer
---@param keys table<string, string|false>
function M.attach(bufnr, keys)
  vim.api.nvim_buf_call(bufnr, function()
    for _, row in ipairs(ROWS) do
      local key = keys[row.name]
      local earlier = key and vim.fn.maparg(key, 'i', false, true)
      if earlier and not vim.startswith(earlier.desc or '', 'nigh: ') then
        local before = plug('before-' .. row.name)
        keep(earlier, key, before)
        vim.keymap.set('i', key, function()
          local ours = row.always or suggestions.visible(vim.api.nvim_get_current_buf())
          return ours and plug(row.name) or before
        end, { buffer = true, expr = true, remap = true, desc = row.desc })
      end
    end
  end)
end

return M
