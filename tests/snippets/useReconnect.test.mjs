import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { render, unmount } from 'react';
import { useReconnect } from './useReconnect.mjs';

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  mock.method(Math, 'random', () => 1);
});

afterEach(() => {
  unmount();
  mock.restoreAll();
  mock.timers.reset();
});

const attempt = () => render(useReconnect)[0];

test('a loss changes the attempt after the wait', () => {
  const [first, lost] = render(useReconnect);
  assert.equal(first, 0);
  lost({ code: 1006 });
  mock.timers.tick(999);
  assert.equal(attempt(), 0);
  mock.timers.tick(1);
  assert.equal(attempt(), 1);
});

test('the second wait is longer, and two losses in a row are one', () => {
  const [, lost] = render(useReconnect);
  lost({ code: 1006 });
  lost({ code: 1006 });
  mock.timers.tick(1999);
  assert.equal(attempt(), 0);
  mock.timers.tick(1);
  assert.equal(attempt(), 1);
  mock.timers.tick(60_000);
  assert.equal(attempt(), 1);
});

test('a refusal is final, and a restart of the server is not', () => {
  const [, lost] = render(useReconnect);
  lost({ code: 4401 });
  mock.timers.tick(60_000);
  assert.equal(attempt(), 0);
  lost({ code: 1012 });
  mock.timers.tick(60_000);
  assert.equal(attempt(), 1);
});

test('nothing happens after the component is gone', () => {
  const [, lost] = render(useReconnect);
  let changed = false;
  lost({ code: 1006 });
  unmount();
  mock.timers.tick(60_000);
  changed = attempt() !== 0;
  assert.equal(changed, false);
});
