package vod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/storage/object"
)

// Asset is what `assets/{id}/asset.json` tells of a packaged item. It is written last, so that an asset is there whole
// or not at all.
type Asset struct {
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	// Duration is the sum of the entries' durations.
	Duration  time.Duration `json:"duration"`
	CreatedAt time.Time     `json:"createdAt"`
	// Protected assets are played with a token alone.
	Protected bool `json:"protected,omitempty"`
	// Encrypted assets are put out with AES-128; they are stored in the clear.
	Encrypted bool `json:"encrypted,omitempty"`
	// Poster is the object of a JPEG picture, Thumbnails that of the WebVTT file whose cues point into the Sprites, JPEG
	// pictures that stand beside it and are named by their last part. All of them are empty where there are none.
	Poster     string   `json:"poster,omitempty"`
	Thumbnails string   `json:"thumbnails,omitempty"`
	Sprites    []string `json:"sprites,omitempty"`
	// Subtitles are whole WebVTT files whose times count from the asset's beginning.
	Subtitles []Subtitle `json:"subtitles,omitempty"`
}

// Subtitle is one text of an asset.
type Subtitle struct {
	// Language is an RFC 5646 tag, or empty.
	Language string `json:"language,omitempty"`
	// Name is what viewers choose it by, unique in the asset.
	Name string `json:"name"`
	// Object is the stored WebVTT file.
	Object string `json:"object"`
}

// ErrNoAsset says that the store has no asset of that id.
var ErrNoAsset = errors.New("no such asset")

// ErrBadAsset says that an asset's description cannot be read.
var ErrBadAsset = errors.New("bad asset")

// Bounds of what a description may hold.
const (
	longestID    = 32
	maxAssetJSON = 1 << 20
	maxSubtitles = 32
	maxSprites   = 1024
)

// CheckID says whether an id may name an asset: as those of channels, 1 to 32 of a-z, 0-9 and "-".
func CheckID(id string) error {
	if id == "" || len(id) > longestID || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("asset id %q: expected 1 to %d of the characters a-z, 0-9 and -", id, longestID)
	}
	return nil
}

// Folder is what the names of an asset's objects begin with, and the name of its closed timeline.
func Folder(id string) string { return "assets/" + id }

// describedBy is the object that holds the asset's description.
func describedBy(id string) string { return Folder(id) + "/asset.json" }

// Open reads an asset and the entries of its timeline. The error wraps ErrNoAsset where there is none.
func Open(ctx context.Context, store object.Store, id string) (*Asset, []timeline.Entry, error) {
	a, err := Describe(ctx, store, id)
	if err != nil {
		return nil, nil, err
	}
	entries, err := timeline.ReadClosed(ctx, store, Folder(id))
	if err != nil {
		return nil, nil, err
	}
	return a, entries, nil
}

// Describe reads an asset's description alone.
func Describe(ctx context.Context, store object.Store, id string) (*Asset, error) {
	if CheckID(id) != nil {
		return nil, fmt.Errorf("%w: %q", ErrNoAsset, id)
	}
	b, err := store.Get(ctx, describedBy(id), 0, maxAssetJSON+1)
	if errors.Is(err, object.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrNoAsset, id)
	}
	if err != nil {
		return nil, err
	}
	a := new(Asset)
	if err := a.read(b); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBadAsset, describedBy(id), err)
	}
	if a.ID != id {
		return nil, fmt.Errorf("%w: %s has the id %q", ErrBadAsset, describedBy(id), a.ID)
	}
	return a, nil
}

// read reads a description and refuses what no asset has: it may have been put into the bucket by anybody.
func (a *Asset) read(b []byte) error {
	if len(b) > maxAssetJSON {
		return fmt.Errorf("more than %d bytes", maxAssetJSON)
	}
	if err := json.Unmarshal(b, a); err != nil {
		return err
	}
	if a.Duration < 0 || len(a.Subtitles) > maxSubtitles || len(a.Sprites) > maxSprites {
		return fmt.Errorf("duration %v, %d subtitles, %d sprites: expected at most %d and %d",
			a.Duration, len(a.Subtitles), len(a.Sprites), maxSubtitles, maxSprites)
	}
	names := append([]string{a.Poster, a.Thumbnails}, a.Sprites...)
	for _, s := range a.Subtitles {
		names = append(names, s.Object)
	}
	for _, name := range names {
		if name != "" && !strings.HasPrefix(name, Folder(a.ID)+"/") {
			return fmt.Errorf("object %q is not the asset's", name)
		}
	}
	return nil
}

// Put stores an asset's timeline and then its description. Its media, inits, pictures and texts are there before.
func Put(ctx context.Context, store object.Store, a *Asset, entries []timeline.Entry) error {
	if err := CheckID(a.ID); err != nil {
		return err
	}
	a.Duration = 0
	for i := range entries {
		a.Duration += entries[i].Duration
	}
	if err := timeline.WriteClosed(ctx, store, Folder(a.ID), entries); err != nil {
		return err
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if err := store.Put(ctx, describedBy(a.ID), b); err != nil {
		return fmt.Errorf("write %s: %w", describedBy(a.ID), err)
	}
	return nil
}

// ObjectName is the stored segment with that number of a rendition; the main rendition has no name.
func ObjectName(id, rendition string, seq uint64) string {
	folder := Folder(id) + "/media"
	if rendition != "" {
		folder += "-" + rendition
	}
	return fmt.Sprintf("%s/%d/%d.cmaf", folder, seq/1000, seq)
}
