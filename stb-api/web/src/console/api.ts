/** Problem is what the API answers when it refuses (RFC 9457). */
export class Problem extends Error {
  constructor(readonly status: number, detail: string, readonly field: string, readonly expected: string) {
    super(detail);
  }
}

export interface Programme {
  id?: string;
  title: string;
  subtitle?: string;
  description?: string;
  lecturer: string;
  category: string;
  start: string;
  end: string;
  filler?: boolean;
}

export interface Feed {
  id: string;
  name: string;
  state: 'online' | 'waiting' | 'offline';
  input: string;
  since: string | null;
  tracks: { kind: string; codec: string; detail: string }[];
  bitrate: number;
  fps: number;
  lastFrameAge: number | null;
  restarts: number;
  lastError: string;
}

export interface OnAirChannel {
  id: string;
  number: number;
  name: string;
  feed: string;
  segments: number;
  viewers: number;
  now: Programme | null;
}

export interface OnAir {
  feeds: Feed[];
  channels: OnAirChannel[];
}

/** call sends one request; writes carry the header that a form on another site cannot send. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang };
  if (method !== 'GET') headers['X-Podium'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch('/api/v1' + path, {
    method,
    headers,
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(15_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed: unknown = text === '' ? {} : parse(text);
  if (!answer.ok) {
    const problem = (parsed ?? {}) as { detail?: string; title?: string; field?: string; expected?: string };
    throw new Problem(answer.status, problem.detail ?? problem.title ?? `HTTP ${answer.status}`, problem.field ?? '', problem.expected ?? '');
  }
  return parsed as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
