--- Makes sure that the server has the text the user sees before it is asked about it.
---
--- Neovim sends changes by itself, but no longer does so (seen in 0.12.4) in a buffer that was edited
--- between the end of one server and the start of the next. Called by suggestions.lua before each
--- question; sends the whole text when Neovim has missed the last change, and otherwise nothing.

local api = vim.api
local M = {}

--- The changedtick of the last change of each followed buffer.
---@type table<integer, integer?>
local changed = {}

---@param bufnr integer
function M.follow(bufnr)
  local new = changed[bufnr] == nil
  changed[bufnr] = vim.lsp.util.buf_versions[bufnr]
  if new then
    api.nvim_buf_attach(bufnr, false, {
      on_lines = function(_, _, tick)
        changed[bufnr] = tick
      end,
      on_reload = function() end, -- Neovim sends the new text; without this function it would detach us
      on_detach = function()
        changed[bufnr] = nil
      end,
    })
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.ensure(client, bufnr)
  local versions = vim.lsp.util.buf_versions
  if not changed[bufnr] or versions[bufnr] == changed[bufnr] then
    return
  end
  versions[bufnr] = changed[bufnr]
  local ending = vim.bo[bufnr].fileformat == 'dos' and '\r\n' or '\n'
  local text = table.concat(api.nvim_buf_get_lines(bufnr, 0, -1, true), ending)
  client:notify('textDocument/didChange', {
    textDocument = { uri = vim.uri_from_bufnr(bufnr), version = changed[bufnr] },
    contentChanges = { { text = text .. (vim.bo[bufnr].endofline and ending or '') } },
  })
end

return M
