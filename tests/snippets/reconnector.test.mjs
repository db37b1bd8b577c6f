import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Reconnector } from './reconnector.mjs';

/** A socket as far as a reconnector knows it. */
class Socket extends EventTarget {
  end(code) {
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}

let reconnector;
let connects;
const connect = () => {
  connects += 1;
};

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  mock.method(Math, 'random', () => 1);
  reconnector = new Reconnector();
  connects = 0;
});

afterEach(() => {
  mock.restoreAll();
  mock.timers.reset();
});

test('a loss is answered after the wait, once', () => {
  const socket = new Socket();
  reconnector.watch(socket, connect);
  socket.end(1006);
  mock.timers.tick(999);
  assert.equal(connects, 0);
  mock.timers.tick(1);
  assert.equal(connects, 1);
  mock.timers.tick(60_000);
  assert.equal(connects, 1);
});

test('the wait after the next loss is longer', () => {
  for (const expected of [1000, 2000, 4000]) {
    const socket = new Socket();
    const before = connects;
    reconnector.watch(socket, connect);
    socket.end(1012);
    mock.timers.tick(expected - 1);
    assert.equal(connects, before);
    mock.timers.tick(1);
    assert.equal(connects, before + 1);
  }
});

test('a refusal is final', () => {
  const socket = new Socket();
  reconnector.watch(socket, connect);
  socket.end(4401);
  mock.timers.tick(60_000);
  assert.equal(connects, 0);
});

test('a close on purpose is no loss, and ends a retry that is due', () => {
  const first = new Socket();
  reconnector.watch(first, connect);
  reconnector.stop();
  first.end(1000);
  mock.timers.tick(60_000);
  assert.equal(connects, 0);

  const second = new Socket();
  reconnector.watch(second, connect);
  second.end(1006);
  reconnector.stop();
  mock.timers.tick(60_000);
  assert.equal(connects, 0);
});

test('the late close of a socket that was replaced is not the end of the next one', () => {
  const old = new Socket();
  const next = new Socket();
  reconnector.watch(old, connect);
  reconnector.watch(next, connect);
  old.end(1006);
  mock.timers.tick(60_000);
  assert.equal(connects, 0);
  next.end(1006);
  mock.timers.tick(1000);
  assert.equal(connects, 1);
});
