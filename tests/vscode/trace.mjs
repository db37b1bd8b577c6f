// Bundles the extension's trace with a VS Code that is made here, changes the setting, and looks at the log.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const client = new URL('../../clients/vscode/', import.meta.url);
const { buildSync } = createRequire(new URL('package.json', client))('esbuild');
const [bundle] = buildSync({
  entryPoints: [fileURLToPath(new URL('src/trace.ts', client))],
  bundle: true, write: false, format: 'cjs', platform: 'node', external: ['vscode'],
}).outputFiles;

let setting = 'off';
class EventEmitter {
  listeners = [];
  event = (listener) => this.listeners.push(listener);
  fire = (value) => this.listeners.forEach((each) => each(value));
  dispose() {}
}
const configured = new EventEmitter();
const vscode = {
  EventEmitter,
  LogLevel: { Trace: 1, Info: 3 },
  workspace: {
    getConfiguration: () => ({ get: () => setting }),
    onDidChangeConfiguration: (listener) => (configured.event(listener), { dispose() {} }),
  },
};
const module = { exports: {} };
new Function('require', 'module', 'exports', bundle.text)(() => vscode, module, module.exports);

const logged = [];
const log = Object.freeze({ logLevel: vscode.LogLevel.Info, info: (text) => logged.push(text), trace: () => assert.fail() });
const { channel } = new module.exports.Trace(log);
const levels = [];
channel.onDidChangeLogLevel((level) => levels.push(level));

assert.equal(channel.logLevel, vscode.LogLevel.Info);
setting = 'verbose';
configured.fire({ affectsConfiguration: (name) => name === 'halfopen.trace' });
assert.deepEqual(levels, [vscode.LogLevel.Trace]);
assert.equal(channel.logLevel, vscode.LogLevel.Trace);
channel.trace("Sending request 'initialize'");
assert.deepEqual(logged, ["Sending request 'initialize'"]);
