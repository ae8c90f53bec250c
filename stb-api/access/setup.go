package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// SetupStore is where the set-up link is kept; *catalogue.DB is one.
type SetupStore interface {
	PutSetupLink(ctx context.Context, tokenHash string, expires time.Time) error
	CheckSetupLink(ctx context.Context, tokenHash string, now time.Time) error
	// RedeemSetupLink uses the link up and makes the account, both or neither.
	RedeemSetupLink(ctx context.Context, tokenHash string, now time.Time, a catalogue.Account) (catalogue.Account, error)
}

// ErrNoSetup says that the set-up link is unknown, was used or has expired, or that there is an account.
var ErrNoSetup = errors.New("set-up link is not valid")

// Setup makes the first account through a link that is told once, on the terminal of whoever started the
// server: there is no password from the factory.
type Setup struct {
	Store    SetupStore
	Accounts *Accounts
	// Lasts is how long a link is good. It defaults to 24 h.
	Lasts time.Duration
	// Log gets a line when the link is used. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time
}

// SetupPath is the page that a set-up link opens; the token follows it. It stands behind "#", which browsers
// do not send, so that it is in no log on the way.
const SetupPath = "/console/#setup="

// Link makes a new link where there is no account yet and returns its path on this server and its token;
// older ones end. Where there is an account, both are empty.
func (s *Setup) Link(ctx context.Context) (path, token string, err error) {
	accounts, err := s.Accounts.Store.Accounts(ctx)
	if err != nil {
		return "", "", fmt.Errorf("make set-up link: %w", err)
	}
	if len(accounts) > 0 {
		return "", "", nil
	}
	token = newToken()
	if err := s.Store.PutSetupLink(ctx, atRest(token), now(s.Now).Add(orDefault(s.Lasts, 24*time.Hour))); err != nil {
		return "", "", fmt.Errorf("make set-up link: %w", err)
	}
	return SetupPath + token, token, nil
}

// Valid says whether a link can be used: nil, ErrNoSetup or the store's error.
func (s *Setup) Valid(ctx context.Context, token string) error {
	if len(token) != tokenTextLength {
		return ErrNoSetup
	}
	if err := s.Store.CheckSetupLink(ctx, atRest(token), now(s.Now)); err != nil {
		return setupError(err)
	}
	// An account may have been made on the command line meanwhile.
	accounts, err := s.Accounts.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) > 0 {
		return ErrNoSetup
	}
	return nil
}

// Redeem uses the link up and makes the first account, an administrator. The error is ErrNoSetup, a
// *RuleError, which leaves the link as it was, or the store's.
func (s *Setup) Redeem(ctx context.Context, token, name, password string) error {
	// First, so that the work of hashing is done for those alone who have the link.
	if err := s.Valid(ctx, token); err != nil {
		return err
	}
	account, err := s.Accounts.prepare(ctx, name, password, Admin)
	if err != nil {
		return err
	}
	if _, err := s.Store.RedeemSetupLink(ctx, atRest(token), now(s.Now), account); err != nil {
		return setupError(err)
	}
	logger(s.Log).Info("set-up link used: first account created", "account", account.Name)
	return nil
}

func setupError(err error) error {
	if errors.Is(err, catalogue.ErrNotFound) || errors.Is(err, catalogue.ErrUsed) || errors.Is(err, catalogue.ErrExpired) {
		return fmt.Errorf("%w: %w", ErrNoSetup, err)
	}
	return err
}
