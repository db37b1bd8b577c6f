type Message = Parameters<WebSocket['send']>[0];

/** Why a message was given up: others came after it, it waited too long, or its connection went elsewhere. */
export type DropReason = 'overflow' | 'expired' | 'other-connection';

interface Waiting {
  data: Message;
  url: string | undefined;
  expiresAt: number;
}

/** What an outbox may keep: `capacity` messages, each for `maxAgeMs` milliseconds. */
export interface OutboxOptions {
  capacity?: number;
  maxAgeMs?: number;
  onDropped?: (data: Message, reason: DropReason) => void;
}

function warn(_data: Message, reason: DropReason): void {
  console.warn(`A message was not sent: ${reason}`);
}

/**
 * Keeps what is sent while a connection is down, and sends it when the connection opens. Old messages are given
 * up and not sent late, and each that is given up is told to `onDropped`. What waits for one address is
 * never sent to another. `attach` goes where the socket is made.
 */
export class Outbox {
  /** How many messages were given up. */
  dropped = 0;
  private waiting: Waiting[] = [];
  private url: string | undefined = undefined;
  private timer: ReturnType<typeof setTimeout> | undefined = undefined;
  private readonly capacity: number;
  private readonly maxAgeMs: number;
  private readonly onDropped: (data: Message, reason: DropReason) => void;

  constructor({ capacity = 100, maxAgeMs = 30000, onDropped = warn }: OutboxOptions = {}) {
    this.capacity = capacity;
    this.maxAgeMs = maxAgeMs;
    this.onDropped = onDropped;
  }

  /** How many messages wait. */
  get size(): number {
    return this.waiting.length;
  }

  /** Sends what waits for this socket's address when it opens; what waits for another is given up. */
  attach(socket: WebSocket): void {
    this.url = socket.url;
    this.giveUp('other-connection', (each) => each.url !== undefined && each.url !== socket.url);
    socket.addEventListener('open', () => this.flush(socket));
  }

  /** Sends at once if the socket is open, after what waits; else the message waits for the next open one. */
  send(socket: WebSocket | null | undefined, data: Message): void {
    if (socket?.readyState === WebSocket.OPEN) {
      this.flush(socket);
      socket.send(data);
      return;
    }
    this.waiting.push({ data, url: socket?.url ?? this.url, expiresAt: Date.now() + this.maxAgeMs });
    if (this.waiting.length > this.capacity) {
      const oldest = this.waiting[0];
      this.giveUp('overflow', (each) => each === oldest);
    }
    this.expire();
  }

  private flush(socket: WebSocket): void {
    this.expire();
    this.giveUp('other-connection', (each) => each.url !== undefined && each.url !== socket.url);
    while (socket.readyState === WebSocket.OPEN) {
      const next = this.waiting[0];
      if (next === undefined) {
        return;
      }
      socket.send(next.data);
      this.waiting.shift();
    }
  }

  private expire(): void {
    const now = Date.now();
    this.giveUp('expired', (each) => each.expiresAt <= now);
    clearTimeout(this.timer);
    const next = this.waiting[0];
    if (next !== undefined) {
      this.timer = setTimeout(() => this.expire(), next.expiresAt - now);
    }
  }

  private giveUp(reason: DropReason, isLost: (waiting: Waiting) => boolean): void {
    const lost = this.waiting.filter(isLost);
    this.waiting = this.waiting.filter((each) => !isLost(each));
    this.dropped += lost.length;
    for (const each of lost) {
      this.onDropped(each.data, reason);
    }
  }
}
