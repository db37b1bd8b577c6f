// How long to wait before connecting again. The wait grows, so that a server that is down is not hammered, and
// half of it is random, so that the clients that lost one server do not all return in the same moment.

/** Codes after which the same attempt fails again: protocol and policy errors, and refusals of the application. */
const FINAL_CODES = new Set([1002, 1003, 1007, 1008, 1009, 1010, 4001, 4003, 4401, 4403]);

/** Whether connecting again can help after a close with this code. */
export function mayReconnect(code: number): boolean {
  return !FINAL_CODES.has(code);
}

/** Half of a delay in milliseconds, plus a random part of its other half. */
export function withJitter(delayMs: number): number {
  return delayMs / 2 + Math.random() * (delayMs / 2);
}

/** The wait in milliseconds before a retry; `attempt` is 0 for the first. Doubles up to `maxMs`. */
export function reconnectDelayMs(attempt: number, initialMs = 1000, maxMs = 30000): number {
  return withJitter(Math.min(maxMs, initialMs * 2 ** attempt));
}

/** The waits of one connection: they grow with each loss, and start over after `stableMs` without one. */
export class Backoff {
  private attempt = 0;
  private retryAt = 0;
  private readonly stableMs: number;

  constructor(stableMs = 10000) {
    this.stableMs = stableMs;
  }

  /** The wait in milliseconds after a loss of the connection. */
  nextDelayMs(): number {
    const now = Date.now();
    if (now - this.retryAt >= this.stableMs) {
      this.attempt = 0;
    }
    const delayMs = reconnectDelayMs(this.attempt);
    this.attempt += 1;
    this.retryAt = now + delayMs;
    return delayMs;
  }
}
