import type { Deck, Report, Source } from './deck';

/** Feed is a way to get a playlist into a video element. */
export interface Feed {
  readonly tech: 'native' | 'hls.js';
  open(video: HTMLVideoElement, source: Source, from: number, report: Report): void;
  close(video: HTMLVideoElement): void;
}

/** VideoDeck plays in a video element. It keeps the last picture in a canvas while it opens again. */
export class VideoDeck implements Deck {
  readonly tech: 'native' | 'hls.js';
  private readonly video = document.createElement('video');
  private readonly still = document.createElement('canvas');
  private muted = false;
  private open_ = false;

  constructor(screen: HTMLElement, private readonly feed: Feed, private readonly report: Report) {
    this.tech = feed.tech;
    this.video.id = 'video';
    this.still.className = 'still';
    this.video.setAttribute('playsinline', '');
    this.video.setAttribute('data-test', 'video');
    screen.appendChild(this.video);
    screen.appendChild(this.still);
    this.video.addEventListener('ended', () => report.ended());
    this.video.addEventListener('playing', () => { this.still.style.display = 'none'; });
    this.video.addEventListener('error', () => {
      const fault = this.video.error;
      if (this.open_ && fault && this.tech === 'native') report.broken('media error ' + fault.code);
    });
  }

  open(source: Source, from: number): void {
    this.freeze(from >= 0 || source.kind === 'live');
    this.open_ = true;
    this.feed.open(this.video, source, from, this.report);
    this.play();
  }

  close(): void {
    this.open_ = false;
    this.still.style.display = 'none';
    this.feed.close(this.video);
  }

  /** clear forgets the last picture, for a source that it does not belong to. */
  clear(): void {
    this.still.width = this.still.height = 0;
    this.still.style.display = 'none';
  }

  play(): void {
    this.video.muted = this.muted;
    const started = this.video.play() as Promise<void> | undefined; // Chrome 50 was the first to return one.
    if (!started) return;
    started.catch((fault: { name?: string }) => {
      if (fault.name !== 'NotAllowedError' || this.muted) return;
      this.muted = true;
      this.video.muted = true;
      this.report.silenced();
      this.play();
    });
  }

  pause(): void {
    this.video.pause();
  }

  seek(seconds: number): void {
    const range = this.video.seekable;
    const first = range.length > 0 ? range.start(0) : 0;
    this.video.currentTime = first + seconds;
  }

  position(): number {
    const range = this.video.seekable;
    const first = range.length > 0 ? range.start(0) : 0;
    return isFinite(first) ? this.video.currentTime - first : this.video.currentTime;
  }

  /** raw is the element's own time: it rises while the picture moves, whatever the window does. */
  raw(): number {
    return this.video.currentTime;
  }

  length(): number {
    const range = this.video.seekable;
    if (range.length > 0) return range.end(range.length - 1) - range.start(0);
    return isFinite(this.video.duration) ? this.video.duration : 0;
  }

  sound(on: boolean): void {
    this.muted = !on;
    this.video.muted = !on;
  }

  place(box: { left: number; top: number; width: number; height: number } | null): void {
    const screen = this.video.parentElement;
    if (!screen) return;
    screen.style.left = box ? box.left + 'px' : '0';
    screen.style.top = box ? box.top + 'px' : '0';
    screen.style.width = box ? box.width + 'px' : '100%';
    screen.style.height = box ? box.height + 'px' : '100%';
  }

  private freeze(wanted: boolean): void {
    if (!wanted || this.video.readyState < 2 || !this.video.videoWidth) return;
    this.still.width = this.video.videoWidth;
    this.still.height = this.video.videoHeight;
    try {
      this.still.getContext('2d')?.drawImage(this.video, 0, 0);
      this.still.style.display = 'block';
    } catch {
      this.still.style.display = 'none'; // Native players of some boxes do not give their pictures away.
    }
  }
}
