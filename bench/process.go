package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// process is a program that runs for as long as it is measured.
type process struct {
	name   string
	cmd    *exec.Cmd
	errors bytes.Buffer
	exited chan struct{}
	err    error
	said   atomic.Pointer[string] // the last line of its standard output
}

// launch starts a program. Where ready is not empty it waits until a line of its standard output begins so.
func launch(ctx context.Context, ready, name string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(name), exited: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, name, args...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 15 * time.Second
	p.cmd.Stderr = &p.errors
	out, in := io.Pipe()
	p.cmd.Stdout = in
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		_ = in.Close() // Never fails.
		close(p.exited)
	}()
	found := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(out)
		for seen := false; lines.Scan(); {
			line := lines.Text()
			p.said.Store(&line)
			if !seen && strings.HasPrefix(lines.Text(), ready) {
				seen = true
				close(found)
			}
		}
		_, _ = io.Copy(io.Discard, out) // So that a long line does not hold it up.
	}()
	if ready == "" {
		return p, nil
	}
	select {
	case <-found:
		return p, nil
	case <-p.exited:
		return nil, fmt.Errorf("%s ended at once: %w\n%s", p.name, p.err, p.tail())
	case <-time.After(20 * time.Second):
		p.stop()
		return nil, fmt.Errorf("%s did not say %q within 20 s\n%s", p.name, ready, p.tail())
	}
}

// tail is the last that the program wrote to its standard error. It may be called when the program has ended.
func (p *process) tail() string {
	select {
	case <-p.exited:
	default:
		return ""
	}
	b := p.errors.Bytes()
	return string(b[max(0, len(b)-2000):])
}

// alive fails where the program has ended.
func (p *process) alive() error {
	select {
	case <-p.exited:
		return fmt.Errorf("%s ended while it was measured: %w\n%s", p.name, p.err, p.tail())
	default:
		return nil
	}
}

// stop ends the program and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // It may have ended by itself.
	select {
	case <-p.exited:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// usage is what a program and its children have used so far.
type usage struct {
	cpu    time.Duration // of all processors, in user mode and in the kernel
	memory int64         // resident bytes; pages that are shared by processes count once for each
}

// tick is the unit of times in /proc/PID/stat: USER_HZ, which is 100 on all of Linux's common architectures.
const tick = 10 * time.Millisecond

func (p *process) usage() (usage, error) {
	pid := p.cmd.Process.Pid
	u, err := usageOf(pid)
	if err != nil {
		return u, err
	}
	children, err := childrenOf(pid)
	if err != nil {
		return u, err
	}
	for _, child := range children {
		c, err := usageOf(child)
		if err != nil {
			return u, err
		}
		u.cpu += c.cpu
		u.memory += c.memory
	}
	return u, nil
}

// childrenOf names the children that any thread of a program started.
func childrenOf(pid int) ([]int, error) {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	var children []int
	for _, name := range names {
		b, err := os.ReadFile(name) //nolint:gosec // In /proc.
		if errors.Is(err, os.ErrNotExist) {
			continue // The thread has just ended.
		}
		if err != nil {
			return nil, err
		}
		for field := range strings.FieldsSeq(string(b)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			children = append(children, child)
		}
	}
	return children, nil
}

// usageOf reads the processor time of a program's threads, to the nanosecond where the kernel keeps it, else in ticks.
func usageOf(pid int) (usage, error) {
	u, err := statOf(pid)
	if err != nil {
		return u, err
	}
	if exact, ok := threadsOf(pid); ok && exact > u.cpu-3*tick {
		u.cpu = exact // Threads that ended are missing in it, which would show.
	}
	return u, nil
}

// threadsOf sums what the threads' schedstat begins with: the nanoseconds that they ran.
func threadsOf(pid int) (sum time.Duration, ok bool) {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(names) == 0 {
		return 0, false
	}
	for _, name := range names {
		b, err := os.ReadFile(name) //nolint:gosec // In /proc.
		if errors.Is(err, os.ErrNotExist) {
			continue // It has just ended.
		}
		first, _, found := strings.Cut(string(b), " ")
		n, err2 := strconv.ParseInt(first, 10, 64)
		if err := errors.Join(err, err2); err != nil || !found {
			return 0, false
		}
		sum += time.Duration(n)
	}
	return sum, true
}

// statOf reads proc(5)'s stat: utime and stime are its fields 14 and 15, rss, in pages, its field 24.
func statOf(pid int) (usage, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, err
	}
	// The second field, the name in parentheses, may hold spaces.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const first = 3 // of the fields that are left
	if len(fields) <= 24-first {
		return usage{}, fmt.Errorf("/proc/%d/stat is shorter than expected", pid)
	}
	user, err1 := strconv.ParseInt(fields[14-first], 10, 64)
	kernel, err2 := strconv.ParseInt(fields[15-first], 10, 64)
	pages, err3 := strconv.ParseInt(fields[24-first], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return usage{}, err
	}
	return usage{cpu: time.Duration(user+kernel) * tick, memory: pages * int64(os.Getpagesize())}, nil
}
