package vod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"podium.tv/podium/packager/media"
)

// Progress is how far the work on an input is.
type Progress struct {
	// Step says what is being done: "pack", "transcode", "pictures".
	Step string
	// Done and Total are media time; Total is zero where it is not known.
	Done, Total time.Duration
	// Bytes were written so far.
	Bytes int64
}

// Options are what the one who packs wants. The zero value is the house's.
type Options struct {
	Cutting Cutting
	// Format is what a folder holds. It defaults to Both.
	Format Format
	// NoPictures leaves out the poster and the pictures for scrubbing.
	NoPictures bool
	// Texts are files of subtitles; those that stand beside the input are found without.
	Texts []TextFile
	// FFmpeg is the program. It defaults to "ffmpeg" on the path.
	FFmpeg string
	// OnProgress is called now and then; OnNote is told what was left out and why. Both may be nil.
	OnProgress func(Progress)
	OnNote     func(string)
}

func (o *Options) note(format string, args ...any) {
	if o.OnNote != nil {
		o.OnNote(fmt.Sprintf(format, args...))
	}
}

func (o *Options) progress(p Progress) {
	if o.OnProgress != nil {
		o.OnProgress(p)
	}
}

// PackFolder packs a file into a folder that holds HLS.
//
// The work is done in a folder beside it, which is renamed at the end: the folder is there whole or not at all. What a
// crash left of the work is gone on with by the next call with the same arguments.
func PackFolder(ctx context.Context, input, dir string, o Options) error {
	if o.Format == "" {
		o.Format = Both
	}
	if err := vacant(dir); err != nil {
		return err
	}
	w, err := openWorkshop(workName(dir), input, o)
	if err != nil {
		return err
	}
	out := filepath.Join(w.dir, "out")
	err = w.packFolder(ctx, out)
	if err != nil {
		return errors.Join(err, w.close(!resumable(err)))
	}
	if err := publish(out, dir); err != nil {
		return errors.Join(err, w.close(false))
	}
	return w.close(true)
}

// resumable says whether what was done before an error is worth keeping: not where the input is at fault.
func resumable(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// workName is the folder in which a folder is made.
func workName(dir string) string {
	dir = filepath.Clean(dir)
	return filepath.Join(filepath.Dir(dir), "."+strings.TrimPrefix(filepath.Base(dir), ".")+".podium-pack")
}

// madeBy is the file that says that a folder was made here and may be replaced.
const madeBy = ".podium-pack.json"

// vacant says whether a folder may be made at a place: nothing is there, or an empty folder, or one that was made here.
func vacant(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("output folder %s: %w", dir, err)
	case len(list) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, madeBy)); err == nil {
		return nil
	}
	for _, e := range list {
		switch e.Name() {
		case "index.m3u8", "mono.m3u8", "cmaf", "ts", "text", "poster.jpg", "thumbs.vtt", "thumbs-1.jpg":
			return fmt.Errorf("output folder %s: %s is there already and was not made by podium pack: expected a new folder", dir, e.Name())
		}
	}
	return nil
}

// publish puts a finished folder in its place: by one renaming where the place is empty or holds an older
// one; else, among the files of others, one by one, those that players begin with last.
func publish(out, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	if err := os.Rename(out, dir); err == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, madeBy)); err == nil {
		old := workName(dir) + ".old"
		if err := errors.Join(os.RemoveAll(old), os.Rename(dir, old)); err != nil {
			return err
		}
		if err := os.Rename(out, dir); err != nil {
			return errors.Join(err, os.Rename(old, dir))
		}
		return os.RemoveAll(old)
	}
	list, err := os.ReadDir(out)
	if err != nil {
		return err
	}
	for _, playlists := range []bool{false, true} {
		for _, e := range list {
			if strings.HasSuffix(e.Name(), ".m3u8") != playlists || e.Name() == madeBy {
				continue
			}
			if err := os.Rename(filepath.Join(out, e.Name()), filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// workshop is the folder in which one input is packed.
type workshop struct {
	Options
	dir     string
	input   string
	journal *journal
	known   []record
	steps   map[string]json.RawMessage // steps before the cutting that are done
	tools   tools
}

// readable says whether there is a file with something in it.
func readable(path string) error {
	info, err := os.Stat(path)
	var fault *fs.PathError
	switch {
	case errors.As(err, &fault):
		return &FileError{path, fault.Err}
	case err != nil:
		return &FileError{path, err}
	case !info.Mode().IsRegular():
		return &FileError{path, errors.New("is no file")}
	case info.Size() == 0:
		return &FileError{path, errors.New("the file is empty")}
	}
	return nil
}

// line is a line of the journal: a cut, or another step that is done.
type line struct {
	Cut  *record         `json:"cut,omitempty"`
	Step string          `json:"step,omitempty"`
	Data json.RawMessage `json:"data,omitempty"`
}

// readLine reads a line of the journal.
func readLine(text []byte) (line, bool) {
	var l line
	err := json.Unmarshal(text, &l)
	return l, err == nil
}

// openWorkshop makes the folder, or goes on in that of a run that was broken off.
func openWorkshop(dir, input string, o Options) (*workshop, error) {
	if err := readable(input); err != nil {
		return nil, err
	}
	info, err := os.Stat(input)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	w := &workshop{Options: o, dir: dir, input: input, steps: map[string]json.RawMessage{}}
	path, err := filepath.Abs(input)
	if err != nil {
		return nil, err
	}
	command := fmt.Sprintf("podium pack 1 %q %d %d %s %v %v %v", path, info.Size(), info.ModTime().UnixNano(), o.Format,
		o.Cutting.filled(), o.NoPictures, o.Texts)
	j, lines, fresh, err := openJournal(filepath.Join(dir, "journal"), command)
	if err != nil {
		return nil, err
	}
	w.journal = j
	if fresh {
		if err := w.sweep(); err != nil {
			return nil, errors.Join(err, j.close())
		}
	}
	for _, text := range lines {
		l, ok := readLine(text)
		if !ok {
			break
		}
		if l.Cut != nil {
			w.known = append(w.known, *l.Cut)
		} else {
			w.steps[l.Step] = l.Data
		}
	}
	w.tools = findTools(o.FFmpeg)
	return w, nil
}

// sweep removes what another command left in the folder.
func (w *workshop) sweep() error {
	list, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Name() != "journal" {
			if err := os.RemoveAll(filepath.Join(w.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// close ends the work, and removes its folder if all is done or nothing is worth keeping.
func (w *workshop) close(remove bool) error {
	err := w.journal.close()
	if remove {
		err = errors.Join(err, os.RemoveAll(w.dir))
	}
	return err
}

// fault says which file an error is about.
func (w *workshop) fault(err error) error {
	var known *FileError
	if err == nil || errors.As(err, &known) || resumable(err) {
		return err
	}
	return &FileError{w.input, err}
}

// cut cuts the input's renditions into a sink and returns what the playlists are made of.
func (w *workshop) cut(ctx context.Context, in *input, s sink, needTS func(int) bool) ([]record, error) {
	var records []record
	var bytes int64
	for i := range w.known {
		if len(w.known[i].Parts) != len(in.renditions) {
			w.known = w.known[:i]
			break
		}
	}
	job := &work{
		renditions: in.renditions, cutting: w.Cutting, needTS: needTS, sink: s, known: w.known,
		onCut: func(c *cut) error {
			if !c.known {
				if err := w.journal.note(line{Cut: &c.record}); err != nil {
					return err
				}
			}
			records = append(records, c.record)
			for i := range c.record.Parts {
				bytes += c.record.Parts[i].TS
				for _, size := range c.record.Parts[i].Sizes {
					bytes += size
				}
			}
			w.progress(Progress{Step: "pack", Done: c.record.Time + c.record.Duration - media.FirstTime, Total: in.duration, Bytes: bytes})
			return nil
		},
	}
	if err := job.run(ctx); err != nil {
		return nil, w.fault(err)
	}
	return records, nil
}

// packFolder does the work of PackFolder in the folder out.
func (w *workshop) packFolder(ctx context.Context, out string) error {
	in, err := w.open(ctx)
	if err != nil {
		return w.fault(err)
	}
	defer in.close()
	f := &folder{dir: out, format: w.Format, renditions: in.renditions}
	if err := f.open(); err != nil {
		return w.fault(err)
	}
	texts, err := w.texts(ctx, in)
	if err != nil {
		return w.fault(err)
	}
	var records []record
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		var err error
		records, err = w.cut(both, in, f, f.hasTS)
		return err
	})
	group.Go(func() error {
		_, err := w.draw(both, in, out)
		return w.fault(err)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	l := &lists{folder: f, records: records, texts: texts}
	if err := l.write(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, madeBy), []byte("{}\n"), 0o666)
}

// input is what is packed: an opened file, or several of the same programme.
type input struct {
	renditions []*rendition
	duration   time.Duration
	texts      bool                   // it has texts inside
	again      func() (source, error) // opens the main rendition once more
	closers    []func() error
}

func (i *input) close() {
	for _, c := range i.closers {
		_ = c() // It was only read from.
	}
}

// add adds a source as a rendition.
func (i *input) add(name string, src source) {
	r := &rendition{name: name, src: src, init: &media.Init{Tracks: src.tracks()}}
	r.mux = r.init
	if len(i.renditions) > 0 && len(r.init.Tracks) == 1 {
		r.mux = &media.Init{Tracks: slices.Clone(r.init.Tracks)}
		for n, t := range i.renditions[0].init.Tracks {
			if t.Kind() == media.Audio {
				t.ID = len(r.mux.Tracks) + 1
				r.mux.Tracks = append(r.mux.Tracks, t)
				r.borrowed = append(r.borrowed, n)
			}
		}
	}
	i.renditions = append(i.renditions, r)
}

// Inspect says whether a file looks as if it could be packed, without packing it: that of several inputs the last is
// no film is better known at once than after hours.
func Inspect(path string, o Options) error {
	if err := readable(path); err != nil {
		return err
	}
	in := new(input)
	err := in.openFile("", path)
	if err == nil {
		err = in.walk()
	}
	in.close()
	if err == nil || wantsFFmpeg(err) && findTools(o.FFmpeg).there() {
		return nil
	}
	if wantsFFmpeg(err) {
		err = needsFFmpeg(err)
	}
	return &FileError{path, err}
}

// walk goes through the tables of a file that has some: they tell where its end is missing.
func (i *input) walk() error {
	src := i.renditions[0].src
	if src.file() == nil {
		return nil
	}
	var s sample
	for track := range src.tracks() {
		for {
			err := src.next(track, &s)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
