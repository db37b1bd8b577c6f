import * as vscode from 'vscode';

import type { Server } from './server';

/** Opens what a report of a fault needs: versions, where the program was found, the server's state, settings. */
export async function showDebugInformation(server: Server): Promise<void> {
  const standing = server.standing;
  const information = {
    editor: `${vscode.env.appName} ${vscode.version}`,
    platform: `${process.platform} ${process.arch}`,
    trusted: vscode.workspace.isTrusted,
    folders: vscode.workspace.workspaceFolders?.length ?? 0,
    path: process.env['PATH'] ?? '',
    server: standing,
    status: (await server.status().catch((error: unknown) => String(error))) ?? null,
    settings: vscode.workspace.getConfiguration('halfopen'),
  };
  const document = await vscode.workspace.openTextDocument({
    language: 'json',
    content: `${JSON.stringify(information, null, 2)}\n`,
  });
  await vscode.window.showTextDocument(document, { preview: true });
}
