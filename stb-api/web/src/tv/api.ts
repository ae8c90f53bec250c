/** One programme of the guide, as the menu API gives it. */
export interface Programme {
  id: string;
  channel: string;
  title: string;
  subtitle: string;
  description: string;
  lecturer: string;
  category: string;
  start: string;
  end: string;
  filler: boolean;
  state: 'past' | 'now' | 'future';
  play: string | null;
}

/** One channel of the menu API, with what is on it. */
export interface Channel {
  id: string;
  number: number;
  name: string;
  group: string;
  logo: string;
  live: string;
  mono: string;
  archiveHours: number;
  onAir: boolean;
  now: Programme | null;
  next: Programme | null;
}

export interface ChannelsAnswer {
  serverTime: string;
  zone: string;
  zoneOffset?: number;
  station: string;
  channels: Channel[];
}

export interface NowAnswer {
  serverTime: string;
  channels: Record<string, { now: Programme | null; next: Programme | null }>;
}

export interface GuideAnswer {
  serverTime: string;
  channel: string;
  programmes: Programme[];
}

const patience = 10_000;

/** get fetches JSON by XMLHttpRequest: fetch came with Chrome 42, and boxes are older. It also tells when the server sent it and how long it took. */
export function get<T>(url: string): Promise<{ body: T; date: string | null; took: number }> {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const request = new XMLHttpRequest();
    request.open('GET', url);
    request.timeout = patience;
    request.setRequestHeader('Accept', 'application/json');
    request.onload = () => {
      if (request.status !== 200) {
        reject(new Error(`get ${url}: status ${request.status}`));
        return;
      }
      try {
        resolve({ body: JSON.parse(request.responseText) as T, date: request.getResponseHeader('Date'), took: Date.now() - began });
      } catch (cause) {
        reject(cause instanceof Error ? cause : new Error(String(cause)));
      }
    };
    request.onerror = () => reject(new Error(`get ${url}: no connection`));
    request.ontimeout = () => reject(new Error(`get ${url}: no answer within ${patience} ms`));
    request.send();
  });
}
