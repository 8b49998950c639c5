--- The suggestions on offer in each buffer: asked for, kept true to what is typed, accepted, dropped.
---
--- `native.lua` and `ghost.lua` hand in a view per buffer (how to send a request, how to draw);
--- `keys.lua` calls `accept`, `dismiss` and `next`. A suggestion is text to insert where the question was
--- asked. While the user types, only the part that still continues the typed text is offered; anything
--- else drops it, so accepting can never damage the text, and a new question follows a moment after the
--- last key. This file never draws.

local api = vim.api
local sync = require('nigh.sync')
local M = { enabled = true, debounce = 60 }

local METHOD = 'textDocument/inlineCompletion'

---@class nigh.View
---@field send fun(params: table, respond: fun(err: table?, result: table?)): integer? sends, returns the request's id
---@field ready fun(): boolean whether it can draw
---@field draw fun(bufnr: integer, live: nigh.Suggestion[]) shows the first of these, or nothing

---@class nigh.Place where a question was asked: row and byte column from 0, and the line around it
---@field row integer
---@field col integer
---@field before string
---@field after string

---@class nigh.Suggestion
---@field text string what to insert at the cursor
---@field tail integer how many bytes after the cursor it replaces

---@class nigh.State
---@field client vim.lsp.Client
---@field view nigh.View
---@field asked integer number of the newest question
---@field pending integer? id of the request under way
---@field place nigh.Place? where the suggestions were asked for
---@field offered nigh.Suggestion[] as the server answered
---@field live nigh.Suggestion[] what still continues the text at the cursor
---@field settled string? where and at which change the last question was asked or dismissed
---@field keystroke integer number of the newest change or cursor movement

---@type table<integer, nigh.State>
local states = {}

---@return nigh.Place
local function here()
  local row, col = unpack(api.nvim_win_get_cursor(0))
  local line = api.nvim_get_current_line()
  return { row = row - 1, col = col, before = line:sub(1, col), after = line:sub(col + 1) }
end

--- Names the state of the text and the cursor, for telling whether either changed.
local function moment(bufnr)
  local row, col = unpack(api.nvim_win_get_cursor(0))
  return ('%d:%d:%d'):format(api.nvim_buf_get_changedtick(bufnr), row, col)
end

local function inserting(bufnr)
  return api.nvim_get_current_buf() == bufnr and vim.startswith(api.nvim_get_mode().mode, 'i')
end

--- Turns an item of the server into text at the cursor; nil when it would change text before the cursor.
---@param place nigh.Place
---@param item table LSP InlineCompletionItem
---@param encoding string
---@return nigh.Suggestion?
local function suggestion(place, item, encoding)
  if type(item.insertText) ~= 'string' then
    return nil -- a snippet: never asked for
  end
  local text = item.insertText:gsub('\r\n?', '\n')
  local range = item.range
  if not range or range == vim.NIL then
    return { text = text, tail = 0 }
  end
  if range.start.line ~= place.row or range['end'].line ~= place.row then
    return nil
  end
  local line = place.before .. place.after
  local first = vim.str_byteindex(line, encoding, range.start.character, false)
  local last = vim.str_byteindex(line, encoding, range['end'].character, false)
  local head = line:sub(first + 1, place.col)
  if first > place.col or last < place.col or not vim.startswith(text, head) then
    return nil
  end
  return { text = text:sub(#head + 1), tail = last - place.col }
end

--- What was typed between the place of the question and the cursor; nil when anything else changed there.
---@param bufnr integer
---@param place nigh.Place
---@return string?
local function typed_since(bufnr, place)
  local now = here()
  if now.row < place.row or (now.row == place.row and now.col < place.col) or now.after ~= place.after then
    return nil
  end
  local first = api.nvim_buf_get_lines(bufnr, place.row, place.row + 1, false)[1]
  if first:sub(1, place.col) ~= place.before then
    return nil
  end
  return table.concat(api.nvim_buf_get_text(bufnr, place.row, place.col, now.row, now.col, {}), '\n')
end

local function cancel(state)
  state.asked = state.asked + 1
  if state.pending then
    state.client:cancel_request(state.pending)
    state.pending = nil
  end
end

--- Takes everything back in this buffer: suggestions, their drawing and the question under way.
---@param bufnr integer
function M.clear(bufnr)
  local state = states[bufnr]
  if not state then
    return
  end
  cancel(state)
  state.place, state.offered, state.live, state.settled = nil, {}, {}, nil
  state.view.draw(bufnr, {})
end

--- Brings what is offered in step with the text; called after every change and cursor movement.
---@param bufnr integer
function M.update(bufnr)
  local state = states[bufnr]
  if not state then
    return
  end
  local typed = state.place and inserting(bufnr) and typed_since(bufnr, state.place)
  state.live = {}
  for _, offered in ipairs(typed and state.offered or {}) do
    if vim.startswith(offered.text, typed) and #typed < #offered.text then
      table.insert(state.live, { text = offered.text:sub(#typed + 1), tail = offered.tail })
    end
  end
  if #state.live == 0 then
    state.place, state.offered = nil, {}
  end
  state.view.draw(bufnr, state.live)
end

---@param bufnr integer
---@return boolean
function M.visible(bufnr)
  local state = states[bufnr]
  return state ~= nil and #state.live > 0
end

--- Moves the first suggestion after the others.
local function turn(state)
  table.insert(state.offered, table.remove(state.offered, 1))
end

--- Asks the server for the cursor's place; an older question of this buffer is cancelled. An automatic
--- question is not asked twice at the same moment, nor while something is offered.
---@param bufnr integer
---@param kind integer LSP InlineCompletionTriggerKind: 1 invoked, 2 automatic
---@param passed_over string? what is not to be offered first if there is anything else
---@return integer? request_id
function M.ask(bufnr, kind, passed_over)
  local state = states[bufnr]
  if not state or not M.enabled or not inserting(bufnr) or not state.view.ready() then
    return nil
  end
  local now = moment(bufnr)
  if kind == 2 and (state.settled == now or #state.live > 0) then
    return nil
  end
  cancel(state)
  state.settled = now
  local asked, place, encoding = state.asked, here(), state.client.offset_encoding
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr) },
    position = vim.lsp.util.make_position_params(0, encoding).position,
    context = { triggerKind = kind },
  }
  sync.ensure(state.client, bufnr)
  state.pending = state.view.send(params, function(err, result)
    if state.asked ~= asked or states[bufnr] ~= state then
      return
    end
    state.pending = nil
    if err then
      vim.lsp.log.warn('nigh', METHOD, err)
      return
    end
    local items = result and (result.items or result) or {}
    if kind == 1 and #items < (passed_over and 2 or 1) then
      api.nvim_echo({ { 'nigh: nothing ' .. (passed_over and 'else ' or '') .. 'to suggest here' } }, false, {})
    end
    if #items == 0 and passed_over then
      return
    end
    state.place, state.offered = place, {}
    for _, item in ipairs(items) do
      table.insert(state.offered, suggestion(place, item, encoding))
    end
    if state.offered[1] and state.offered[1].text == passed_over then
      turn(state)
    end
    M.update(bufnr)
  end)
  return state.pending
end

--- The part of a text that one key accepts.
---@param text string
---@param amount 'all'|'word'|'line'
---@return string
local function part(text, amount)
  if amount == 'word' then
    return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s\128-\255]+') or text
  elseif amount == 'line' then
    return text:match('^\n*[^\n]*')
  end
  return text
end

--- Inserts the suggestion, or its first word or line, at the cursor and puts the cursor after it.
---@param amount 'all'|'word'|'line'
function M.accept(amount)
  local bufnr = api.nvim_get_current_buf()
  M.update(bufnr)
  if not M.visible(bufnr) then
    return
  end
  local chosen = states[bufnr].live[1]
  local text = part(chosen.text, amount)
  local replaced = #text == #chosen.text and chosen.tail or 0
  local row, col = here().row, here().col
  local lines = vim.split(text, '\n', { plain = true })
  api.nvim_buf_set_text(bufnr, row, col, row, col + replaced, lines)
  api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and col or 0) + #lines[#lines] })
  M.update(bufnr)
end

--- Takes the suggestion away until the text changes.
function M.dismiss()
  local bufnr = api.nvim_get_current_buf()
  if states[bufnr] then
    M.clear(bufnr)
    states[bufnr].settled = moment(bufnr)
  end
end

--- Shows the next suggestion, or asks for some when no other is known.
function M.next()
  local bufnr = api.nvim_get_current_buf()
  local state = states[bufnr]
  if M.visible(bufnr) and #state.offered > 1 then
    turn(state)
    M.update(bufnr)
  else
    M.ask(bufnr, 1, M.visible(bufnr) and state.live[1].text or nil)
  end
end

--- Switches all suggestions on or off; returns whether they are on now.
---@return boolean
function M.toggle()
  M.enabled = not M.enabled
  for bufnr in pairs(states) do
    M.clear(bufnr)
  end
  return M.enabled
end

--- Brings the offer in step and asks for a new one when nothing happens for a moment.
local function ask_soon(bufnr)
  M.update(bufnr)
  local state = states[bufnr]
  state.keystroke = state.keystroke + 1
  local keystroke = state.keystroke
  vim.defer_fn(function()
    if states[bufnr] == state and state.keystroke == keystroke then
      M.ask(bufnr, 2)
    end
  end, M.debounce)
end

--- Starts to follow a buffer.
---@param client vim.lsp.Client
---@param bufnr integer
---@param view nigh.View
function M.attach(client, bufnr, view)
  states[bufnr] = { client = client, view = view, asked = 0, offered = {}, live = {}, keystroke = 0 }
  sync.follow(bufnr)
  local group = api.nvim_create_augroup('nigh.suggestions.' .. bufnr, {})
  api.nvim_create_autocmd({ 'InsertEnter', 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      ask_soon(bufnr)
    end,
  })
  api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      M.clear(bufnr)
    end,
  })
end

---@param bufnr integer
function M.detach(bufnr)
  if states[bufnr] then
    M.clear(bufnr)
    states[bufnr] = nil
    api.nvim_del_augroup_by_name('nigh.suggestions.' .. bufnr)
  end
end

return M
