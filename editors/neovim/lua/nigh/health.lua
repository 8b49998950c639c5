--- `:checkhealth nigh`: is Neovim new enough, is the program found, does the server answer.

local M = {}

local function check_neovim()
  local version = tostring(vim.version())
  if vim.fn.has('nvim-0.11') == 0 then
    vim.health.error('Neovim ' .. version .. ' is too old', 'Install Neovim 0.11 or later.')
  elseif require('nigh.native').available() then
    vim.health.ok('Neovim ' .. version .. ' draws inline completions itself')
  else
    vim.health.ok('Neovim ' .. version .. ': suggestions are drawn by the plugin')
  end
end

local function check_program(cmd)
  local path = vim.fn.exepath(cmd[1])
  if path == '' then
    vim.health.error(("the program '%s' was not found"):format(cmd[1]), {
      "Install nigh and put it on PATH, or run 'cargo build --release' in its repository, where this plugin lies, or",
      "give its path: require('nigh').setup{ cmd = { '/path/to/nigh', 'serve' } }",
    })
    return
  end
  local ran, result = pcall(function()
    return vim.system({ path, '--version' }, { text = true, timeout = 5000 }):wait()
  end)
  local version = ran and result.code == 0 and vim.trim(result.stdout) or 'version unknown'
  vim.health.ok(('program: %s (%s)'):format(path, version))
end

local function check_server()
  local client = require('nigh').client()
  if not client then
    vim.health.warn('no server is running', {
      "Call require('nigh').setup() in your init.lua and open a file that has a file type.",
      'If it crashed, :Nigh log shows why, and :Nigh restart starts it again.',
    })
    return
  end
  vim.health.ok(('server attached to %d open files'):format(vim.tbl_count(client.attached_buffers)))
  local answer, err = client:request_sync('nigh/status', nil, 2000)
  if answer and answer.result then
    vim.health.info(table.concat(require('nigh.report').lines(answer.result), '\n'))
  else
    vim.health.warn('the server sent no status: ' .. (err or answer and answer.err and answer.err.message or '?'))
  end
end

function M.check()
  vim.health.start('nigh')
  check_neovim()
  check_program(require('nigh').options.cmd)
  check_server()
end

return M
