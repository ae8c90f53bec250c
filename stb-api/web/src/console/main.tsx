import { render } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { speak, spoken, t } from '../text/text';
import { call, Problem } from './api';
import './console.css';
import type { Session } from './api';
import { ChangePassword, Setup, SignIn } from './door';
import { OnAirPage } from './onair';
import { SchedulePage } from './schedule';
import { dateOf, setZone } from './zone';

type Who = 'unknown' | 'nobody' | 'newcomer' | 'somebody';

interface Address {
  page: 'onair' | 'schedule';
  channel: string;
  date: string;
  setup: string;
}

function address(): Address {
  const query = new URLSearchParams(location.search);
  const date = query.get('date') ?? '';
  return {
    page: query.get('page') === 'schedule' ? 'schedule' : 'onair',
    channel: query.get('channel') ?? '',
    date: /^\d{4}-\d\d-\d\d$/.test(date) ? date : dateOf(Date.now()),
    // After the #, so that the token reaches no log on the way; after the ? for links that were written so.
    setup: new URLSearchParams(location.hash.slice(1)).get('setup') ?? query.get('setup') ?? '',
  };
}

function Console() {
  const [who, setWho] = useState<Who>('unknown');
  const [at, setAt] = useState(address);
  const [, setLanguage] = useState(spoken());

  useEffect(() => {
    const moved = (): void => setAt(address());
    window.addEventListener('popstate', moved);
    window.addEventListener('hashchange', moved);
    return () => {
      window.removeEventListener('popstate', moved);
      window.removeEventListener('hashchange', moved);
    };
  }, []);

  useEffect(() => {
    let timer = 0;
    const ask = (): void => {
      call<Session>('GET', '/console/session').then((session) => setWho(session.mustChange ? 'newcomer' : 'somebody'), (cause: unknown) => {
        if (cause instanceof Problem && cause.status < 500) setWho('nobody');
        else timer = window.setTimeout(ask, 2000);
      });
    };
    ask();
    call<{ zoneOffset?: number }>('GET', '/channels').then((answer) => setZone(answer.zoneOffset), () => undefined);
    return () => clearTimeout(timer);
  }, []);

  const go = (next: Partial<Address>, replace = false): void => {
    const to = { ...at, ...next };
    const query = new URLSearchParams();
    if (to.page === 'schedule') {
      query.set('page', 'schedule');
      if (to.channel) query.set('channel', to.channel);
      query.set('date', to.date);
    }
    const url = '/console/' + (query.size > 0 ? '?' + query.toString() : '');
    if (replace) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    setAt(address());
  };
  const signedOut = useCallback(() => setWho('nobody'), []);
  const signOut = (): void => {
    call('DELETE', '/console/session').then(signedOut, signedOut);
  };
  const switchLanguage = (): void => {
    const next = spoken() === 'zh' ? 'en' : 'zh';
    speak(next);
    localStorage.setItem('podium.console.language', next);
    document.title = t('console.title');
    setLanguage(next);
  };
  const signedIn = (): void => {
    setWho('somebody');
    go({ setup: '' }, true); // The token leaves the address with its use.
  };

  if (at.setup !== '' && who !== 'somebody') return <Setup token={at.setup} onSigned={signedIn} onGiveUp={() => go({ setup: '' }, true)} />;
  if (who === 'unknown') return <main class="door"><p class="muted">{t('console.loading')}</p></main>;
  if (who === 'nobody') return <SignIn onSigned={signedIn} onMustChange={() => setWho('newcomer')} />;
  if (who === 'newcomer') return <ChangePassword onSigned={signedIn} />;

  const places = [['onair', t('console.onair')], ['schedule', t('console.schedule')]] as const;
  return (
    <div class="frame" data-test="console">
      <a class="skip" href="#content">{t('console.skip')}</a>
      <nav class="rail">
        <div class="brand">Podium</div>
        {places.map(([page, name]) => (
          <a key={page} href={page === 'onair' ? '/console/' : '/console/?page=' + page} class={at.page === page ? 'here' : ''} aria-current={at.page === page ? 'page' : undefined}
            data-test={'to-' + page} onClick={(event) => { event.preventDefault(); go({ page }); }}>{name}</a>
        ))}
        <span class="spring" />
        <button type="button" class="quiet" onClick={switchLanguage} data-test="language">{spoken() === 'zh' ? 'English' : '中文'}</button>
        <button type="button" class="quiet" onClick={signOut} data-test="signout">{t('console.signOut')}</button>
      </nav>
      {at.page === 'schedule'
        ? <SchedulePage place={{ channel: at.channel, date: at.date }} onPlace={(place) => go(place)} onSignedOut={signedOut} />
        : <OnAirPage onSignedOut={signedOut} />}
    </div>
  );
}

speak(localStorage.getItem('podium.console.language') === 'en' ? 'en' : 'zh');
document.title = t('console.title');
render(<Console />, document.getElementById('page') as HTMLElement);
