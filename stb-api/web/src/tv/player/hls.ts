import Hls from 'hls.js';
import type { ErrorData, HlsConfig } from 'hls.js';
import type { Report, Source } from './deck';
import type { Feed } from './video';

const longestWait = 8_000;

/** hls plays through hls.js and Media Source Extensions; null where the browser has none. */
export function hls(): Feed | null {
  if (!Hls.isSupported()) return null;
  let current: Hls | null = null;
  let timer = 0;
  // A box that can not decode the ladder's form gets the muxed transport stream from then on.
  let mono = false;

  const close = (): void => {
    clearTimeout(timer);
    if (current) current.destroy();
    current = null;
  };

  const open = (video: HTMLVideoElement, source: Source, from: number, report: Report): void => {
    close();
    const player = new Hls(settings(source, from));
    current = player;
    const url = mono ? source.mono : source.url;
    let tries = 0;
    let repairs = 0;
    let loaded = false;

    player.on(Hls.Events.MANIFEST_PARSED, () => { loaded = true; });
    player.on(Hls.Events.FRAG_LOADED, () => { tries = 0; });
    player.on(Hls.Events.ERROR, (_event, fault: ErrorData) => {
      if (!fault.fatal || current !== player) return;
      if (fault.type === Hls.ErrorTypes.NETWORK_ERROR) {
        // For ever: the server may be away for a minute or for a night, and nobody stands by the box.
        report.lost();
        tries++;
        const wait = Math.min(longestWait, 1000 * Math.pow(2, Math.min(tries - 1, 3))) * (0.75 + Math.random() / 2);
        clearTimeout(timer);
        timer = window.setTimeout(() => {
          if (current !== player) return;
          if (loaded) player.startLoad(-1);
          else player.loadSource(url);
        }, wait);
        return;
      }
      if (fault.type === Hls.ErrorTypes.MEDIA_ERROR && repairs < 3) {
        repairs++;
        player.recoverMediaError();
        return;
      }
      mono = !mono;
      report.broken(fault.details);
    });
    player.attachMedia(video);
    player.loadSource(url);
  };

  return { tech: 'hls.js', open, close };
}

function settings(source: Source, from: number): Partial<HlsConfig> {
  const common: Partial<HlsConfig> = {
    // hls.js cannot fetch its worker under a policy that allows only our own scripts, and remuxing one channel costs little.
    enableWorker: false,
    backBufferLength: 30,
    maxBufferLength: 20,
    maxMaxBufferLength: 40,
    capLevelToPlayerSize: false,
    // On a box an even picture is worth more than being early, and parts would make it ask ten times a second.
    lowLatencyMode: false,
  };
  if (source.kind === 'live') {
    // The target duration says 8 s, but segments are 4 s: in seconds, the distance is the one that is meant.
    return { ...common, liveSyncDuration: 10, liveMaxLatencyDuration: 40, maxLiveSyncPlaybackRate: 1 };
  }
  // A growing playlist counts as live: without a start of its own hls.js would begin at its end, or drag the viewer there.
  return { ...common, startPosition: Math.max(0, from), liveSyncDuration: 10, liveMaxLatencyDuration: 1e9 };
}
