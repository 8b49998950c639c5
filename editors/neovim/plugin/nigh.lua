-- Defines :Nigh. Nothing else happens until require('nigh').setup() is called.

vim.api.nvim_create_user_command('Nigh', function(args)
  require('nigh.commands').run(args.args)
end, {
  nargs = '+',
  desc = 'nigh: status, toggle, explain, fix, model, log, restart',
  complete = function(lead, line)
    return require('nigh.commands').complete(lead, line)
  end,
})
