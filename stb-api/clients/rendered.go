package clients

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"podium.tv/podium/epg"
	"podium.tv/podium/epg/xmltv"
	"podium.tv/podium/storage/catalogue"
)

// span is how many days before and after today a guide file holds.
type span struct{ past, ahead int }

// guideFile is a guide, written and compressed once.
type guideFile struct {
	snapshot *epg.Snapshot
	from, to time.Time
	source   string
	logos    string

	plain, zipped []byte
	digest        string
	modified      time.Time
	used          time.Time
}

// rendered keeps the guide files that were asked for, within mostKept bytes. Each is made once for a
// revision of the guide and a day, and one at a time: that bounds what clients who ask for odd spans cost.
type rendered struct {
	mu    sync.Mutex
	files map[span]*guideFile
}

const mostKept = 128 << 20

func (r *rendered) get(s span, snapshot *epg.Snapshot, now time.Time, site Site) (*guideFile, error) {
	y, m, d := now.In(snapshot.Zone).Date()
	from, _ := epg.Day(y, m, d-s.past, snapshot.Zone)
	_, to := epg.Day(y, m, d+s.ahead, snapshot.Zone)
	logos := strings.TrimRight(site.BaseURL, "/")

	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.files[s]
	if old != nil && old.snapshot == snapshot && old.from.Equal(from) && old.to.Equal(to) && old.source == site.Name && old.logos == logos {
		old.used = now
		return old, nil
	}
	g := &guideFile{snapshot: snapshot, from: from, to: to, source: site.Name, logos: logos, used: now}
	if err := g.render(); err != nil {
		return nil, fmt.Errorf("render guide: %w", err)
	}
	g.modified = now.UTC().Truncate(time.Second)
	if old != nil && old.digest == g.digest {
		g.modified = old.modified // Read anew and found the same.
	}
	if r.files == nil {
		r.files = map[span]*guideFile{}
	}
	r.files[s] = g
	r.evict(g)
	return g, nil
}

// evict drops the files that were not used for longest until the rest is within bounds; one stays.
func (r *rendered) evict(keep *guideFile) {
	total := 0
	for _, g := range r.files {
		total += len(g.plain) + len(g.zipped)
	}
	for total > mostKept && len(r.files) > 1 {
		var oldest span
		var found *guideFile
		for s, g := range r.files {
			if g != keep && (found == nil || g.used.Before(found.used)) {
				oldest, found = s, g
			}
		}
		total -= len(found.plain) + len(found.zipped)
		delete(r.files, oldest)
	}
}

// render writes the file, and compresses and digests it as it is written.
func (g *guideFile) render() error {
	var plain, zipped bytes.Buffer
	digest := sha256.New()
	z := gzip.NewWriter(&zipped) // BestSpeed would be 3.7 MB for a district where this is 2.0.
	if err := g.write(io.MultiWriter(&plain, digest, z)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	g.plain, g.zipped = plain.Bytes(), zipped.Bytes()
	g.digest = hex.EncodeToString(digest.Sum(nil)[:12])
	return nil
}

func (g *guideFile) write(w io.Writer) error {
	x := xmltv.NewWriter(w, xmltv.Options{Zone: g.snapshot.Zone, Source: g.source})
	var channels []catalogue.Channel
	seen := map[string]bool{}
	for _, c := range g.snapshot.Channels() {
		// Channels may share one guide, as SD and HD do; twice in the file its programmes would overlap.
		if id := c.GuideID(); !seen[id] {
			seen[id] = true
			channels = append(channels, c)
		}
	}
	for _, c := range channels {
		err := x.Channel(xmltv.Channel{ID: c.GuideID(), Names: []string{label(c.Name), strconv.Itoa(c.Number)}, Icon: g.icon(&c)})
		if err != nil {
			return err
		}
	}
	for _, c := range channels {
		id := c.GuideID()
		for _, p := range g.snapshot.Window(c.ID, g.from, g.to) {
			if err := x.Programme(entry(id, &p)); err != nil {
				return err
			}
		}
	}
	return x.Close()
}

// icon is a logo's address where it does not depend on the request: the file is made once for all clients.
func (g *guideFile) icon(c *catalogue.Channel) string {
	switch {
	case strings.HasPrefix(c.Logo, "http://"), strings.HasPrefix(c.Logo, "https://"):
		return c.Logo
	case g.logos == "":
		return ""
	case strings.HasPrefix(c.Logo, "/"):
		return g.logos + c.Logo
	default:
		return g.logos + "/logo/" + c.ID + ".svg"
	}
}

func entry(id string, p *epg.Programme) xmltv.Programme {
	out := xmltv.Programme{
		Channel: id, Start: p.Start, Stop: p.End, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description,
		Lecturer: p.Lecturer, Category: p.Category, Repeat: p.Repeat,
	}
	if !p.Filler {
		out.Genre = xmltv.Education
	}
	return out
}
