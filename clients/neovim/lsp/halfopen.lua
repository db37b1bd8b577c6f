-- halfopen for Neovim 0.11 and newer: `vim.lsp.enable('halfopen')` with this folder's parent on the runtimepath.
---@type vim.lsp.Config
return {
  cmd = { 'halfopen', 'lsp' },
  filetypes = { 'python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact' },
  -- The repository comes before the package: halfopen reads server and client together, and in most
  -- repositories pyproject.toml and package.json each stand in a folder that holds only one of them.
  root_markers = { 'halfopen.toml', '.git', 'pyproject.toml', 'package.json' },
}
