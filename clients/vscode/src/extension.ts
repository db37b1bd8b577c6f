import * as vscode from 'vscode';

import { showDebugInformation } from './debugInformation';
import { configuredPath, isPathFirst, onDidSelectInterpreter } from './program';
import { Server } from './server';
import { StatusItem } from './statusItem';

/** Settings that decide whether a server runs and which; everything else the server takes over while it runs. */
const STARTING = ['halfopen.enable', 'halfopen.path', 'halfopen.pathFirst'];

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('halfopen', { log: true });
  const server = new Server(log);
  const status = new StatusItem(server);
  context.subscriptions.push(
    log,
    status,
    server,
    vscode.commands.registerCommand('halfopen.restart', () => server.restart()),
    vscode.commands.registerCommand('halfopen.auditWorkspace', () => auditWorkspace(server)),
    vscode.commands.registerCommand('halfopen.showLog', () => log.show()),
    vscode.commands.registerCommand('halfopen.showDebugInformation', () => showDebugInformation(server)),
    vscode.commands.registerCommand('halfopen.showOthers', showOthers),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (STARTING.some((setting) => event.affectsConfiguration(setting))) void server.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
  );
  // Not awaited: the server may take its time, activation may not.
  void server.restart();
  void followInterpreter(context, server);
}

/** The program may stand in the selected Python environment: another selection, another program. */
async function followInterpreter(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const following = await onDidSelectInterpreter(() => {
    if (configuredPath() === undefined || !isPathFirst()) void server.restart();
  });
  if (following !== undefined) context.subscriptions.push(following);
}

/** Audits everything anew and shows the list of what was found. */
async function auditWorkspace(server: Server): Promise<void> {
  await server.restart();
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'halfopen: auditing' },
    () => server.settled(),
  );
  await vscode.commands.executeCommand('workbench.actions.view.problems');
}

interface LspPosition {
  readonly line: number;
  readonly character: number;
}

interface LspLocation {
  readonly uri: string;
  readonly range: { readonly start: LspPosition; readonly end: LspPosition };
}

/** The command of a lens: the other sides of a connection, one at once, several to choose from. */
async function showOthers(uri: string, position: LspPosition, locations: readonly LspLocation[]): Promise<void> {
  await vscode.commands.executeCommand(
    'editor.action.goToLocations',
    vscode.Uri.parse(uri),
    new vscode.Position(position.line, position.character),
    locations.map(
      ({ uri: target, range: { start, end } }) =>
        new vscode.Location(
          vscode.Uri.parse(target),
          new vscode.Range(start.line, start.character, end.line, end.character),
        ),
    ),
    'gotoAndPeek',
  );
}
