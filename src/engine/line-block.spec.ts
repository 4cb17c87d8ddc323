import { LineBlock } from './line-block.js';

describe('lines gathered for the engine', () => {
  it('hands out what was added since, in UTF-8, however long the lines are', () => {
    const block = new LineBlock(64);
    const lots: Buffer[] = [];
    for (const lines of [['short\n'], ['ä€😀'.repeat(5_000), '\n', 'x'.repeat(70)], ['after the long one\n']]) {
      expect(block.isEmpty).toBe(true);
      for (const line of lines) block.add(line);
      const isLong = lines.length > 1;
      expect([block.isEmpty, block.isFull]).toEqual([false, isLong]);
      lots.push(Buffer.from(block.take()));
      expect(lots.at(-1)?.toString('utf8')).toBe(lines.join(''));
    }
  });

  it('leaves what it handed out alone while the next lines are gathered', () => {
    const block = new LineBlock(64);
    block.add('first lot');
    const first = block.take();
    block.add('second lot, longer than the first');
    expect(first.toString('utf8')).toBe('first lot');
    expect(block.take().toString('utf8')).toBe('second lot, longer than the first');
  });

  it('forgets what was gathered when it is cleared', () => {
    const block = new LineBlock(64);
    block.add('given up');
    block.clear();
    block.add('kept');
    expect(block.take().toString('utf8')).toBe('kept');
  });
});
