// Bundles the extension into one small file, and the language client, which is large and needed only when a
// server is started, into another: VS Code waits for the first alone.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/extension.ts', 'src/languageClient.ts'],
  outdir: 'dist',
  bundle: true,
  minify: true,
  sourcemap: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // VS Code gives its own interface to what is required, not to what is imported at run time.
  supported: { 'dynamic-import': false },
  external: ['vscode', './languageClient.js'],
  logLevel: 'warning',
});
