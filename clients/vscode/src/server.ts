import { setTimeout as delay } from 'node:timers/promises';

import * as vscode from 'vscode';
// Types alone: the client itself is loaded when a server is started.
import type * as languageclient from 'vscode-languageclient/node';

import { configuredPath, findProgram, isPathFirst, type Program } from './program';
import { forServer } from './settings';
import { Trace } from './trace';

export type Standing =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'running'; readonly program: Program; readonly version: string; readonly auditing: boolean };

/** The answer to `halfopen/status`. */
export interface Status {
  readonly version: string;
  readonly state: 'starting' | 'auditing' | 'idle';
  readonly files: number;
  readonly findings: number;
}

const LANGUAGES = ['python', 'typescript', 'typescriptreact', 'javascript', 'javascriptreact'];
const INSTALL = 'pip install halfopen';
const RESTARTS = 3;
const STOP_MILLISECONDS = 2_000;

/** The language server of this window: at most one runs, and restarts follow each other. */
export class Server implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Standing>();
  readonly onDidChange = this.changed.event;
  private client: languageclient.LanguageClient | undefined;
  private current: Standing = { kind: 'off' };
  private restarting: Promise<void> | undefined;
  private again = false;

  private readonly trace: Trace;

  constructor(readonly log: vscode.LogOutputChannel) {
    this.trace = new Trace(log);
  }

  get standing(): Standing {
    return this.current;
  }

  /** Starts the server anew. Calls that come meanwhile share one further restart. */
  restart(): Promise<void> {
    if (this.restarting !== undefined) {
      this.again = true;
      return this.restarting;
    }
    this.restarting = this.restartUntilQuiet().finally(() => {
      this.restarting = undefined;
    });
    return this.restarting;
  }

  private async restartUntilQuiet(): Promise<void> {
    do {
      this.again = false;
      await this.stop();
      await this.start();
    } while (this.again);
  }

  /** The server's own account of itself; undefined where none runs. */
  async status(): Promise<Status | undefined> {
    return this.client?.sendRequest<Status>('halfopen/status', {});
  }

  /** Done once everything told so far is audited and shown. */
  async settled(): Promise<Status | undefined> {
    await this.restarting;
    return this.client?.sendRequest<Status>('halfopen/status', { settled: true });
  }

  dispose(): void {
    void this.stop();
    this.trace.dispose();
    this.changed.dispose();
  }

  private async start(): Promise<void> {
    if (!vscode.workspace.getConfiguration('halfopen').get<boolean>('enable', true)) {
      this.become({ kind: 'off' });
      return;
    }
    this.become({ kind: 'starting' });
    const program = await findProgram(this.log);
    if (program === undefined) {
      this.become({ kind: 'missing' });
      void this.offerInstallation();
      return;
    }
    this.log.info(`starting ${program.path}, found by ${program.from}`);
    const client = this.createClient(program, await import('./languageClient.js'));
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log.error(`${program.path} does not start: ${reason}`);
      this.become({ kind: 'failed', reason });
      void this.offerLog(`halfopen does not start: ${reason}`);
      return;
    }
    const version = client.initializeResult?.serverInfo?.version ?? '';
    this.become({ kind: 'running', program, version, auditing: true });
  }

  private createClient(program: Program, library: typeof import('./languageClient.js')): languageclient.LanguageClient {
    const { CloseAction, ErrorAction, LanguageClient, State } = library;
    const options: languageclient.LanguageClientOptions = {
      documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language })),
      outputChannel: this.log,
      traceOutputChannel: this.trace.channel,
      initializationOptions: { auditFinished: true, showOthers: true, hoverHasMessage: true },
      middleware: { workspace: { configuration: forServer } },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue }),
        closed: () => ({
          action: this.mayStartAgain(program) ? CloseAction.Restart : CloseAction.DoNotRestart,
          handled: true,
        }),
      },
    };
    const client = new LanguageClient(
      'halfopen',
      'halfopen',
      { command: program.path, args: ['lsp'] },
      options,
    );
    client.onNotification('halfopen/auditFinished', () => {
      if (this.current.kind === 'running') this.become({ ...this.current, auditing: false });
    });
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running && this.current.kind === 'failed') {
        const version = client.initializeResult?.serverInfo?.version ?? '';
        this.become({ kind: 'running', program, version, auditing: true });
      }
    });
    return client;
  }

  private readonly ends: number[] = [];

  /** A server that ended by itself is started again, unless it keeps ending. */
  private mayStartAgain(program: Program): boolean {
    const now = Date.now();
    this.ends.push(now);
    const recent = this.ends.filter((each) => now - each < 180_000);
    const givesUp = recent.length > RESTARTS;
    const reason = givesUp
      ? `${program.path} ended ${recent.length} times within three minutes`
      : 'it ended unexpectedly and is started again';
    this.log.error(reason);
    this.become({ kind: 'failed', reason });
    if (givesUp) void this.offerLog(`halfopen: ${reason}.`);
    return !givesUp;
  }

  private async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client === undefined) return;
    try {
      await client.dispose(STOP_MILLISECONDS);
    } catch (error) {
      // One that never started, or has ended already, cannot be stopped.
      this.log.debug(`the server before did not stop in order: ${String(error)}`);
      await delay(0);
    }
  }

  private become(standing: Standing): void {
    this.current = standing;
    this.changed.fire(standing);
  }

  private async offerInstallation(): Promise<void> {
    const configured = configuredPath();
    const isWanted = configured !== undefined && isPathFirst();
    const nowhere = 'halfopen is neither in the selected Python environment nor on the PATH';
    const message = isWanted
      ? `halfopen.path is ${configured}: there is no program there.`
      : configured === undefined
        ? `${nowhere}. Install it there: ${INSTALL}`
        : `${nowhere}, and there is no program at halfopen.path, ${configured}. Install it: ${INSTALL}`;
    this.log.warn(message);
    const copy = 'Copy Command';
    const retry = 'Retry';
    const settings = 'Open Settings';
    const buttons = [retry, ...(isWanted ? [] : [copy]), ...(configured === undefined ? [] : [settings])];
    const chosen = await vscode.window.showWarningMessage(message, ...buttons);
    if (chosen === copy) await vscode.env.clipboard.writeText(INSTALL);
    if (chosen === settings) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'halfopen.path');
    }
    if (chosen === retry) await this.restart();
  }

  private async offerLog(message: string): Promise<void> {
    const show = 'Show Log';
    const retry = 'Retry';
    const chosen = await vscode.window.showErrorMessage(message, show, retry);
    if (chosen === show) this.log.show();
    if (chosen === retry) await this.restart();
  }
}
