import type { Source } from './deck';
import type { Feed } from './video';

const apple = 'application/vnd.apple.mpegurl';

/** nativeFits says whether the element itself is the better reader of HLS. */
export function nativeFits(): boolean {
  const can = document.createElement('video').canPlayType(apple);
  if (!can) return false;
  const agent = navigator.userAgent;
  const safari = /^((?!chrome|android).)*safari/i.test(agent);
  const box = /SmartTV|SMART-TV|Tizen|Web0S|webOS|HbbTV|STB|iPanel|Coship|Hisense|CE-HTML/i.test(agent);
  return !('MediaSource' in window) || safari || box;
}

/** native hands the playlist to the element. Boxes get the muxed transport stream, Apple's players the ladder. */
export function native(): Feed {
  const ladder = /AppleWebKit/.test(navigator.userAgent) && /Mac OS X|iPhone|iPad/.test(navigator.userAgent);
  return {
    tech: 'native',
    open(video: HTMLVideoElement, source: Source, from: number): void {
      video.src = ladder ? source.url : source.mono;
      if (from <= 0) return;
      const jump = (): void => {
        video.removeEventListener('loadedmetadata', jump);
        video.currentTime = from;
      };
      video.addEventListener('loadedmetadata', jump);
    },
    close(video: HTMLVideoElement): void {
      video.removeAttribute('src');
      video.load();
    },
  };
}
