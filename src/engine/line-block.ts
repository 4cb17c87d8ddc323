/**
 * Lines gathered as bytes, one after the other. As texts they would live until they are sent, and cost more in collecting
 * garbage than in being written.
 */
export class LineBlock {
  private bytes: Buffer;
  private spare: Buffer | null = null;
  private used = 0;

  /** @param size bytes after which the block is full; a last line may pass it */
  constructor(private readonly size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size + size / 8);
  }

  add(line: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const most = this.used + line.length * 3;
    if (most > this.bytes.length) this.bytes = Buffer.concat([this.bytes.subarray(0, this.used)], most * 2);
    this.used += this.bytes.write(line, this.used, 'utf8');
  }

  get isFull(): boolean {
    return this.used >= this.size;
  }

  get isEmpty(): boolean {
    return this.used === 0;
  }

  /** What was gathered; the block is empty then. It is overwritten after the next call: by then it must have been sent. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.used);
    const next = this.spare ?? Buffer.allocUnsafeSlow(this.size + this.size / 8);
    this.spare = this.bytes;
    this.bytes = next;
    this.used = 0;
    return taken;
  }

  /** Lets go of what was gathered. */
  clear(): void {
    this.used = 0;
  }
}
