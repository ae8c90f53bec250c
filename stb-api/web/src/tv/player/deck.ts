/** Source is one thing to play. */
export interface Source {
  /** url is the multivariant playlist; mono is the same as one muxed transport stream, for boxes that take no other. */
  url: string;
  mono: string;
  /** live follows the edge; growing is a running programme from its start; archive is closed. */
  kind: 'live' | 'growing' | 'archive';
}

/** Report is how a deck tells its player what happened. */
export interface Report {
  /** lost: the server does not answer; the deck keeps trying by itself. */
  lost(): void;
  /** broken: this deck cannot go on with the source and must be opened again. */
  broken(why: string): void;
  ended(): void;
  /** silenced: the browser lets it play only without sound. */
  silenced(): void;
}

/** Deck plays one source at a time. Positions are seconds from the source's beginning (live: any rising number). */
export interface Deck {
  readonly tech: 'ctc' | 'native' | 'hls.js';
  open(source: Source, from: number): void;
  close(): void;
  play(): void;
  pause(): void;
  seek(seconds: number): void;
  position(): number;
  /** length is how many seconds can be reached; 0 if not known. */
  length(): number;
  sound(on: boolean): void;
  /** place shows the picture in a part of the screen, in pixels; null is all of it. */
  place(box: { left: number; top: number; width: number; height: number } | null): void;
}
