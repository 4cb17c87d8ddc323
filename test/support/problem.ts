/** What every refusal looks like (RFC 9457), and what it must never show. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly {
    readonly code: string;
    readonly message: string;
    readonly pointer?: string;
    readonly range?: readonly [number, number];
    readonly suggestions?: readonly string[];
  }[];
}

/** A stack frame, SQL, a place in the server's files, a host or a part of the machinery. */
const INSIDES =
  /\n\s+at |\.[jt]s:\d+|node_modules|\bSELECT\b.*\bFROM\b|\bINSERT INTO\b|unified_marketing_data|marketing_metrics_config|\/(?:tmp|home|root|usr|var|work)\/|127\.0\.0\.1|ECONN|QueryFailed|TypeError|chdb|DB::Exception/;

/** Checks the form of a refusal and gives back its body. */
export function expectProblem(answer: { status: number; contentType: string | null; text: string }): ProblemBody {
  expect(answer.contentType).toMatch(/^application\/problem\+json\b/);
  const body = JSON.parse(answer.text) as ProblemBody;
  expect(body).toMatchObject({
    type: `urn:tributary:problem:${body.code}`,
    title: expect.stringMatching(/\S/) as string,
    status: answer.status,
    code: expect.stringMatching(/^[a-z][a-z_]+$/) as string,
    detail: expect.stringMatching(/\S{2,}/) as string,
  });
  expect(answer.text).not.toMatch(INSIDES);
  return body;
}

/** The same of a `fetch`. */
export const problemOf = async (response: Response): Promise<ProblemBody> =>
  expectProblem({
    status: response.status,
    contentType: response.headers.get('content-type'),
    text: await response.text(),
  });
