import { useCallback, useEffect, useRef, useState } from 'react';
import { Backoff, mayReconnect } from './reconnectDelay';

/**
 * Sets off an effect again after its connection was lost: `attempt` goes into the effect's dependencies, and
 * the socket's close event calls `lost`. The cleanup takes `lost` off before it closes the socket itself.
 */
export function useReconnect(): [attempt: number, lost: (event: CloseEvent) => void] {
  const [attempt, setAttempt] = useState(0);
  const backoff = useRef(new Backoff());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const lost = useCallback((event: CloseEvent) => {
    if (!mayReconnect(event.code)) {
      return;
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAttempt((count) => count + 1), backoff.current.nextDelayMs());
  }, []);

  useEffect(() => () => clearTimeout(timer.current), []);

  return [attempt, lost];
}
