/** An answer that was given before and is given again. Thrown in place of doing the work anew; see `ProblemFilter`. */
export class StoredAnswer extends Error {
  constructor(
    readonly status: number,
    readonly contentType: string,
    readonly body: Buffer,
  ) {
    super('Answered before');
    this.name = 'StoredAnswer';
  }
}
