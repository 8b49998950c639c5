--- nigh in Neovim: `require('nigh').setup{}` starts `nigh serve` for the files you edit and shows
--- what the model suggests at the cursor.
---
--- This file holds the options and the language client. suggestions.lua keeps the current
--- suggestions, native.lua (0.12) or ghost.lua (0.11) draws them, keys.lua and commands.lua let the
--- user act, and statusline.lua shows the state of the server.

local M = {}

--- The program on the PATH, or else the one that was built in the repository this plugin lies in, as a plugin manager does it.
local function program()
  local file = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p')
  local built = vim.fn.fnamemodify(file, ':h:h:h:h:h') .. '/target/release/nigh'
  return vim.fn.executable('nigh') == 0 and vim.fn.executable(built) == 1 and built or 'nigh'
end

---@class nigh.Options
---@field cmd string[] the server's command
---@field filetypes string[]? file types to serve; nil: every file that has a type
---@field settings table sent to the server when it starts
---@field debounce integer milliseconds without a key before the server is asked
---@field native boolean let Neovim draw the suggestions where it can (0.12 and later)
---@field accept string|false key: accept the suggestion
---@field accept_word string|false key: accept its next word
---@field accept_line string|false key: accept its first line
---@field dismiss string|false key: take it away
---@field next string|false key: show the next one, or ask for one

---@type nigh.Options
M.options = {
  cmd = { program(), 'serve' },
  filetypes = nil,
  settings = {},
  debounce = 60,
  native = true,
}

local ROOT_MARKERS = { '.git', '.hg', '.jj', 'Cargo.toml', 'go.mod', 'package.json', 'pyproject.toml' }

--- Calls `on_dir` for files that nigh serves, with their project's folder if they lie in one.
local function root_dir(bufnr, on_dir)
  if vim.bo[bufnr].buftype == '' and vim.api.nvim_buf_get_name(bufnr) ~= '' then
    on_dir(vim.fs.root(bufnr, ROOT_MARKERS))
  end
end

--- One server, and so one model in memory, for all projects: a new folder is announced to the running one.
---@param client vim.lsp.Client
---@param config vim.lsp.ClientConfig
local function reuse_client(client, config)
  if client.name ~= config.name or client:is_stopped() then
    return false
  end
  local dir = config.root_dir
  local folders = client.workspace_folders or {}
  local folder = dir and { uri = vim.uri_from_fname(dir), name = dir }
  local known = vim.iter(folders):any(function(other)
    return folder and other.uri == folder.uri
  end)
  if folder and not known then
    client.workspace_folders = vim.list_extend({ folder }, folders)
    client:notify('workspace/didChangeWorkspaceFolders', { event = { added = { folder }, removed = {} } })
  end
  return true
end

---@return { attach: fun(client: vim.lsp.Client, bufnr: integer), detach: fun(bufnr: integer) }
function M.view()
  local native = require('nigh.native')
  return M.options.native and native.available() and native or require('nigh.ghost')
end

local function follow_clients()
  local group = vim.api.nvim_create_augroup('nigh', {})
  local function on(event, act)
    vim.api.nvim_create_autocmd(event, {
      group = group,
      callback = function(args)
        local client = vim.lsp.get_client_by_id(args.data.client_id)
        if client and client.name == 'nigh' then
          act(client, args.buf)
        end
      end,
    })
  end
  on('LspAttach', function(client, bufnr)
    M.view().attach(client, bufnr)
    require('nigh.keys').attach(bufnr, M.options)
    require('nigh.statusline').follow(client)
  end)
  on('LspDetach', function(_, bufnr)
    M.view().detach(bufnr)
  end)
end

--- Says once, when the first file to serve is opened, that the program is missing.
local function complain_at_first_file()
  vim.api.nvim_create_autocmd('FileType', {
    group = 'nigh',
    pattern = M.options.filetypes or '*',
    once = true,
    callback = vim.schedule_wrap(function()
      local text = "nigh: the program '%s' was not found, see :checkhealth nigh"
      vim.notify(text:format(M.options.cmd[1]), vim.log.levels.ERROR)
    end),
  })
end

--- Adds these settings to the current ones, for the next start of the server.
---@param settings table
function M.configure(settings)
  M.options.settings = vim.tbl_deep_extend('force', M.options.settings, settings)
  local all = next(M.options.settings) and M.options.settings or vim.empty_dict()
  vim.lsp.config('nigh', { init_options = all, settings = { nigh = all } })
end

---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ name = 'nigh' })[1]
end

--- Starts nigh for all files, open or opened later. Options: see |nigh-options|.
---@param options nigh.Options?
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    vim.notify('nigh needs Neovim 0.11 or later', vim.log.levels.ERROR)
    return
  end
  local keys = require('nigh.keys')
  M.options = vim.tbl_deep_extend('force', M.options, keys.DEFAULTS, options or {})
  vim.validate('cmd', M.options.cmd, 'table')
  vim.validate('filetypes', M.options.filetypes, 'table', true)
  vim.validate('settings', M.options.settings, 'table')
  vim.validate('debounce', M.options.debounce, 'number')
  require('nigh.suggestions').debounce = M.options.debounce
  local hint = vim.fn.hlexists('ComplHint') == 1 and 'ComplHint' or 'NonText'
  vim.api.nvim_set_hl(0, 'NighHint', { default = true, link = hint })
  keys.define()
  follow_clients()
  vim.lsp.config('nigh', {
    cmd = M.options.cmd,
    filetypes = M.options.filetypes,
    root_dir = root_dir,
    reuse_client = reuse_client,
    on_exit = require('nigh.revive').on_exit,
    capabilities = { textDocument = { inlineCompletion = { dynamicRegistration = false } } },
  })
  M.configure(M.options.settings)
  if vim.fn.executable(M.options.cmd[1]) == 1 then
    vim.lsp.enable('nigh')
  else
    complain_at_first_file()
  end
end

return M
