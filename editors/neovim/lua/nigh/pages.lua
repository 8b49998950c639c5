--- Pages that commands open in a split: the explanation of a suggestion, the fixes of a file.
---
--- explain.lua and fix.lua call `open`. A page is a scratch buffer: nothing asks to save it, `q` closes it, and a page of the same
--- name takes the place of the older one.

local api = vim.api
local M = {}

---@class nigh.Page
---@field name string such as nigh://explain
---@field lines string[]
---@field filetype string
---@field bar string? a line above it that says which keys there are
---@field keys table<string, fun()>? what keys do in it, besides `q`
---@field folds integer[][]? first and last line of each part that is folded

--- Shows a page below the current window and puts the cursor into it.
---@param page nigh.Page
function M.open(page)
  local old = vim.fn.bufnr('^' .. vim.fn.escape(page.name, '.*[]^$~\\') .. '$')
  if old > 0 then
    api.nvim_buf_delete(old, { force = true })
  end
  vim.cmd('botright new')
  local bufnr = api.nvim_get_current_buf()
  vim.bo[bufnr].buftype, vim.bo[bufnr].bufhidden, vim.bo[bufnr].swapfile = 'nofile', 'wipe', false
  api.nvim_buf_set_name(bufnr, page.name)
  api.nvim_buf_set_lines(bufnr, 0, -1, true, page.lines)
  vim.bo[bufnr].modifiable, vim.bo[bufnr].filetype = false, page.filetype
  -- Like `:setlocal`: plain `vim.wo` would keep the value for the next file opened in this window.
  vim.wo[0][0].winbar = page.bar or ''
  for _, fold in ipairs(page.folds or {}) do
    vim.wo[0][0].foldmethod, vim.wo[0][0].foldenable = 'manual', true
    vim.cmd(('%d,%dfold'):format(fold[1], fold[2]))
  end
  for key, act in pairs(vim.tbl_extend('keep', page.keys or {}, { q = M.close })) do
    vim.keymap.set('n', key, act, { buffer = bufnr, nowait = true })
  end
end

--- Closes the page that has the cursor.
function M.close()
  api.nvim_buf_delete(0, { force = true })
end

return M
