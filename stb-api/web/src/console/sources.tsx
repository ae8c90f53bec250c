import { t } from '../text/text';
import type { Feed, Source } from './api';
import { StateMark } from './state';

/** Sources are a feed's inputs in order of priority, with what is wrong with each; of one input alone only its address is told. */
export function Sources({ feed }: { feed: Feed }) {
  const sources = feed.sources ?? [];
  if (sources.length < 2) return <div class="muted address" title={feed.input}>{feed.input}</div>;
  return (
    <ol class="sources" data-test="sources">
      {sources.map((source) => <Line source={source} key={source.name} />)}
    </ol>
  );
}

function Line({ source }: { source: Source }) {
  return (
    <li data-test="source" data-name={source.name} data-state={source.state} data-onair={source.onAir}>
      <span class="source-name" title={source.input}>{source.name}</span> <StateMark state={source.state} />
      {source.onAir ? <span class="onair-mark">{t('console.onAirMark')}</span> : null}
      {source.state !== 'online' && source.lastError ? <div class="muted trouble">{source.lastError}{source.advice ? <><br />{source.advice.text}</> : null}</div> : null}
    </li>
  );
}
