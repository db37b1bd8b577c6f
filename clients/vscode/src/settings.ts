import type { ConfigurationMiddleware } from 'vscode-languageclient/node';

/** Settings that are the extension's own business: the server would call them unknown. */
const OWN = new Set(['enable', 'path', 'pathFirst', 'trace']);

/** Answers the server's question for its settings without the extension's own, and without what is not set. */
export const forServer: NonNullable<ConfigurationMiddleware['configuration']> = async (params, token, next) => {
  const answer = await next(params, token);
  return Array.isArray(answer) ? answer.map((each: unknown) => (isTable(each) ? set(each, OWN) : each)) : answer;
};

type Table = Readonly<Record<string, unknown>>;

function set(table: Table, left: ReadonlySet<string> = new Set()): Table {
  const entries = Object.entries(table)
    .filter(([key, value]) => !left.has(key) && value !== null)
    .map(([key, value]) => [key, isTable(value) ? set(value) : value]);
  return Object.fromEntries(entries) as Table;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
