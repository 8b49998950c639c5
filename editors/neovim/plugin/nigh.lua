-- Defines :Nigh. Nothing else happens until require('nigh').setup() is called.

vim.api.nvim_create_user_command('Nigh', function(args)
  require('nigh.commands').run(args.args)
end, {
  nargs = 1,
  desc = 'nigh: status, toggle, log, restart',
  complete = function(lead)
    return require('nigh.commands').names(lead)
  end,
})
