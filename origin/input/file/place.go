package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// errOutside means that a path leads out of the folders that are allowed.
var errOutside = errors.New("it does not lie in a folder that films may be played from: add its folder to inputs.folders")

// place finds the folder that a file is in, and the file's path in it.
func (l *Loop) place() (folder, rest string, err error) {
	if !filepath.IsAbs(l.Path) {
		return "", "", fmt.Errorf("path %q: an absolute one is expected", l.Path)
	}
	path := filepath.Clean(l.Path)
	for _, folder := range l.Folders {
		rest, err := filepath.Rel(filepath.Clean(folder), path)
		if err == nil && rest != "." && filepath.IsLocal(rest) {
			return folder, rest, nil
		}
	}
	return "", "", errOutside
}

// opened is a file that is being played, as it was when it was opened.
type opened struct {
	*os.File
	info fs.FileInfo
}

// open opens the file within its folder. Links that lead out of it are not followed.
func (l *Loop) open() (*opened, error) {
	info, root, rest, err := l.look()
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	if !info.Mode().IsRegular() { // To open a pipe would wait for its other end.
		return nil, errors.New("it is not a file: a film is expected")
	}
	f, err := root.Open(rest)
	if err != nil {
		return nil, worded(err)
	}
	info, err = f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file: a film is expected")
	}
	if err != nil {
		_ = f.Close()
		return nil, worded(err)
	}
	return &opened{f, info}, nil
}

func (l *Loop) look() (fs.FileInfo, *os.Root, string, error) {
	folder, rest, err := l.place()
	if err != nil {
		return nil, nil, "", err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, "", fmt.Errorf("folder of films: %w", err)
	}
	info, err := root.Stat(rest)
	if err != nil {
		_ = root.Close()
		return nil, nil, "", worded(err)
	}
	return info, root, rest, nil
}

// changed says whether another film lies where this one was.
func (l *Loop) changed(f *opened) (bool, error) {
	info, root, _, err := l.look()
	if err != nil {
		return false, err
	}
	_ = root.Close()
	return !os.SameFile(info, f.info) || info.Size() != f.info.Size() || !info.ModTime().Equal(f.info.ModTime()), nil
}

// worded says what is wrong with a path for people.
func worded(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("it is not there: put it back, or change the feed's address: %w", fs.ErrNotExist)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("podium may not read it: change its owner or mode: %w", fs.ErrPermission)
	case strings.Contains(err.Error(), "path escapes from parent"):
		return fmt.Errorf("a link leads out of its folder: %w", errOutside)
	}
	return err
}
