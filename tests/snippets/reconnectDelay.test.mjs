import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { Backoff, mayReconnect, reconnectDelayMs, withJitter } from './reconnectDelay.mjs';

afterEach(() => {
  mock.restoreAll();
  mock.timers.reset();
});

function chance(value) {
  mock.method(Math, 'random', () => value);
}

test('jitter keeps half of a delay and draws the other half', () => {
  chance(0);
  assert.equal(withJitter(8000), 4000);
  mock.restoreAll();
  chance(0.999999);
  assert.ok(withJitter(8000) > 7999 && withJitter(8000) < 8000);
});

test('delays double up to the cap, however many attempts there were', () => {
  chance(1);
  assert.deepEqual([0, 1, 2, 5, 6, 5000].map((attempt) => reconnectDelayMs(attempt)), [1000, 2000, 4000, 30000, 30000, 30000]);
  assert.equal(reconnectDelayMs(3, 100, 500), 500);
});

test('a thousand clients spread over half of the wait', () => {
  const delays = Array.from({ length: 1000 }, () => reconnectDelayMs(0));
  const first = delays.filter((delay) => delay < 750).length;
  assert.ok(delays.every((delay) => delay >= 500 && delay < 1000));
  assert.ok(first > 400 && first < 600);
});

test('the waits of a connection that fails at once grow', () => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  chance(1);
  const backoff = new Backoff();
  const waits = [];
  for (let loss = 0; loss < 7; loss += 1) {
    const wait = backoff.nextDelayMs();
    waits.push(wait);
    mock.timers.tick(wait + 200);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test('they start over once the connection stayed up, and not before', () => {
  mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  chance(1);
  const backoff = new Backoff(10_000);
  mock.timers.tick(backoff.nextDelayMs() + 9_999);
  assert.equal(backoff.nextDelayMs(), 2000);
  mock.timers.tick(2000 + 10_000);
  assert.equal(backoff.nextDelayMs(), 1000);
});

test('policy errors and refusals are final; drops, restarts and normal closes are not', () => {
  assert.deepEqual([1000, 1001, 1005, 1006, 1011, 1012, 1013].map(mayReconnect), Array(7).fill(true));
  assert.deepEqual([1002, 1008, 1009, 4001, 4401, 4403].map(mayReconnect), Array(6).fill(false));
});
