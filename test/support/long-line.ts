/** A line of `bytes` bytes between a head and a tail, made on the fly: no more than one piece is ever held. */
export function* longLine(head: string, bytes: number, tail: string): Generator<Buffer> {
  yield Buffer.from(head);
  const piece = Buffer.alloc(256 * 1024, 'x');
  for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.subarray(0, left) : piece;
  yield Buffer.from(tail);
}
