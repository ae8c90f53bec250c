import { t } from '../text/text';
import type { Feed, Happening } from './api';
import { hhmmss } from './zone';

/** Events are the last things that happened to feeds, the newest first. */
export function Events({ events, feeds }: { events: Happening[]; feeds: Feed[] }) {
  return (
    <>
      <h2>{t('console.events')}</h2>
      {events.length === 0 ? <p class="muted">{t('console.noEvents')}</p> : (
        <div class="sheet">
          <table data-test="events">
            <thead><tr><th>{t('console.at')}</th><th>{t('console.feed')}</th><th>{t('console.what')}</th><th>{t('console.why')}</th></tr></thead>
            <tbody>
              {events.map((event) => (
                <tr key={event.at + event.feed + event.kind + event.from} data-test="event" data-kind={event.kind}>
                  <td class="clock">{hhmmss(event.at)}</td>
                  <td class="name">{feeds.find((feed) => feed.id === event.feed)?.name ?? event.feed}</td>
                  <td>{words(event)}</td>
                  <td class="trouble">{event.cause}{event.advice ? <div class="muted">{event.advice}</div> : null}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function words(event: Happening): string {
  const [from, to] = [named(event.from), named(event.to)];
  switch (event.kind) {
    case 'source_up': return t('console.event.source_up', to || from);
    case 'source_down': return t('console.event.source_down', from || to);
    case 'on_air': return t('console.event.on_air', to);
    case 'switched': return t('console.event.switched', from, to);
    case 'back': return t('console.event.back', from, to);
    case 'on_slate': return t('console.event.on_slate');
    case 'off_air': return t(event.reason === 'unwatched' ? 'console.event.unwatched' : 'console.event.off_air');
  }
}

function named(source: string): string {
  return source === 'slate' ? t('console.slate') : source;
}
