--- `:Nigh explain`: what is suggested at the cursor and why, and what the model sees there.
---
--- The server writes the page in Markdown; this asks for it and shows it, with the prompt and the status folded below.

local M = {}

--- Row from 1 and byte column from 0 where the user types: leaving insert mode moves the cursor one character to the left.
---@return integer row, integer col
local function here()
  local row, col = unpack(vim.api.nvim_win_get_cursor(0))
  local left = vim.api.nvim_buf_get_mark(0, '^')
  local letter = vim.api.nvim_get_current_line():sub(col + 1):match('^[^\128-\191][\128-\191]*') or ''
  return row, left[1] == row and left[2] == col + #letter and left[2] or col
end

--- The page as lines, and the ranges of lines that are folded: the prompt and the status.
---@param place string
---@param explanation table the answer to `nigh/explain`
---@param status table the answer to `nigh/status`
---@return string[] lines, integer[][] folds
local function page(place, explanation, status)
  local lines = vim.split(('# nigh at %s\n\n%s'):format(place, explanation.page), '\n')
  local folds = {}
  for _, part in ipairs({
    { 'The prompt, word for word', '', explanation.prompt },
    { 'The server', '', table.concat(require('nigh.report').lines(status), '\n') },
  }) do
    vim.list_extend(lines, { '## ' .. part[1], '', '`````' .. part[2] })
    local first = #lines - 2
    vim.list_extend(lines, vim.split(part[3], '\n'))
    vim.list_extend(lines, { '`````', '' })
    table.insert(folds, { first, #lines })
  end
  return lines, folds
end

--- Asks about the cursor's place; `fail` gets the reason if there is nothing to show.
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
    client:request('nigh/status', nil, function(_, status)
      local lines, folds = page(place, result, status or {})
      require('nigh.pages').open({ name = 'nigh://explain', lines = lines, filetype = 'markdown', folds = folds })
    end, 0)
  end, 0)
end

return M
