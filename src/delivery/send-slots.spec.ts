import { SendSlots } from './send-slots.js';

test('Who finds no room is called when there is some, in turn, and passes it on when it has nothing to send', () => {
  const called: string[] = [];
  const slots = new SendSlots((id) => called.push(id));
  const leave = slots.enter('a', { 'to x': 1, 'of org': 2 });
  expect(leave).not.toBeNull();
  expect(slots.enter('b', { 'to x': 1, 'of org': 2 })).toBeNull();
  expect(slots.enter('c', { 'to x': 1, 'of org': 2 })).toBeNull();
  expect(slots.enter('d', { 'to x': 1, 'of org': 2 })).toBeNull();
  expect(slots.isInVain('b')).toBe(true);
  // Another host is nobody's concern there, until the organisation has its share.
  const leaveOther = slots.enter('e', { 'to y': 1, 'of org': 2 });
  expect(leaveOther).not.toBeNull();
  expect(slots.enter('f', { 'to z': 1, 'of org': 2 })).toBeNull();

  leave?.();
  leave?.();
  expect(called).toEqual(['b', 'f']);
  expect(slots.isInVain('c')).toBe(false);
  slots.forgo('b');
  expect(called).toEqual(['b', 'f', 'c']);
  const leaveF = slots.enter('f', { 'to z': 1, 'of org': 2 });
  expect(leaveF).not.toBeNull();
  // Its host has room, its organisation has not: it waits there, and the next one for the host finds out for itself.
  expect(slots.enter('c', { 'to x': 1, 'of org': 2 })).toBeNull();
  expect(called).toEqual(['b', 'f', 'c', 'd']);
  expect(slots.enter('d', { 'to x': 1, 'of org': 2 })).toBeNull();
  leaveOther?.();
  expect(called).toEqual(['b', 'f', 'c', 'd', 'c']);
  expect(slots.enter('c', { 'to x': 1, 'of org': 2 })).not.toBeNull();
  leaveF?.();
  expect(called.at(-1)).toBe('d');
});
