package config

import (
	"net/netip"
	"time"
)

const (
	second = Duration(time.Second)
	minute = Duration(time.Minute)
	hour   = Duration(time.Hour)
)

// Default is the configuration of an empty file: a station without feeds and channels.
func Default() *Config {
	return &Config{
		Station: Station{Name: "Podium", Zone: knownZone("Asia/Shanghai")},
		Log:     Log{Format: LogText, Level: "info"},
		HTTP: HTTP{
			Listen:         ":8080",
			TrustedProxies: loopback(),
			Timeouts: HTTPTimeouts{
				Header: 10 * second, Read: 30 * second, Write: 60 * second, Idle: 75 * second, Shutdown: 8 * second,
			},
			MaxBody:   1 * MiB,
			MaxHeader: 32 * KiB,
		},
		RTSP:    RTSP{Listen: ":8554", ReadTimeout: 10 * second},
		DataDir: "/var/lib/podium",
		Storage: Storage{
			Kind:   FolderStorage,
			Folder: Folder{Sync: SyncAlways},
			S3:     S3{Region: "us-east-1", TLS: true, PathStyle: true, Timeout: 30 * second},
			Spool:  Spool{MaxBytes: 10 * GiB},
			Cache:  Cache{MaxBytes: 512 * MiB},
		},
		Catalogue: Catalogue{Connections: 8, Timeout: 10 * second},
		Packaging: Packaging{SegmentTarget: 4 * second, LiveWindow: 40 * second, Archive: 168 * hour},
		Inputs: Inputs{
			AllowPrivate: true,
			ReadTimeout:  10 * second, ReconnectMin: 1 * second, ReconnectMax: 30 * second,
		},
		Playback: Playback{TokenTTL: 12 * hour},
		Metrics:  Metrics{Allow: loopback()},
	}
}

func defaultFeed() Feed {
	return Feed{Transport: TransportAuto, WallClock: ArrivalClock, OnConflict: RefuseSecond}
}

func defaultChannel() Channel { return Channel{Access: OpenAccess} }

// inherit fills in the defaults that depend on other keys.
func (c *Config) inherit() {
	for i := range c.Feeds {
		f, at := &c.Feeds[i], index("feeds", i)
		if f.Name == "" {
			f.Name = string(f.ID)
		}
		if !c.set.has(at + ".archive") {
			f.Archive = c.Packaging.Archive
		}
		if !c.set.has(at + ".segment_target") {
			f.SegmentTarget = c.Packaging.SegmentTarget
		}
	}
	for i := range c.Channels {
		ch, at := &c.Channels[i], index("channels", i)
		if ch.XMLTVID == "" {
			ch.XMLTVID = string(ch.ID) + ".podium.tv"
		}
		if !c.set.has(at + ".live_window") {
			ch.LiveWindow = c.Packaging.LiveWindow
		}
		if !c.set.has(at + ".archive") {
			ch.Archive = c.Packaging.Archive
			if f := c.Feed(ch.Feed); f != nil {
				ch.Archive = min(ch.Archive, f.Archive)
			}
		}
	}
}

func loopback() []Prefix {
	return []Prefix{
		{netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 0, 0, 0}), 8)},
		{netip.PrefixFrom(netip.IPv6Loopback(), 128)},
	}
}

// knownZone reads the zone of the defaults, which is in the embedded database.
func knownZone(name string) Zone {
	loc, err := time.LoadLocation(name)
	if err != nil {
		return Zone{}
	}
	return Zone{loc}
}
