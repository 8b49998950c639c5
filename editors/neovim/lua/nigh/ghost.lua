--- Suggestions drawn by this plugin, for Neovim 0.11, which has no inline completion of its own.
---
--- Draws what suggestions.lua finds on offer after the cursor, as virtual text that is never part of
--- the buffer. Also used on 0.12 by those who set `native = false`.

local api = vim.api
local suggestions = require('nigh.suggestions')
local M = {}

local namespace = api.nvim_create_namespace('nigh.ghost')

---@param bufnr integer
---@param live nigh.Suggestion[]
local function draw(bufnr, live)
  api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  if #live == 0 then
    return
  end
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local lines = vim.split(live[1].text, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[index - 1] = { { lines[index], 'NighHint' } }
  end
  api.nvim_buf_set_extmark(bufnr, namespace, row - 1, col, {
    virt_text = { { lines[1], 'NighHint' } },
    virt_text_pos = live[1].tail > 0 and 'overlay' or 'inline',
    virt_lines = below,
    hl_mode = 'combine',
  })
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  suggestions.attach(client, bufnr, {
    draw = draw,
    ready = function()
      return true
    end,
    send = function(params, respond)
      local sent, id = client:request('textDocument/inlineCompletion', params, respond, bufnr)
      return sent and id or nil
    end,
  })
end

M.detach = suggestions.detach

return M
