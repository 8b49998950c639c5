--- `:Nigh explain`: what the model sees at the cursor, piece by piece, and what was left out and why.
---
--- The server makes the account; this asks and shows it.

local M = {}

--- Row from 1 and byte column from 0 where the user types: leaving insert mode moves the cursor one character to the left.
---@return integer row, integer col
local function here()
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local left = vim.api.nvim_buf_get_mark(0, '^')
  local letter = vim.api.nvim_get_current_line():sub(col + 1):match('^[^\128-\191][\128-\191]*') or ''
  return row, left[1] == row and left[2] == col + #letter and left[2] or col
end

--- Asks about the cursor's position; `fail` gets the reason why there is nothing to show.
---@param client vim.lsp.Client
---@param fail fun(why: string)
function M.run(client, fail)
  local row, col = here()
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = row - 1, character = vim.str_utfindex(vim.api.nvim_get_current_line(), client.offset_encoding, col) },
  }
  local place = ('%s:%d:%d'):format(vim.fn.expand('%:~:.'), row, col + 1)
  client:request('nigh/explain', params, function(err, result)
    if err or type(result) ~= 'table' then
      fail('nothing can be explained here: ' .. (err and err.message or 'empty answer'))
      return
    end
    local text = ('What the model sees at %s\n\n%s\nThe prompt, word for word\n\n%s'):format(place, result.account, result.prompt)
    require('nigh.pages').open({ name = 'nigh://explain', lines = vim.split(text, '\n'), filetype = 'nigh' })
  end, 0)
end

return M
