import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text/text';
import { call, Problem } from './api';
import type { Session } from './api';
import { Field } from './field';

const shortest = 12;

/** SignIn asks who is there. */
export function SignIn({ onSigned, onMustChange }: { onSigned: () => void; onMustChange: () => void }) {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      const session = await call<Session>('POST', '/console/session', { username: username.trim(), password });
      if (session.mustChange) onMustChange();
      else onSigned();
    } catch (cause) {
      setError(cause instanceof Problem ? cause.message : t('console.unreachable'));
      setPassword('');
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="door" data-test="signin">
      <form onSubmit={(event) => void submit(event)}>
        <h1>{t('console.title')}</h1>
        <Field id="username" label={t('console.username')}>
          <input id="username" ref={first} name="username" autocomplete="username" required value={username} onInput={(e) => setUsername(e.currentTarget.value)} data-test="username" />
        </Field>
        <Field id="password" label={t('console.password')} error={error}>
          <input id="password" name="password" type="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} data-test="password" />
        </Field>
        <button class="primary" type="submit" disabled={busy} data-test="submit">{t('console.signIn')}</button>
      </form>
    </main>
  );
}

/** Setup makes the first administrator, once, with the token of the link that the server printed. */
export function Setup({ token, onSigned, onGiveUp }: { token: string; onSigned: () => void; onGiveUp: () => void }) {
  const [valid, setValid] = useState<boolean | null>(null);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});

  useEffect(() => {
    call<{ valid: boolean }>('GET', '/console/setup?token=' + encodeURIComponent(token)).then(
      (answer) => setValid(answer.valid),
      (cause: unknown) => {
        if (cause instanceof Problem) setValid(false);
        else setErrors({ form: t('console.unreachable') });
      },
    );
  }, [token]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const found: Record<string, string> = {};
    if (username.trim() === '') found['username'] = t('console.needed');
    if ([...password].length < shortest) found['password'] = t('console.passwordShort');
    else if (password !== again) found['again'] = t('console.passwordDiffers');
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      await call('POST', '/console/setup', { token, username: username.trim(), password });
      try {
        await call('GET', '/console/session');
      } catch {
        await call('POST', '/console/session', { username: username.trim(), password });
      }
      onSigned();
    } catch (cause) {
      if (cause instanceof Problem) setErrors({ [cause.field === 'username' || cause.field === 'password' ? cause.field : 'form']: cause.message });
      else setErrors({ form: t('console.unreachable') });
    } finally {
      setBusy(false);
    }
  };

  if (valid === false) {
    return (
      <main class="door" data-test="setup-invalid">
        <form onSubmit={(event) => { event.preventDefault(); onGiveUp(); }}>
          <h1>{t('console.setupBad')}</h1>
          <p>{t('console.setupBadMore')}</p>
          <button class="primary" type="submit" data-test="submit">{t('console.signIn')}</button>
        </form>
      </main>
    );
  }
  const kind = shown ? 'text' : 'password';
  return (
    <main class="door" data-test="setup">
      <form noValidate onSubmit={(event) => void submit(event)}>
        <h1>{t('console.setup')}</h1>
        <p>{t('console.setupLead')}</p>
        <Field id="username" label={t('console.username')} error={errors['username']}>
          <input id="username" name="username" autocomplete="username" value={username} onInput={(e) => setUsername(e.currentTarget.value)} data-test="username" />
        </Field>
        <Field id="password" label={t('console.password')} hint={t('console.passwordHint')} error={errors['password']}>
          <input id="password" name="password" type={kind} autocomplete="new-password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} data-test="password" />
        </Field>
        <Field id="again" label={t('console.again')} error={errors['again']}>
          <input id="again" name="again" type={kind} autocomplete="new-password" value={again} onInput={(e) => setAgain(e.currentTarget.value)} data-test="again" />
        </Field>
        <label class="check"><input type="checkbox" checked={shown} onChange={(e) => setShown(e.currentTarget.checked)} />{t('console.show')}</label>
        {errors['form'] ? <p class="error" role="alert" data-test="error-form">{errors['form']}</p> : null}
        <button class="primary" type="submit" disabled={busy || valid === null} data-test="submit">{t('console.create')}</button>
      </form>
    </main>
  );
}

/** ChangePassword is asked of who got the password from somebody else. */
export function ChangePassword({ onSigned }: { onSigned: () => void }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Record<string, string>>({});

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if ([...password].length < shortest) {
      setErrors({ password: t('console.passwordShort') });
      return;
    }
    setBusy(true);
    setErrors({});
    try {
      await call('PUT', '/console/password', { current, password });
      onSigned();
    } catch (cause) {
      if (cause instanceof Problem) setErrors({ [cause.field === 'current' ? 'current' : 'password']: cause.message });
      else setErrors({ password: t('console.unreachable') });
    } finally {
      setBusy(false);
    }
  };

  return (
    <main class="door" data-test="change-password">
      <form noValidate onSubmit={(event) => void submit(event)}>
        <h1>{t('console.changePassword')}</h1>
        <p>{t('console.changePasswordLead')}</p>
        <Field id="current" label={t('console.currentPassword')} error={errors['current']}>
          <input id="current" type="password" autocomplete="current-password" value={current} onInput={(e) => setCurrent(e.currentTarget.value)} data-test="current" />
        </Field>
        <Field id="password" label={t('console.newPassword')} hint={t('console.passwordHint')} error={errors['password']}>
          <input id="password" type="password" autocomplete="new-password" value={password} onInput={(e) => setPassword(e.currentTarget.value)} data-test="password" />
        </Field>
        <button class="primary" type="submit" disabled={busy} data-test="submit">{t('console.changePassword')}</button>
      </form>
    </main>
  );
}
