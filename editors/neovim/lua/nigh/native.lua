--- Suggestions drawn by Neovim itself (0.12 and later, `vim.lsp.inline_completion`).
---
--- By default, Neovim asks 200 ms after the last key, does not cancel older requests and does not
--- check that an answer still fits the text when it is drawn or accepted. So `suggestions.lua` does
--- this, and passes its suggestions to Neovim's own handler as if the server had just answered.
--- Neovim sets up the handler with its first request in a buffer; before that, nothing is requested
--- or drawn.

local suggestions = require('nigh.suggestions')
local M = {}

local METHOD = 'textDocument/inlineCompletion'

---@return boolean
function M.available()
  return vim.lsp.inline_completion ~= nil
end

--- Neovim's own answer handlers, by buffer.
---@type table<integer, fun(items: table[])>
local handlers = {}

--- Takes over Neovim's inline completion requests of this client; once per client.
---@param client vim.lsp.Client
---@return fun(params: table, respond: function, bufnr: integer): integer?
local function intercept(client)
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, bufnr)
    if method ~= METHOD or not handler then
      return request(self, method, params, handler, bufnr)
    end
    handlers[bufnr] = function(items)
      handler(nil, { items = items }, { client_id = client.id, bufnr = bufnr, method = METHOD })
    end
    local id = suggestions.ask(bufnr, params.context.triggerKind)
    return id ~= nil, id
  end
  return function(params, respond, bufnr)
    local sent, id = request(client, METHOD, params, respond, bufnr)
    return sent and id or nil
  end
end

---@type table<integer, function>
local senders = {}

local namespace = vim.api.nvim_create_namespace('nvim.lsp.inline_completion')

---@param client vim.lsp.Client
---@param bufnr integer
local function draw(client, bufnr, live)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  if not handlers[bufnr] then
    return
  end
  local items = {}
  if #live > 0 then
    local encoding = client.offset_encoding
    local position = vim.lsp.util.make_position_params(0, encoding).position
    local line, col = vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2]
    for index, suggestion in ipairs(live) do
      local tail = line:sub(col + 1, col + suggestion.tail)
      local last = position.character + vim.str_utfindex(tail, encoding)
      items[index] = {
        insertText = suggestion.text,
        range = { start = position, ['end'] = { line = position.line, character = last } },
      }
    end
  end
  handlers[bufnr](items)
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  senders[client.id] = senders[client.id] or intercept(client)
  suggestions.attach(client, bufnr, {
    send = function(params, respond)
      return senders[client.id](params, respond, bufnr)
    end,
    ready = function()
      return handlers[bufnr] ~= nil
    end,
    draw = function(_, live)
      draw(client, bufnr, live)
    end,
  })
  vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
  -- Makes Neovim ask once now, so that its handler is known before the first key; later is no harm.
  local group = 'nvim.lsp.inline_completion:' .. bufnr
  pcall(vim.api.nvim_exec_autocmds, 'InsertEnter', { group = group, buffer = bufnr })
end

---@param bufnr integer
function M.detach(bufnr)
  handlers[bufnr] = nil
  suggestions.detach(bufnr)
end

return M
