import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as path from 'node:path';

import * as vscode from 'vscode';

/** The `halfopen` program, and how it was found. */
export interface Program {
  readonly path: string;
  readonly from: 'halfopen.path' | 'the Python environment' | 'the PATH';
}

const NAMES = process.platform === 'win32' ? ['halfopen.exe', 'halfopen.cmd'] : ['halfopen'];

/**
 * Looks for the program in the selected Python environment, on the PATH and at the configured path, in this
 * order; with `halfopen.pathFirst` the configured path comes first, and where it leads to no program nothing
 * else is tried: a wish that was said outright is not passed over in silence.
 *
 * A workspace that is not trusted may name neither a program nor an environment.
 */
export async function findProgram(log: vscode.LogOutputChannel): Promise<Program | undefined> {
  const configured = configuredPath();
  if (configured !== undefined && isPathFirst()) return programAt(configured);

  const found = (await programOfEnvironment()) ?? (await programOnPath(log));
  if (found === undefined) return configured === undefined ? undefined : programAt(configured);
  if (configured !== undefined && configured !== found.path) {
    log.info(`halfopen.path, ${configured}, is passed over for ${found.from}; halfopen.pathFirst changes that`);
  }
  return found;
}

async function programAt(configured: string): Promise<Program | undefined> {
  return (await isProgram(configured)) ? { path: configured, from: 'halfopen.path' } : undefined;
}

async function programOfEnvironment(): Promise<Program | undefined> {
  if (!vscode.workspace.isTrusted) return undefined;
  for (const folder of await environmentFolders()) {
    const found = await firstProgram(folder);
    if (found !== undefined) return { path: found, from: 'the Python environment' };
  }
  return undefined;
}

async function programOnPath(log: vscode.LogOutputChannel): Promise<Program | undefined> {
  // A relative entry would be looked up in whatever folder this process stands in: perhaps the workspace.
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const folder of folders) {
    const found = await firstProgram(folder);
    if (found !== undefined) return { path: found, from: 'the PATH' };
  }
  log.info(`no halfopen in ${folders.join(', ')}`);
  return undefined;
}

/** Whether the configured path counts before what is installed. */
export function isPathFirst(): boolean {
  return vscode.workspace.getConfiguration('halfopen').get<boolean>('pathFirst', false);
}

/** The value of `halfopen.path`, its variables filled in. */
export function configuredPath(): string | undefined {
  const setting = vscode.workspace.getConfiguration('halfopen').inspect<string | null>('path');
  const value = vscode.workspace.isTrusted
    ? (setting?.workspaceFolderValue ?? setting?.workspaceValue ?? setting?.globalValue)
    : setting?.globalValue;
  if (!value) return undefined;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const home = homedir();
  return value.replaceAll('${workspaceFolder}', folder).replace(/^~(?=$|[\\/])/, () => home);
}

/** Where programs of the selected Python environment lie, else of one that stands in the workspace. */
async function environmentFolders(): Promise<string[]> {
  const folders: string[] = [];
  const interpreter = await selectedInterpreter();
  if (interpreter !== undefined) folders.push(path.dirname(interpreter));
  const programs = process.platform === 'win32' ? 'Scripts' : 'bin';
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    for (const name of ['.venv', 'venv']) folders.push(path.join(uri.fsPath, name, programs));
  }
  return folders;
}

/** The part of the Python extension's published interface that is used here. */
interface PythonExtension {
  readonly environments: {
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(
      environment: { readonly path: string },
    ): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
  };
}

/** The interpreter that the Python extension has selected, where that extension is there. */
async function selectedInterpreter(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
  if (extension === undefined) return undefined;
  try {
    const { environments } = await extension.activate();
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
    return resolved?.executable.uri?.fsPath;
  } catch {
    // Another extension's failure is no reason not to look elsewhere.
    return undefined;
  }
}

/** Calls back whenever another interpreter is selected, where the Python extension is there to tell. */
export async function onDidSelectInterpreter(changed: () => void): Promise<vscode.Disposable | undefined> {
  const extension = vscode.extensions.getExtension<PythonExtension>('ms-python.python');
  try {
    return (await extension?.activate())?.environments.onDidChangeActiveEnvironmentPath(changed);
  } catch {
    return undefined;
  }
}

async function firstProgram(folder: string): Promise<string | undefined> {
  for (const name of NAMES) {
    const candidate = path.join(folder, name);
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
