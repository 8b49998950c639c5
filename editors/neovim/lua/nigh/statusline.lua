--- How nigh is, in a word or two, for the status line: `%{v:lua.require'nigh.statusline'.text()}`.
---
--- init.lua calls `follow` for each server that starts. It is asked for its state while the model loads; of everything else the
--- plugin knows by itself.

local M = {}

local OFTEN = 300 -- milliseconds between two looks at a model that is being loaded

---@type table<integer, string> state of each server: loading, ready, failed
local states = {}

--- `nigh` while all is well in the current buffer, what is wrong otherwise, and nothing where nigh serves no text.
---@return string
function M.text()
  local client = require('nigh').client()
  if not client or not client.attached_buffers[vim.api.nvim_get_current_buf()] then
    return ''
  elseif not require('nigh.suggestions').enabled then
    return 'nigh: off'
  end
  local state = states[client.id] or 'loading'
  return state == 'ready' and 'nigh' or 'nigh: ' .. state
end

--- Looks at the server's state until the model is there, or is known not to come.
---@param client vim.lsp.Client
function M.follow(client)
  if states[client.id] then
    return
  end
  states[client.id] = 'loading'
  local function look()
    client:request('nigh/status', vim.empty_dict(), function(err, status)
      states[client.id] = err and 'failed' or status.state
      vim.cmd.redrawstatus({ bang = true })
      if states[client.id] == 'loading' then
        vim.defer_fn(look, OFTEN)
      end
    end)
  end
  look()
end

return M
