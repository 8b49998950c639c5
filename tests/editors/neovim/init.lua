-- The configuration of the Neovim under test: the plugin of this repository, as a user would set it up.
-- The environment says which server to start (NIGH_CMD, a JSON list) with which settings (NIGH_SETTINGS, a
-- JSON object) and who draws (NIGH_NATIVE, 1 or 0); NIGH_REPOSITORY may name another one with the plugin in it.

local repository = vim.env.NIGH_REPOSITORY or vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h:h:h')
vim.opt.runtimepath:prepend(repository .. '/editors/neovim')
vim.o.swapfile = false
vim.o.expandtab = true
vim.o.shiftwidth = 4
vim.o.softtabstop = 4
vim.o.number = true

vim.keymap.set('i', '<M-Right>', '<C-R>="earlier mapping"<CR>')

require('nigh').setup({
  cmd = vim.env.NIGH_CMD and vim.json.decode(vim.env.NIGH_CMD),
  native = vim.env.NIGH_NATIVE ~= '0',
  settings = vim.json.decode(vim.env.NIGH_SETTINGS),
})
