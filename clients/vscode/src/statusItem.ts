import * as vscode from 'vscode';

import type { Server, Standing } from './server';

const LANGUAGES = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'];

/** The item in the language status: what runs, in which version, and what it is doing. */
export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;
  private readonly listener: vscode.Disposable;

  constructor(server: Server) {
    this.item = vscode.languages.createLanguageStatusItem(
      'halfopen.status',
      LANGUAGES.map((language) => ({ language })),
    );
    this.item.name = 'halfopen';
    this.listener = server.onDidChange((standing) => this.show(standing));
    this.show(server.standing);
  }

  private show(standing: Standing): void {
    const { text, detail, severity } = describe(standing);
    this.item.text = text;
    this.item.detail = detail;
    this.item.severity = severity;
    this.item.busy = standing.kind === 'starting' || (standing.kind === 'running' && standing.auditing);
    this.item.command =
      standing.kind === 'running'
        ? { command: 'halfopen.showLog', title: 'Show Log' }
        : { command: 'halfopen.restart', title: 'Restart' };
  }

  dispose(): void {
    this.listener.dispose();
    this.item.dispose();
  }
}

interface Description {
  readonly text: string;
  readonly detail: string;
  readonly severity: vscode.LanguageStatusSeverity;
}

function describe(standing: Standing): Description {
  const { Information, Warning, Error } = vscode.LanguageStatusSeverity;
  switch (standing.kind) {
    case 'off':
      return { text: 'halfopen', detail: 'off', severity: Information };
    case 'starting':
      return { text: 'halfopen', detail: 'starting', severity: Information };
    case 'missing':
      return { text: 'halfopen', detail: 'not installed', severity: Warning };
    case 'failed':
      return { text: 'halfopen', detail: standing.reason, severity: Error };
    case 'running':
      return {
        text: `halfopen ${standing.version}`,
        detail: standing.auditing ? 'auditing' : 'ready',
        severity: Information,
      };
  }
}
