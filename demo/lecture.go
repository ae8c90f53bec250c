package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"podium.tv/podium/packager/timeline"
	"podium.tv/podium/packager/vod"
	"podium.tv/podium/storage/object"
)

// Asset is the id of the lecture's packaged form.
const Asset = "lecture"

// packLecture packs the lecture into an asset, unless it is there, and returns its entries.
func packLecture(ctx context.Context, store object.Store) ([]timeline.Entry, error) {
	p := &vod.Packer{Store: store}
	_, err := p.PackMP4(ctx, bytes.NewReader(lecture), int64(len(lecture)), vod.Asset{ID: Asset, Title: "示范课"})
	if err != nil && !errors.Is(err, vod.ErrExists) {
		return nil, fmt.Errorf("package the lecture: %w", err)
	}
	_, entries, err := vod.Open(ctx, store, Asset)
	return entries, err
}
