import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Outbox } from './outbox.mjs';

class Socket extends EventTarget {
  sent = [];
  readyState = 0;

  constructor(url = 'wss://example.com/1') {
    super();
    this.url = url;
  }

  send(data) {
    if (this.readyState === 0) throw new Error('InvalidStateError');
    if (this.readyState === 1) this.sent.push(data);
  }

  opens() {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }
}

globalThis.WebSocket = { OPEN: 1 };

let dropped;
let outbox;

function make(options = {}) {
  dropped = [];
  outbox = new Outbox({ onDropped: (data, reason) => dropped.push([data, reason]), ...options });
  return outbox;
}

function attached(url) {
  const socket = new Socket(url);
  outbox.attach(socket);
  return socket;
}

beforeEach(() => {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 });
  make();
});

afterEach(() => {
  mock.restoreAll();
  mock.timers.reset();
});

test('an open socket takes a message at once', () => {
  const socket = attached();
  socket.opens();
  outbox.send(socket, 'a');
  assert.deepEqual(socket.sent, ['a']);
  assert.equal(outbox.size, 0);
});

test('what is sent without a socket, or while it connects or closed, waits for the next open one, in order', () => {
  outbox.send(null, 'a');
  outbox.send(undefined, 'b');
  const first = attached();
  outbox.send(first, 'c');
  first.readyState = 3;
  outbox.send(first, 'd');
  const second = attached();
  second.opens();
  assert.deepEqual(second.sent, ['a', 'b', 'c', 'd']);
  assert.deepEqual(first.sent, []);
  assert.equal(outbox.size, 0);
});

test('what waits goes before what is sent in an earlier open handler', () => {
  outbox.send(null, 'a');
  const socket = new Socket();
  socket.addEventListener('open', () => outbox.send(socket, 'b'));
  outbox.attach(socket);
  socket.opens();
  assert.deepEqual(socket.sent, ['a', 'b']);
});

test('the oldest is given up where too many wait, and that is told', () => {
  make({ capacity: 2 });
  for (const each of ['a', 'b', 'c', 'd']) outbox.send(null, each);
  assert.deepEqual(dropped, [['a', 'overflow'], ['b', 'overflow']]);
  assert.equal(outbox.dropped, 2);
  const socket = attached();
  socket.opens();
  assert.deepEqual(socket.sent, ['c', 'd']);
});

test('a hundred wait unless told otherwise', () => {
  for (let count = 0; count < 150; count += 1) outbox.send(null, `${count}`);
  assert.equal(outbox.size, 100);
  assert.equal(outbox.dropped, 50);
});

test('a message that waited for 30 s is given up then, not sent later', () => {
  outbox.send(null, 'a');
  mock.timers.tick(20_000);
  outbox.send(null, 'b');
  mock.timers.tick(9_999);
  assert.deepEqual(dropped, []);
  mock.timers.tick(1);
  assert.deepEqual(dropped, [['a', 'expired']]);
  const socket = attached();
  socket.opens();
  assert.deepEqual(socket.sent, ['b']);
});

test('an expired message is not sent although the timer was held up', () => {
  outbox.send(null, 'a');
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 2_000_000 });
  const socket = attached();
  socket.opens();
  assert.deepEqual(socket.sent, []);
  assert.deepEqual(dropped, [['a', 'expired']]);
});

test('what waits for one address never goes to another', () => {
  const first = attached('wss://example.com/1');
  outbox.send(first, 'a');
  const second = attached('wss://example.com/2');
  second.opens();
  assert.deepEqual(second.sent, []);
  assert.deepEqual(dropped, [['a', 'other-connection']]);
});

test('a message for an address that was left does not go to the new one', () => {
  const first = attached('wss://example.com/1');
  const second = attached('wss://example.com/2');
  outbox.send(first, 'a');
  second.opens();
  assert.deepEqual(second.sent, []);
  assert.deepEqual(dropped, [['a', 'other-connection']]);
});

test('a message stays until the socket took it', () => {
  outbox.send(null, 'a');
  outbox.send(null, 'b');
  const socket = attached();
  let sends = 0;
  socket.send = (data) => {
    socket.sent.push(data);
    sends += 1;
    if (sends === 1) socket.readyState = 3;
  };
  socket.opens();
  assert.deepEqual(socket.sent, ['a']);
  const next = attached();
  next.opens();
  assert.deepEqual(next.sent, ['b']);
});

test('a send that throws keeps its message', () => {
  outbox.send(null, 'a');
  const socket = new Socket();
  socket.readyState = 1;
  socket.send = () => {
    throw new Error('no');
  };
  assert.throws(() => outbox.send(socket, 'b'));
  assert.equal(outbox.size, 1);
  const next = attached();
  next.opens();
  assert.deepEqual(next.sent, ['a']);
});

test('who gives no callback reads of it on the console', () => {
  const warned = mock.method(console, 'warn', () => {});
  const plain = new Outbox({ capacity: 1 });
  plain.send(null, 'a');
  plain.send(null, 'b');
  assert.equal(warned.mock.callCount(), 1);
});
