--- `:Nigh fix`: the checked fixes of the file as a diff in a split; Enter makes them, `q` leaves all as it is.
---
--- The server finds, checks and words them: they are its code action `source.fixAll.nigh`.

local api = vim.api
local pages = require('nigh.pages')
local M = {}

--- The edits that an action makes in one document.
---@param edit lsp.WorkspaceEdit
---@param uri string
---@return lsp.TextEdit[]
local function edits_of(edit, uri)
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.textDocument and change.textDocument.uri == uri then
      return change.edits
    end
  end
  return edit.changes and edit.changes[uri] or {}
end

--- The buffer's text with edits made, as a unified diff.
---@param bufnr integer
---@param edits lsp.TextEdit[]
---@param encoding string
---@return string[]
local function diff(bufnr, edits, encoding)
  local before = api.nvim_buf_get_lines(bufnr, 0, -1, true)
  local scratch = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(scratch, 0, -1, true, before)
  vim.lsp.util.apply_text_edits(edits, scratch, encoding)
  local after = api.nvim_buf_get_lines(scratch, 0, -1, true)
  api.nvim_buf_delete(scratch, { force = true })
  local compare = vim.text.diff or vim.diff -- its name before 0.12
  local text = compare(table.concat(before, '\n') .. '\n', table.concat(after, '\n') .. '\n', { ctxlen = 3 })
  local name = vim.fn.fnamemodify(api.nvim_buf_get_name(bufnr), ':.')
  return vim.list_extend({ '--- ' .. name, '+++ ' .. name }, vim.split(vim.trim(text), '\n'))
end

--- Shows what an action would do; Enter does it, unless the file has changed since.
local function show(client, bufnr, action, fail)
  local edits = edits_of(action.edit, vim.uri_from_bufnr(bufnr))
  local moment = api.nvim_buf_get_changedtick(bufnr)
  local function make()
    pages.close()
    if not api.nvim_buf_is_loaded(bufnr) or api.nvim_buf_get_changedtick(bufnr) ~= moment then
      fail('the file has changed since; run :Nigh fix again')
      return
    end
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
  pages.open({
    name = 'nigh://fix',
    lines = diff(bufnr, edits, client.offset_encoding),
    filetype = 'diff',
    bar = action.title:gsub('%%', '%%%%') .. '   Enter: apply these changes   q: close',
    keys = { ['<CR>'] = make },
  })
end

--- Asks for the fixes of the current file; `fail` gets the reason why there are none to show.
---@param client vim.lsp.Client
---@param fail fun(why: string)
function M.run(client, fail)
  local bufnr = api.nvim_get_current_buf()
  local last = api.nvim_buf_line_count(bufnr)
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    range = { start = { line = 0, character = 0 }, ['end'] = { line = last, character = 0 } },
    context = { diagnostics = {}, only = { 'source.fixAll.nigh' } },
  }
  require('nigh.sync').ensure(client, bufnr)
  client:request('textDocument/codeAction', params, function(err, actions)
    if err or not actions or not actions[1] then
      fail(err and err.message or 'no bug with a checked fix was found in this file')
      return
    end
    client:request('codeAction/resolve', actions[1], function(refused, action)
      if refused or not action.edit then
        fail(refused and refused.message or 'the fix has no edit')
      else
        show(client, bufnr, action, fail)
      end
    end, bufnr)
  end, bufnr)
end

return M
