package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"podium.tv/podium/config"
	"podium.tv/podium/station"
	"podium.tv/podium/stb-api/access"
)

type userCommand struct {
	Config string `required:"" type:"path" placeholder:"FILE" help:"The configuration file."`

	Add     userAdd     `cmd:"" help:"Add an account; the password is read from standard input."`
	List    userList    `cmd:"" help:"List the accounts."`
	Passwd  userPasswd  `cmd:"" help:"Set an account's password, read from standard input, and end its sessions."`
	Disable userDisable `cmd:"" help:"Shut an account out at once."`
}

type userAdd struct {
	Name string `arg:"" help:"The name to sign in with."`
	Role string `default:"editor" enum:"admin,editor" help:"What the account may do: admin or editor (${default})."`
}

type userList struct{}

type userPasswd struct {
	Name string `arg:"" help:"The account."`
}

type userDisable struct {
	Name string `arg:"" help:"The account."`
	Undo bool   `help:"Let it in again."`
}

// AfterApply opens nothing: each command opens the catalogue itself.
func (u *userCommand) accounts(ctx context.Context, env *Environment) (*access.Accounts, func() error, error) {
	cfg, err := config.Load(u.Config, env.Vars)
	if err != nil {
		return nil, nil, err
	}
	log, _ := newLog(env.Err, cfg.Log)
	return station.OpenAccounts(ctx, cfg, log)
}

// Run adds an account. Whoever adds it knows the password, so it has to be changed at the first sign-in.
func (c *userAdd) Run(ctx context.Context, env *Environment, all *commandLine) error {
	return all.User.with(ctx, env, func(a *access.Accounts) error {
		password, err := readPassword(env)
		if err != nil {
			return err
		}
		return a.Create(ctx, c.Name, password, access.Role(c.Role), true)
	})
}

// Run lists the accounts: name, role, state.
func (*userList) Run(ctx context.Context, env *Environment, all *commandLine) error {
	return all.User.with(ctx, env, func(a *access.Accounts) error {
		accounts, err := a.List(ctx)
		if err != nil {
			return err
		}
		for i := range accounts {
			state := "enabled"
			if accounts[i].Disabled {
				state = "disabled"
			}
			fmt.Fprintf(env.Out, "%s\t%s\t%s\n", accounts[i].Name, accounts[i].Role, state)
		}
		return nil
	})
}

// Run sets a password.
func (c *userPasswd) Run(ctx context.Context, env *Environment, all *commandLine) error {
	return all.User.with(ctx, env, func(a *access.Accounts) error {
		password, err := readPassword(env)
		if err != nil {
			return err
		}
		return a.SetPassword(ctx, c.Name, password, true)
	})
}

// Run shuts an account out, or lets it in again.
func (c *userDisable) Run(ctx context.Context, env *Environment, all *commandLine) error {
	return all.User.with(ctx, env, func(a *access.Accounts) error { return a.Disable(ctx, c.Name, !c.Undo) })
}

func (u *userCommand) with(ctx context.Context, env *Environment, do func(*access.Accounts) error) error {
	accounts, done, err := u.accounts(ctx, env)
	if err != nil {
		return err
	}
	return errors.Join(do(accounts), done())
}

// readPassword reads one line; a password on the command line would be seen by everybody on the machine.
func readPassword(env *Environment) (string, error) {
	fmt.Fprint(env.Err, "password: ")
	line, err := bufio.NewReader(io.LimitReader(env.In, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("no password on standard input")
	}
	return line, nil
}
