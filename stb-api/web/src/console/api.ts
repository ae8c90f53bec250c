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
  series?: string;
  repeat?: boolean;
}

export interface Day {
  programmes: Programme[];
  /** before is a programme of the evening before that is still on at midnight. */
  before?: Programme | null;
}

export interface Session {
  username: string;
  mustChange?: boolean;
}

export interface Feed {
  id: string;
  name: string;
  state: State;
  input: string;
  since: string | null;
  tracks: { kind: string; codec: string; detail: string }[];
  bitrate: number;
  fps: number;
  lastFrameAge: number | null;
  restarts: number;
  lastError: string;
  /** onSlate says that viewers see the slate. */
  onSlate: boolean;
  sources: Source[];
}

export type State = 'online' | 'waiting' | 'offline' | 'idle';

/** Source is one of a feed's inputs. */
export interface Source {
  name: string;
  input: string;
  state: State;
  onAir: boolean;
  since: string | null;
  bitrate: number;
  lastError: string;
  advice: { text: string } | null;
}

/** Happening is an event of a feed. */
export interface Happening {
  at: string;
  feed: string;
  kind: 'source_up' | 'source_down' | 'on_air' | 'switched' | 'back' | 'on_slate' | 'off_air';
  from: string;
  to: string;
  reason: string;
  cause: string;
  advice: string;
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

/** call sends one request and gives the answer's body. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await callTagged<T>(method, path, body)).body;
}

/**
 * callTagged gives the answer's ETag too, and sends the one that the editor saw: the server refuses what would
 * overwrite somebody else's work. Writes carry the header that a form on another site cannot send.
 */
export async function callTagged<T>(method: string, path: string, body?: unknown, seen = ''): Promise<{ body: T; tag: string }> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang };
  if (method !== 'GET') headers['X-Podium'] = '1';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (seen !== '') headers['If-Match'] = seen;
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
  return { body: parsed as T, tag: answer.headers.get('ETag') ?? '' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
