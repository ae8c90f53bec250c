package config

import (
	"net/netip"
	"time"
)

const (
	millisecond = Duration(time.Millisecond)
	second      = Duration(time.Second)
	minute      = Duration(time.Minute)
	hour        = Duration(time.Hour)
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
				Header: 10 * second, Read: 30 * second, Write: 5 * minute, Idle: 75 * second, Shutdown: 8 * second,
			},
			MaxBody:   1 * MiB,
			MaxHeader: 32 * KiB,
		},
		Publish: Publish{
			OnConflict: RefuseSecond, MaxPublishers: 64, SetupTimeout: 15 * second, ReadTimeout: 10 * second,
			ParametersWait: 10 * second, KeyframeWait: 20 * second,
		},
		RTSP:    RTSP{Listen: ":8554", MaxConnections: 128},
		RTMP:    RTMP{MaxConnections: 128},
		SRT:     SRT{Latency: 200 * millisecond, MaxConnections: 128},
		WHIP:    WHIP{UDP: ":8189", Audio: WHIPAudioAuto, KeyframeEvery: 2 * second},
		DataDir: "/var/lib/podium",
		Storage: Storage{
			Kind:   FolderStorage,
			Folder: Folder{Sync: SyncNever},
			S3: S3{
				TLS: true, PathStyle: true, Timeout: 10 * second, Tries: 3, MaxReads: 64, MaxWrites: 16, PartSize: 16 * MiB,
			},
			Spool: Spool{Sync: SyncNever, MaxBytes: 10 * GiB, MaxObjects: 100_000},
			Cache: Cache{MaxBytes: 512 * MiB, MaxLoads: 64, LoadTimeout: 15 * second},
		},
		Catalogue: Catalogue{Connections: 8, Timeout: 10 * second},
		Packaging: Packaging{
			SegmentTarget: 4 * second, LiveWindow: 40 * second, LowLatency: true, PartTarget: 200 * millisecond, Archive: 168 * hour,
			Chunks: true, Recent: 2 * hour, FlushEvery: 1 * minute,
		},
		Inputs: Inputs{
			AllowPrivate: true,
			ReadTimeout:  10 * second, ParametersWait: 10 * second, KeyframeWait: 20 * second,
			ReconnectMin: 1 * second, ReconnectMax: 30 * second,
			MaxBitrate: 100 * Mbps, MaxTracks: 8,
		},
		Playback: Playback{TokenTTL: 12 * hour, SessionTTL: 12 * hour},
		Console:  Console{SessionIdle: 12 * hour, SessionLongest: 168 * hour, SetupLink: 24 * hour},
		Metrics:  Metrics{Allow: loopback()},
	}
}

func defaultFeed() Feed {
	return Feed{WallClock: ArrivalClock, Failover: defaultFailover(), Slate: SlateAuto, OnDemandIdle: 30 * second}
}

func defaultInput() Input { return Input{Transport: TransportAuto} }

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
		if !c.set.has(at + ".archive_bytes") {
			f.ArchiveBytes = c.Packaging.ArchiveBytes
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
		if !c.set.has(at + ".low_latency") {
			ch.LowLatency = c.Packaging.LowLatency
		}
		if !c.set.has(at + ".archive") {
			ch.Archive = c.Packaging.Archive
			for _, id := range ch.Feeds() {
				if f := c.Feed(id); f != nil {
					ch.Archive = min(ch.Archive, f.Archive)
				}
			}
		}
		if f := c.Feed(ch.Feed); f != nil && !c.set.has(at+".archive_bytes") {
			ch.ArchiveBytes = f.ArchiveBytes
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
