// Two environments in the home folder: the first is selected, the command selects the second.
const os = require('node:os');
const path = require('node:path');
const vscode = require('vscode');

exports.activate = (context) => {
  const changed = new vscode.EventEmitter();
  let selected = 'first';
  context.subscriptions.push(
    changed,
    vscode.commands.registerCommand('python.setInterpreter', () => {
      selected = 'second';
      changed.fire({ path: selected });
    }),
  );
  return {
    environments: {
      onDidChangeActiveEnvironmentPath: changed.event,
      getActiveEnvironmentPath: () => ({ path: selected }),
      resolveEnvironment: async (environment) => ({
        executable: { uri: vscode.Uri.file(path.join(os.homedir(), environment.path, 'bin', 'python')) },
      }),
    },
  };
};
