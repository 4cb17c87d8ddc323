import { remembered } from './remembered.js';

it('works out an answer once for each object that is kept, and anew for others', () => {
  const asked: object[] = [];
  const count = remembered((of: object) => asked.push(of), Object.isFrozen);
  const [fixed, open] = [Object.freeze({}), {}];
  expect([count(fixed), count(fixed), count(open), count(open), count(fixed)]).toEqual([1, 1, 2, 3, 1]);
});
