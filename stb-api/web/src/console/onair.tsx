import { useEffect, useState } from 'preact/hooks';
import { t } from '../text/text';
import { call, Problem } from './api';
import { Events } from './events';
import { Sources } from './sources';
import { StateMark } from './state';
import type { Feed, Happening, OnAir } from './api';
import { hhmm } from './zone';

const every = 2000;

/** OnAirPage says how the feeds and channels are, every two seconds. */
export function OnAirPage({ onSignedOut }: { onSignedOut: () => void }) {
  const [seen, setSeen] = useState<OnAir | null>(null);
  const [events, setEvents] = useState<Happening[]>([]);
  const [away, setAway] = useState(false);

  useEffect(() => {
    let timer = 0;
    let over = false;
    const fetchIt = async (): Promise<void> => {
      try {
        // A page in the background asks nothing.
        if (!document.hidden) {
          const [answer, lately] = await Promise.all([
            call<OnAir>('GET', '/console/onair'), call<{ events: Happening[] }>('GET', '/console/events?limit=20'),
          ]);
          if (over) return;
          setSeen(answer);
          setEvents(lately.events ?? []);
          setAway(false);
        }
      } catch (cause) {
        if (over) return;
        if (cause instanceof Problem && cause.status === 401) {
          onSignedOut();
          return;
        }
        setAway(true);
      }
      timer = window.setTimeout(() => void fetchIt(), every);
    };
    void fetchIt();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [onSignedOut]);

  return (
    <main id="content" tabIndex={-1} data-test="onair">
      <h1>{t('console.onair')}</h1>
      {away ? <p class="notice bad" role="status" data-test="away">{t('console.unreachable')}</p> : null}
      {seen === null ? <p class="muted">{away ? '' : t('console.loading')}</p> : <Tables seen={seen} events={events} stale={away} />}
    </main>
  );
}

function Tables({ seen, events, stale }: { seen: OnAir; events: Happening[]; stale: boolean }) {
  const feeds = seen.feeds ?? [];
  const channels = seen.channels ?? [];
  return (
    <div class={stale ? 'stale' : ''}>
      <h2>{t('console.feeds')}</h2>
      {feeds.length === 0 ? <p class="muted">{t('console.noFeeds')}</p> : (
        <div class="sheet">
          <table data-test="feeds">
            <thead><tr>
              <th>{t('console.feed')}</th><th>{t('console.state')}</th><th>{t('console.tracks')}</th><th class="figure">{t('console.bitrate')}</th>
              <th class="figure">{t('console.fps')}</th><th class="figure">{t('console.lastFrame')}</th><th class="figure">{t('console.restarts')}</th><th>{t('console.lastError')}</th>
            </tr></thead>
            <tbody>{feeds.map((feed) => <FeedRow feed={feed} key={feed.id} />)}</tbody>
          </table>
        </div>
      )}
      <h2>{t('console.channels')}</h2>
      {channels.length === 0 ? <p class="muted">{t('console.noChannels')}</p> : (
        <div class="sheet">
          <table data-test="channels">
            <thead><tr>
              <th class="figure">{t('console.number')}</th><th>{t('console.name')}</th><th>{t('console.feed')}</th><th>{t('console.onNow')}</th>
              <th class="figure">{t('console.viewers')}</th><th class="figure">{t('console.segments')}</th><th>{t('console.watch')}</th>
            </tr></thead>
            <tbody>
              {channels.map((channel) => (
                <tr key={channel.id} data-test="channel" data-id={channel.id}>
                  <td class="figure">{channel.number}</td>
                  <td class="name"><strong>{channel.name}</strong></td>
                  <td class="name">{feeds.find((feed) => feed.id === channel.feed)?.name ?? channel.feed}</td>
                  <td>{channel.now ? <>{channel.now.title}<div class="muted">{hhmm(channel.now.start)} – {hhmm(channel.now.end)}</div></> : <span class="muted">{t('console.none')}</span>}</td>
                  <td class="figure">{channel.viewers}</td>
                  <td class="figure">{channel.segments}</td>
                  <td class="links"><a href={`/tv/?channel=${encodeURIComponent(channel.id)}`} target="_blank" rel="noreferrer">{t('console.onTv')}</a> <a href={`/live/${channel.id}/index.m3u8`}>{t('console.playlist')}</a></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Events events={events} feeds={feeds} />
    </div>
  );
}

function FeedRow({ feed }: { feed: Feed }) {
  const running = feed.state === 'online';
  return (
    <tr data-test="feed" data-id={feed.id} data-state={feed.state}>
      <td><strong>{feed.name}</strong><Sources feed={feed} /></td>
      <td><StateMark state={feed.state} />{feed.onSlate ? <div class="slate" data-test="slate">{t('console.onSlate')}</div> : null}{feed.since ? <div class="muted">{t('console.sinceTime', hhmm(feed.since))}</div> : null}</td>
      <td>{(feed.tracks ?? []).length === 0 ? <span class="muted">{t('console.none')}</span> : feed.tracks.map((track) => (
        <div key={track.kind + track.codec} class="track">{codecs[track.codec] ?? track.codec} <span class="muted">{track.detail}</span></div>
      ))}</td>
      <td class="figure">{running ? bitrate(feed.bitrate) : '—'}</td>
      <td class="figure">{running && feed.fps > 0 ? feed.fps.toFixed(feed.fps % 1 < 0.05 || feed.fps % 1 > 0.95 ? 0 : 1) : '—'}</td>
      <td class="figure">{feed.lastFrameAge === null ? '—' : t('console.ago', span(feed.lastFrameAge))}</td>
      <td class="figure">{feed.restarts}</td>
      <td class="trouble">{feed.lastError ? feed.lastError : <span class="muted">{t('console.none')}</span>}</td>
    </tr>
  );
}

// Names as people write them.
const codecs: Record<string, string> = { h264: 'H.264', h265: 'H.265', aac: 'AAC', opus: 'Opus', mp2: 'MP2', mp3: 'MP3', ac3: 'AC-3', g711: 'G.711', pcma: 'G.711 A', pcmu: 'G.711 µ' };

function bitrate(bits: number): string {
  return bits >= 1e6 ? (bits / 1e6).toFixed(1) + ' Mb/s' : Math.round(bits / 1e3) + ' kb/s';
}

function span(seconds: number): string {
  if (seconds < 10) return t('console.sec', seconds.toFixed(1));
  if (seconds < 90) return t('console.sec', Math.round(seconds));
  if (seconds < 5400) return t('console.min', Math.round(seconds / 60));
  return t('console.hour', Math.round(seconds / 3600));
}
