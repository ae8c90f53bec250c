package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// SessionStore is where sessions are kept; *catalogue.DB is one.
type SessionStore interface {
	CreateSession(ctx context.Context, s catalogue.Session) error
	// Session is a session that has not expired and its account, which is not disabled, or catalogue.ErrNotFound.
	Session(ctx context.Context, tokenHash string, now time.Time) (catalogue.Session, catalogue.Account, error)
	TouchSession(ctx context.Context, tokenHash string, seen, expires time.Time) error
	DeleteSession(ctx context.Context, tokenHash string) error
	PruneSessions(ctx context.Context, now time.Time) (int64, error)
}

// The reasons nobody is let in.
var (
	// ErrBadPassword says that name and password do not go together, or that the account is disabled: which
	// of them is not told.
	ErrBadPassword = errors.New("name or password is wrong")
	// ErrNoSession says that the session does not exist or has ended.
	ErrNoSession = errors.New("not signed in")
)

// WaitError says that sign-ins failed too often and when to try again.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("too many failed sign-ins, wait %s", e.Wait.Round(time.Second))
}

// Identity is who is signed in.
type Identity struct {
	// Account is the account's id, Name its name.
	Account, Name string
	Role          Role
	// MustChange says that nothing but a change of the password is allowed.
	MustChange bool
	// Since is when they signed in, Expires when the session ends if nothing is done until then.
	Since, Expires time.Time

	tokenHash string
}

// Sessions signs people in and out and knows who is. A session's token is 32 random bytes of which only
// the hash is kept; it ends after a time unused, at the latest after its longest time, and at once when the
// account is disabled or its password changes.
type Sessions struct {
	Accounts *Accounts
	Store    SessionStore
	Throttle *Throttle
	// Secrets sign device marks, which keep strangers from slowing down a known browser; they may be those of
	// the Signer. Without them there are no marks.
	Secrets [][]byte
	// Idle is how long a session lasts unused. It defaults to 12 h.
	Idle time.Duration
	// Longest is how long a session lasts at most. It defaults to 7 days.
	Longest time.Duration
	// Log gets a line for each sign-in, failure and sign-out. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time
}

// touchEvery keeps a busy page from writing to the catalogue at each request.
const touchEvery = time.Minute

// SignedIn is a new session.
type SignedIn struct {
	Identity
	// Token is the session's; it is told once.
	Token string
	// Device is the browser's new mark, or empty.
	Device string
}

// SignIn checks a name and a password and begins a session; old, which may be empty, is the token that the
// browser had before and ends with it. The error is ErrBadPassword, a *WaitError, ErrBusy or the store's.
func (s *Sessions) SignIn(ctx context.Context, name, password, device, old string, address netip.Addr) (SignedIn, error) {
	name = normalise(strings.TrimSpace(clipName(name)))
	attempt := Attempt{Account: name, Address: address}
	if checkDevice(s.Secrets, device, name) {
		attempt.Device = device
	}
	log := logger(s.Log).With("account", name, "address", address.String())
	if wait := s.Throttle.Begin(attempt); wait > 0 {
		log.Warn("sign-in refused: too many failures", "wait", wait.Round(time.Second).String())
		return SignedIn{}, &WaitError{Wait: wait}
	}
	account, err := s.check(ctx, name, password)
	if errors.Is(err, ErrBadPassword) {
		log.Warn("sign-in failed")
		return SignedIn{}, err
	}
	if err != nil {
		// Our fault and not theirs: nothing was learned of the password.
		s.Throttle.Succeed(attempt)
		log.Warn("sign-in not possible", "error", err)
		return SignedIn{}, err
	}
	s.Throttle.Succeed(attempt)
	if old != "" {
		if err := s.SignOut(ctx, old); err != nil {
			return SignedIn{}, err
		}
	}
	begun, err := s.begin(ctx, account)
	if err != nil {
		return SignedIn{}, err
	}
	log.Info("signed in", "role", account.Role)
	return begun, nil
}

// check returns the account of a name and a password, taking the same time whether there is one or not.
func (s *Sessions) check(ctx context.Context, name, password string) (catalogue.Account, error) {
	if len(password) > 8*MaxPassword {
		return catalogue.Account{}, ErrBadPassword
	}
	account, err := s.Accounts.Store.AccountByName(ctx, name)
	if errors.Is(err, catalogue.ErrNotFound) {
		// An account that is there can be too busy to check: so can one that is not.
		if err := s.Accounts.Hasher.Waste(ctx, password); err != nil {
			return catalogue.Account{}, fmt.Errorf("check password: %w", err)
		}
		return catalogue.Account{}, ErrBadPassword
	}
	if err != nil {
		return catalogue.Account{}, fmt.Errorf("find account: %w", err)
	}
	matches, err := s.Accounts.Hasher.Matches(ctx, password, account.PasswordHash)
	if err != nil {
		return catalogue.Account{}, fmt.Errorf("check password: %w", err)
	}
	if !matches || account.Disabled || !Role(account.Role).Known() {
		return catalogue.Account{}, ErrBadPassword
	}
	return account, nil
}

// begin makes a session for an account whose owner is known.
func (s *Sessions) begin(ctx context.Context, account catalogue.Account) (SignedIn, error) {
	token, at := newToken(), now(s.Now)
	session := catalogue.Session{
		TokenHash: atRest(token), Account: account.ID, Created: at, LastSeen: at, Expires: s.expiry(at, at),
	}
	if err := s.Store.CreateSession(ctx, session); err != nil {
		return SignedIn{}, fmt.Errorf("begin session: %w", err)
	}
	return SignedIn{Identity: identity(session, account), Token: token, Device: newDevice(s.Secrets, account.Name)}, nil
}

// expiry is when a session that began at created and is used now ends.
func (s *Sessions) expiry(created, used time.Time) time.Time {
	idle := used.Add(orDefault(s.Idle, 12*time.Hour))
	longest := created.Add(orDefault(s.Longest, 7*24*time.Hour))
	if longest.Before(idle) {
		return longest
	}
	return idle
}

func identity(session catalogue.Session, account catalogue.Account) Identity {
	return Identity{
		Account: account.ID, Name: account.Name, Role: Role(account.Role), MustChange: account.MustChange,
		Since: session.Created, Expires: session.Expires, tokenHash: session.TokenHash,
	}
}

// Resume returns who a session's token belongs to, and lets the session last on. The error is ErrNoSession
// or the store's.
func (s *Sessions) Resume(ctx context.Context, token string) (Identity, error) {
	if len(token) != tokenTextLength {
		return Identity{}, ErrNoSession
	}
	at := now(s.Now)
	session, account, err := s.Store.Session(ctx, atRest(token), at)
	if errors.Is(err, catalogue.ErrNotFound) {
		return Identity{}, ErrNoSession
	}
	if err != nil {
		return Identity{}, fmt.Errorf("resume session: %w", err)
	}
	if account.Disabled || !at.Before(session.Expires) || !at.Before(session.Created.Add(orDefault(s.Longest, 7*24*time.Hour))) {
		return Identity{}, ErrNoSession
	}
	if at.Sub(session.LastSeen) >= touchEvery {
		session.Expires = s.expiry(session.Created, at)
		err := s.Store.TouchSession(ctx, session.TokenHash, at, session.Expires)
		if errors.Is(err, catalogue.ErrNotFound) {
			return Identity{}, ErrNoSession // It was ended meanwhile.
		}
		if err != nil {
			return Identity{}, fmt.Errorf("touch session: %w", err)
		}
	}
	return identity(session, account), nil
}

// SignOut ends the session of a token; it may be there or not.
func (s *Sessions) SignOut(ctx context.Context, token string) error {
	if len(token) != tokenTextLength {
		return nil
	}
	if err := s.Store.DeleteSession(ctx, atRest(token)); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// ChangePassword sets a new password for somebody who is signed in and knows the present one, ends all
// their sessions and begins a new one. The errors are those of SignIn and *RuleError.
func (s *Sessions) ChangePassword(ctx context.Context, who Identity, present, chosen string, address netip.Addr) (SignedIn, error) {
	attempt := Attempt{Account: who.Name, Address: address, Device: "session " + who.tokenHash}
	if wait := s.Throttle.Begin(attempt); wait > 0 {
		return SignedIn{}, &WaitError{Wait: wait}
	}
	account, err := s.check(ctx, who.Name, present)
	if errors.Is(err, ErrBadPassword) {
		logger(s.Log).Warn("password change refused: the present one is wrong", "account", who.Name, "address", address.String())
		return SignedIn{}, err
	}
	s.Throttle.Succeed(attempt)
	if err != nil {
		return SignedIn{}, err
	}
	if normalise(present) == normalise(chosen) {
		return SignedIn{}, &RuleError{
			Field: "password", Key: "error.access.password-same", text: "password: expected another one than before",
		}
	}
	if err := s.Accounts.setPassword(ctx, account, chosen, false); err != nil {
		return SignedIn{}, err
	}
	account.MustChange = false
	return s.begin(ctx, account)
}

// Prune forgets the sessions that have ended by now. It is called every hour or so.
func (s *Sessions) Prune(ctx context.Context) error {
	_, err := s.Store.PruneSessions(ctx, now(s.Now))
	return err
}
