// As much of React as a hook needs that is rendered by hand: `render(hook)` runs it and then its effects.

let slots = [];
let at = 0;
let pending = [];

function slot(make) {
  if (at === slots.length) slots.push(make());
  return slots[at++];
}

export function useState(initial) {
  const cell = slot(() => ({ value: initial }));
  return [cell.value, (update) => (cell.value = typeof update === 'function' ? update(cell.value) : update)];
}

export const useRef = (initial) => slot(() => ({ current: initial }));
export const useCallback = (callback) => slot(() => ({ callback })).callback;

export function useEffect(effect) {
  const cell = slot(() => ({ cleanup: undefined, ran: false }));
  if (!cell.ran) pending.push(() => ((cell.ran = true), (cell.cleanup = effect())));
}

export function render(hook) {
  at = 0;
  const value = hook();
  pending.splice(0).forEach((run) => run());
  return value;
}

export function unmount() {
  slots.forEach((each) => each.cleanup?.());
  slots = [];
}
