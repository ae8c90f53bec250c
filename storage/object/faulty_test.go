package object_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"podium.tv/podium/storage/object"
)

var errRefused = errors.New("the store refused it")

// faulty is a store with faults put in front of it, and a record of what it carried out.
type faulty struct {
	object.Store

	mutex sync.Mutex
	fault func(op, name string) error // nil: none
	late  map[string][]func()         // what an older request does after the next one of its name succeeded
	log   []string
	tries int
}

func (f *faulty) setFault(fault func(op, name string) error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.fault = fault
}

func (f *faulty) done() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]string(nil), f.log...)
}

func (f *faulty) begin(op, name string) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.tries++
	if f.fault != nil {
		return f.fault(op, name)
	}
	return nil
}

func (f *faulty) end(op, name string, err error) {
	if err != nil {
		return
	}
	f.mutex.Lock()
	f.log = append(f.log, op+" "+name)
	f.mutex.Unlock()
	f.carryOutLate(name)
}

func (f *faulty) carryOutLate(name string) {
	f.mutex.Lock()
	late := f.late[name]
	delete(f.late, name)
	f.mutex.Unlock()
	for _, do := range late {
		do()
	}
}

// Put fails as told. Where the fault is errLate the request is carried out all the same, after the next of its name.
func (f *faulty) Put(ctx context.Context, name string, body []byte) error {
	if err := f.begin("put", name); err != nil {
		f.carryOutLater(name, err, func() { _ = f.Store.Put(context.Background(), name, bytes.Clone(body)) })
		return err
	}
	err := f.Store.Put(ctx, name, body)
	f.end("put", name, err)
	return err
}

// PutStream comes from a spool only when it has waited for older requests to settle.
func (f *faulty) PutStream(ctx context.Context, name string, body io.Reader, size int64) error {
	if err := f.begin("stream", name); err != nil {
		return err
	}
	f.carryOutLate(name)
	err := f.Store.PutStream(ctx, name, body, size)
	f.end("stream", name, err)
	return err
}

func (f *faulty) Delete(ctx context.Context, name string) error {
	if err := f.begin("delete", name); err != nil {
		f.carryOutLater(name, err, func() { _ = f.Store.Delete(context.Background(), name) })
		return err
	}
	err := f.Store.Delete(ctx, name)
	f.end("delete", name, err)
	return err
}

func (f *faulty) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := f.begin("get", name); err != nil {
		return nil, err
	}
	return f.Store.Get(ctx, name, offset, length)
}

func (f *faulty) Check(ctx context.Context) error {
	if err := f.begin("check", ""); err != nil {
		return err
	}
	return f.Store.Check(ctx)
}

var (
	errSoon = fmt.Errorf("%w: after it was carried out", object.ErrAway)
	errLate = fmt.Errorf("%w: before it was carried out", object.ErrAway)
)

func (f *faulty) carryOutLater(name string, err error, do func()) {
	switch {
	case errors.Is(err, errSoon):
		do()
	case errors.Is(err, errLate):
		f.mutex.Lock()
		defer f.mutex.Unlock()
		if f.late == nil {
			f.late = make(map[string][]func())
		}
		f.late[name] = append(f.late[name], do)
	}
}
