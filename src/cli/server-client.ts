/** A running server, as commands speak to it. The API key is read from TRIBUTARY_API_KEY. */
export interface ServerOptions {
  /** Address of the server. */
  readonly server: string;
}

/**
 * Sends one request and reads the answer whole.
 * @throws Error with the server's reason, and every mistake that it lists
 */
export async function askServer(options: ServerOptions, path: string, init: RequestInit = {}): Promise<string> {
  const key = process.env.TRIBUTARY_API_KEY;
  if (!key) throw new Error('Set TRIBUTARY_API_KEY to an API key of the organisation.');
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(new URL(path, options.server), { ...init, headers });
  } catch {
    throw new Error(`There is no answer from ${options.server}: is the server running, and is --server its address?`);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(refusal(response.status, text));
  return text;
}

function refusal(status: number, text: string): string {
  try {
    const { detail, errors } = JSON.parse(text) as { detail?: string; errors?: { message: string }[] };
    const lines = (errors ?? []).map(({ message }) => message);
    if (detail) return lines.length > 1 ? lines.join('\n') : detail;
  } catch {
    // No problem document: some proxy's page.
  }
  return `The server answered with status ${status}.`;
}
