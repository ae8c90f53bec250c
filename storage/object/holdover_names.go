package object

import (
	"context"
	"sync"
)

// nameLocks lets one at a time change an object. The zero value is ready.
type nameLocks struct {
	mutex sync.Mutex
	names map[string]*nameLock
}

// nameLock is held by whoever has put a token into it; users counts those who hold it or wait for it.
type nameLock struct {
	token chan struct{}
	users int
}

// lock waits for the name as long as ctx lasts.
func (l *nameLocks) lock(ctx context.Context, name string) error {
	l.mutex.Lock()
	lock, ok := l.names[name]
	if !ok {
		lock = &nameLock{token: make(chan struct{}, 1)}
		if l.names == nil {
			l.names = make(map[string]*nameLock)
		}
		l.names[name] = lock
	}
	lock.users++
	l.mutex.Unlock()
	err := context.Cause(ctx)
	if err == nil {
		select {
		case lock.token <- struct{}{}:
			return nil
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	l.leave(name, lock)
	return err
}

func (l *nameLocks) unlock(name string) {
	l.mutex.Lock()
	lock := l.names[name]
	l.mutex.Unlock()
	<-lock.token
	l.leave(name, lock)
}

func (l *nameLocks) leave(name string, lock *nameLock) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	lock.users--
	if lock.users == 0 {
		delete(l.names, name)
	}
}
