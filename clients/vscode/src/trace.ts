import * as vscode from 'vscode';

/**
 * Where the language client writes the messages that go to and fro.
 *
 * By itself the client traces when the log's level is "trace", and `halfopen.trace.server` only chooses how
 * much. Here the setting alone decides, and what is traced stands in the log at its usual level.
 */
export class Trace implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.LogLevel>();
  private readonly listener: vscode.Disposable;
  readonly channel: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.listener = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('halfopen.trace')) this.changed.fire(level());
    });
    this.channel = {
      ...log,
      get logLevel() {
        return level();
      },
      onDidChangeLogLevel: this.changed.event,
      trace: (message: string) => log.info(message),
      dispose: () => undefined,
    };
  }

  dispose(): void {
    this.listener.dispose();
    this.changed.dispose();
  }
}

function level(): vscode.LogLevel {
  const setting = vscode.workspace.getConfiguration('halfopen').get<string>('trace.server', 'off');
  return setting === 'off' ? vscode.LogLevel.Info : vscode.LogLevel.Trace;
}
