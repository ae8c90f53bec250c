package vod

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"podium.tv/podium/packager/media"
	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod/mp4"
	"podium.tv/podium/storage/object"
)

// Packer packs files into assets of an object store.
type Packer struct {
	Store object.Store
	// Work is a folder on the local disk for what is transcoded and for the journals with which work that was broken off
	// goes on. Each asset has a folder of its own in it.
	Work string
	// Options are the others; Format is not used, for there is one stored form.
	Options Options
	// Now defaults to time.Now.
	Now func() time.Time
}

// ErrExists says that an asset of that id is there already. What is in its playlists is kept by caches for long, so
// that other media needs another id.
var ErrExists = errors.New("the asset exists already: expected a new id")

// Pack packs a file into the asset that a describes and returns its whole description. The asset is there once that is
// stored, which is last.
func (p *Packer) Pack(ctx context.Context, file string, a Asset) (*Asset, error) {
	if err := p.vacant(ctx, a.ID); err != nil {
		return nil, err
	}
	w, err := openWorkshop(filepath.Join(p.Work, a.ID), file, p.Options)
	if err != nil {
		return nil, err
	}
	err = p.pack(ctx, w, &a)
	return &a, errors.Join(err, w.close(!resumable(err)))
}

func (p *Packer) pack(ctx context.Context, w *workshop, a *Asset) error {
	in, err := w.open(ctx)
	if err != nil {
		return w.fault(err)
	}
	defer in.close()
	s := &shelf{store: p.Store, id: a.ID, renditions: in.renditions}
	if err := s.open(ctx); err != nil {
		return err
	}
	texts, err := w.texts(ctx, in)
	if err != nil {
		return w.fault(err)
	}
	var records []record
	group, both := errgroup.WithContext(ctx)
	group.Go(func() error {
		var err error
		records, err = w.cut(both, in, s, mainAlone)
		return err
	})
	group.Go(func() error {
		drawn, err := w.draw(both, in, filepath.Join(w.dir, "pictures"))
		if err == nil && drawn != nil {
			err = s.hang(both, filepath.Join(w.dir, "pictures"), drawn, a)
		}
		return w.fault(err)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := s.caption(ctx, texts, a); err != nil {
		return err
	}
	return p.describe(ctx, a, entriesOf(s, records))
}

// PackMP4 packs an MP4 file whose codecs fit from wherever it is, without a work folder: what is broken off begins anew.
func (p *Packer) PackMP4(ctx context.Context, r io.ReaderAt, size int64, a Asset) (*Asset, error) {
	if err := p.vacant(ctx, a.ID); err != nil {
		return nil, err
	}
	file, err := mp4.Open(r, size)
	if err != nil {
		return nil, err
	}
	tracks, err := choose(file)
	if err != nil {
		return nil, err
	}
	src, err := openMP4(r, tracks)
	if err != nil {
		return nil, err
	}
	in := new(input)
	in.add("", src)
	s := &shelf{store: p.Store, id: a.ID, renditions: in.renditions}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	var records []record
	job := &work{
		renditions: in.renditions, cutting: p.Options.Cutting, needTS: mainAlone, sink: s,
		onCut: func(c *cut) error {
			records = append(records, c.record)
			return nil
		},
	}
	if err := job.run(ctx); err != nil {
		return nil, err
	}
	return &a, p.describe(ctx, &a, entriesOf(s, records))
}

// mainAlone is for the rendition that boxes are given as MPEG-TS.
func mainAlone(rendition int) bool { return rendition == 0 }

// vacant refuses an id that is no id or has an asset already.
func (p *Packer) vacant(ctx context.Context, id string) error {
	if err := CheckID(id); err != nil {
		return err
	}
	_, err := Describe(ctx, p.Store, id)
	switch {
	case err == nil:
		return fmt.Errorf("asset %s: %w", id, ErrExists)
	case errors.Is(err, ErrNoAsset):
		return nil
	}
	return err
}

func (p *Packer) describe(ctx context.Context, a *Asset, entries []timeline.Entry) error {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	a.CreatedAt = now().UTC().Truncate(time.Second)
	return Put(ctx, p.Store, a, entries)
}

// shelf writes segments into a store, as an asset's.
type shelf struct {
	store      object.Store
	id         string
	renditions []*rendition
	versions   []string // of the renditions' inits
}

// open stores the inits.
func (s *shelf) open(ctx context.Context) error {
	for _, r := range s.renditions {
		body, err := r.init.MarshalJSON()
		if err != nil {
			return err
		}
		version := r.init.Version()
		if err := s.store.Put(ctx, timeline.InitName(version), body); err != nil {
			return fmt.Errorf("write %s: %w", timeline.InitName(version), err)
		}
		s.versions = append(s.versions, version)
	}
	return nil
}

// hang stores pictures and notes them in the asset's description.
func (s *shelf) hang(ctx context.Context, dir string, p *pictures, a *Asset) error {
	put := func(name string) (string, error) {
		b, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // It was made just before.
		if err != nil {
			return "", err
		}
		stored := Folder(s.id) + "/" + name
		return stored, s.store.Put(ctx, stored, b)
	}
	var err error
	for _, name := range p.sprites {
		stored, fault := put(name)
		a.Sprites, err = append(a.Sprites, stored), errors.Join(err, fault)
	}
	if err != nil {
		return err
	}
	if p.poster != "" {
		if a.Poster, err = put(p.poster); err != nil {
			return err
		}
	}
	a.Thumbnails, err = put(p.thumbs)
	return err
}

// caption stores texts and notes them in the asset's description.
func (s *shelf) caption(ctx context.Context, texts []text, a *Asset) error {
	for i := range texts {
		name := fmt.Sprintf("%s/text/%d.vtt", Folder(s.id), i+1)
		if err := s.store.Put(ctx, name, texts[i].whole()); err != nil {
			return err
		}
		a.Subtitles = append(a.Subtitles, Subtitle{Language: texts[i].language, Name: texts[i].name, Object: name})
	}
	return nil
}

// write implements sink.
func (s *shelf) write(ctx context.Context, c *cut, _ *[]byte) error {
	for i, r := range s.renditions {
		p := &c.parts[i]
		e := &timeline.Entry{
			Seq: uint64(c.n), Start: time.Unix(0, 0).UTC().Add(c.record.Time - media.FirstTime), Duration: c.record.Duration,
			Time: c.record.Time, Kind: timeline.Asset, Independent: c.record.Independent, Init: s.versions[i],
			TS: p.counters, Object: ObjectName(s.id, r.name, uint64(c.n)), Tracks: ranges(p.fragments),
		}
		body, err := timeline.BuildObject(e, p.media)
		if err != nil {
			return err
		}
		if err := s.store.Put(ctx, e.Object, body); err != nil {
			return fmt.Errorf("write %s: %w", e.Object, err)
		}
		c.record.Parts[i].Entry = e
	}
	return nil
}

// ranges are the places of fragments that stand one behind the other.
func ranges(fragments [][]byte) []media.Range {
	out := make([]media.Range, len(fragments))
	at := int64(0)
	for i, f := range fragments {
		out[i] = media.Range{Offset: at, Length: int64(len(f))}
		at += int64(len(f))
	}
	return out
}

// entriesOf puts the renditions of each cut together.
func entriesOf(s *shelf, records []record) []timeline.Entry {
	out := make([]timeline.Entry, len(records))
	for n := range records {
		out[n] = *records[n].Parts[0].Entry
		for i := 1; i < len(s.renditions); i++ {
			e := records[n].Parts[i].Entry
			out[n].Also = append(out[n].Also, timeline.Rendition{
				Name: s.renditions[i].name, Object: e.Object, Tracks: e.Tracks, Init: e.Init, Time: e.Time,
			})
		}
	}
	return out
}
