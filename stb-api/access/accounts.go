package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"podium.tv/podium/storage/catalogue"
)

// AccountStore is where accounts are kept; *catalogue.DB is one.
type AccountStore interface {
	CreateAccount(ctx context.Context, a catalogue.Account) (catalogue.Account, error)
	Accounts(ctx context.Context) ([]catalogue.Account, error)
	Account(ctx context.Context, id string) (catalogue.Account, error)
	AccountByName(ctx context.Context, name string) (catalogue.Account, error)
	// SetPassword and DisableAccount end the account's sessions.
	SetPassword(ctx context.Context, id, passwordHash string, mustChange bool) error
	DisableAccount(ctx context.Context, id string, disabled bool) error
}

// ErrNoAccount says that there is no account of that name.
var ErrNoAccount = errors.New("no such account")

// ErrNameTaken says that another account has the name.
var ErrNameTaken = errors.New("account name is taken")

// Accounts makes and changes accounts, by the rules of names and passwords.
type Accounts struct {
	Store AccountStore
	// Hasher is shared with Sessions, so that its bounds hold for both.
	Hasher *Hasher
	// Log gets a line for each change. It defaults to nowhere.
	Log *slog.Logger
	// Now is the clock. It defaults to time.Now.
	Now func() time.Time
}

// Create makes an account. mustChange says that the password was set by somebody else and has to be
// changed at the first sign-in. The error is a *RuleError, ErrNameTaken or the store's.
func (a *Accounts) Create(ctx context.Context, name, password string, role Role, mustChange bool) error {
	made, err := a.prepare(ctx, name, password, role)
	if err != nil {
		return err
	}
	made.MustChange = mustChange
	if _, err := a.Store.CreateAccount(ctx, made); err != nil {
		return storeError("create account", made.Name, err)
	}
	logger(a.Log).Info("account created", "account", made.Name, "role", string(role))
	return nil
}

// prepare checks what an account is made of and hashes its password.
func (a *Accounts) prepare(ctx context.Context, name, password string, role Role) (catalogue.Account, error) {
	name, err := CheckName(name)
	if err != nil {
		return catalogue.Account{}, err
	}
	if err := CheckPassword(password, name); err != nil {
		return catalogue.Account{}, err
	}
	if !role.Known() {
		return catalogue.Account{}, fmt.Errorf("role %q, expected one of %v", role, Roles())
	}
	hash, err := a.Hasher.Hash(ctx, password)
	if err != nil {
		return catalogue.Account{}, err
	}
	return catalogue.Account{Name: name, PasswordHash: hash, Role: string(role), Created: now(a.Now)}, nil
}

// List returns all accounts by name, without their hashes.
func (a *Accounts) List(ctx context.Context) ([]catalogue.Account, error) {
	all, err := a.Store.Accounts(ctx)
	for i := range all {
		all[i].PasswordHash = ""
	}
	return all, err
}

// SetPassword sets an account's password and ends its sessions.
func (a *Accounts) SetPassword(ctx context.Context, name, password string, mustChange bool) error {
	account, err := a.byName(ctx, name)
	if err != nil {
		return err
	}
	return a.setPassword(ctx, account, password, mustChange)
}

func (a *Accounts) setPassword(ctx context.Context, account catalogue.Account, password string, mustChange bool) error {
	if err := CheckPassword(password, account.Name); err != nil {
		return err
	}
	hash, err := a.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := a.Store.SetPassword(ctx, account.ID, hash, mustChange); err != nil {
		return storeError("set password of", account.Name, err)
	}
	logger(a.Log).Info("password changed", "account", account.Name)
	return nil
}

// Disable shuts an account out at once and ends its sessions, or lets it in again.
func (a *Accounts) Disable(ctx context.Context, name string, disabled bool) error {
	account, err := a.byName(ctx, name)
	if err != nil {
		return err
	}
	if err := a.Store.DisableAccount(ctx, account.ID, disabled); err != nil {
		return storeError("disable", account.Name, err)
	}
	logger(a.Log).Info("account disabled or enabled", "account", account.Name, "disabled", disabled)
	return nil
}

func (a *Accounts) byName(ctx context.Context, name string) (catalogue.Account, error) {
	account, err := a.Store.AccountByName(ctx, normalise(clipName(name)))
	if err != nil {
		return catalogue.Account{}, storeError("find account", clipName(name), err)
	}
	return account, nil
}

// storeError tells in this package's words what the store refused.
func storeError(what, name string, err error) error {
	switch {
	case errors.Is(err, catalogue.ErrNotFound):
		return fmt.Errorf("%s %q: %w", what, name, ErrNoAccount)
	case errors.Is(err, catalogue.ErrTaken):
		return fmt.Errorf("%s %q: %w", what, name, ErrNameTaken)
	}
	return fmt.Errorf("%s %q: %w", what, name, err)
}

func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

func now(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Now()
	}
	return clock()
}
