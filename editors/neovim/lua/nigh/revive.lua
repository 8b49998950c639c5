--- Restarts a server that died, up to a few times: one crash costs a moment, and a server that
--- crashes at every start is given up.
---
--- init.lua hands `on_exit` to Neovim. A server that was asked to end (quitting, :Nigh restart,
--- `vim.lsp.enable('nigh', false)`) exits with status 0 or by the signal that Neovim sends, and is
--- not restarted.

local M = {}

local TIMES, WITHIN = 4, 180 -- so many starts within so many seconds; VS Code's client does the same
local SIGTERM = 15

---@type number[] when it was started again, in seconds
local started = {}

--- What Neovim calls when a server has ended.
---@param code integer
---@param signal integer
function M.on_exit(code, signal)
  local intended = code == 0 and (signal == 0 or signal == SIGTERM)
  if intended or vim.v.exiting ~= vim.NIL then
    return
  end
  vim.schedule(function()
    local now = vim.uv.now() / 1000
    started = vim.tbl_filter(function(time)
      return now - time < WITHIN
    end, started)
    if #started < TIMES then
      table.insert(started, now)
      vim.lsp.enable('nigh', false)
      vim.lsp.enable('nigh')
    else
      local text = 'nigh: the server has crashed %d times in %d minutes; :Nigh log shows why, :Nigh restart starts it again'
      vim.notify(text:format(TIMES + 1, WITHIN / 60), vim.log.levels.ERROR)
    end
  end)
end

return M
