import { Backoff, mayReconnect } from './reconnectDelay';

/**
 * Connects again after each loss of a socket, with growing waits, until it is stopped. What closes the socket on
 * purpose calls `stop` first: the close event that follows is then no loss.
 */
export class Reconnector {
  private readonly backoff = new Backoff();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watched: WebSocket | undefined;

  /** Calls `connect` when the wait after the loss of this socket is over. A socket watched before is let go of. */
  watch(socket: WebSocket, connect: () => void): void {
    this.stop();
    this.watched = socket;
    socket.addEventListener('close', (event) => {
      if (this.watched === socket && mayReconnect(event.code)) {
        this.timer = setTimeout(connect, this.backoff.nextDelayMs());
      }
    });
  }

  /** Lets go of the socket, and of a retry that is due. */
  stop(): void {
    clearTimeout(this.timer);
    this.watched = undefined;
  }
}
