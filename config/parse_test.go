package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func TestParse(t *testing.T) {
	c, err := config.Parse("podium.yaml", []byte(`
station: {name: 党员教育电视频道, zone: Asia/Urumqi}
http:
  listen: 127.0.0.1:80
  base_url: https://tv.example.org
  trusted_proxies: [10.0.0.0/8, 192.0.2.7]
  max_body: 2 MiB
log:
  level: debug
storage:
  kind: s3
  s3:
    endpoint: minio.example.org:9000
    bucket: aired
    access_key: podium
    secret_key: open sesame
packaging:
  segment_target: 2s
  archive: 7d
feeds:
- id: hall1
  inputs:
  - url: rtsps://cam:pa%20ss@10.0.0.9/live
    tls_fingerprint: AA:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99
  segment_target: 6s
  archive: 1h30m
- id: hall2
  input: publish
channels:
- {id: edu1, number: 1, name: 党员教育, feed: hall1}
- {id: edu2, number: 22, name: 二套, feed: hall2, access: token, live_window: 1m, xmltv_id: edu2.example.org}
`), nil)
	require.NoError(t, err)
	require.Equal(t, "党员教育电视频道", c.Station.Name)
	require.Equal(t, "Asia/Urumqi", c.Station.Zone.Location().String())
	require.Equal(t, config.HostPort("127.0.0.1:80"), c.HTTP.Listen)
	require.Equal(t, "https://tv.example.org", c.HTTP.BaseURL.Full())
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")},
		config.Prefixes(c.HTTP.TrustedProxies))
	require.Equal(t, 2*config.MiB, c.HTTP.MaxBody)
	require.Equal(t, slog.LevelDebug, c.Log.Level.Level())
	require.Equal(t, "open sesame", c.Storage.S3.SecretKey.Reveal())
	require.Equal(t, 75*time.Second, c.HTTP.Timeouts.Idle.Std(), "a key that is left out has its default")

	hall1, hall2 := c.Feed("hall1"), c.Feed("hall2")
	require.Equal(t, "hall1", hall1.Name, "a feed is named by its id")
	require.Equal(t, "rtsps://cam:pa%20ss@10.0.0.9/live", hall1.Inputs[0].Address().String())
	require.Equal(t, "rtsps://cam:xxxxx@10.0.0.9/live", hall1.Inputs[0].URL.String())
	require.Equal(t, config.Fingerprint("aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"), hall1.Inputs[0].TLSFingerprint)
	require.Equal(t, 6*time.Second, hall1.SegmentTarget.Std())
	require.Equal(t, 90*time.Minute, hall1.Archive.Std())
	require.True(t, hall2.Publishes())
	require.Nil(t, hall2.Sources()[0].Address())
	require.Equal(t, 2*time.Second, hall2.SegmentTarget.Std(), "taken over from packaging")
	require.Equal(t, 168*time.Hour, hall2.Archive.Std())
	require.Nil(t, c.Feed("hall3"))

	edu1, edu2 := c.Channel("edu1"), c.Channel("edu2")
	require.Equal(t, "edu1.podium.tv", edu1.XMLTVID)
	require.Equal(t, 90*time.Minute, edu1.Archive.Std(), "no longer than its feed's")
	require.Equal(t, 40*time.Second, edu1.LiveWindow.Std())
	require.Equal(t, config.OpenAccess, edu1.Access)
	require.Equal(t, config.TokenAccess, edu2.Access)
	require.Nil(t, c.Channel("edu3"))
}

func TestPlaces(t *testing.T) {
	c := config.Default()
	require.Equal(t, "/var/lib/podium/objects", c.ObjectsDir())
	require.Equal(t, "/var/lib/podium/spool", c.SpoolDir())
	require.Equal(t, "sqlite:///var/lib/podium/catalogue.db", c.CatalogueURL())
	c, err := config.Parse("p", []byte(`
catalogue: {url: "postgres://p:s3cret@db/podium"}
storage: {folder: {path: /a}, spool: {path: /b}}
`), nil)
	require.NoError(t, err)
	require.Equal(t, "/a", c.ObjectsDir())
	require.Equal(t, "/b", c.SpoolDir())
	require.Equal(t, "postgres://p:s3cret@db/podium", c.CatalogueURL())
	require.Equal(t, "postgres://p:xxxxx@db/podium", c.Catalogue.URL.String())
}

func TestEmptyFileIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "feeds:\nhttp:\n  # all of it commented out\n", "\ufeffhttp: {}\n", "log:\r\n  level: info\r\nfeeds:\r\n"} {
		c, err := config.Parse("podium.yaml", []byte(text), nil)
		require.NoError(t, err, "%q", text)
		require.True(t, config.Diff(config.Default(), c).IsZero(), "%q", text)
	}
	require.NoError(t, config.Default().Validate())
}

// feed and channel are the shortest entries that are right.
const (
	rightFeed    = "feeds:\n- {id: f, input: publish}\n"
	rightChannel = "channels:\n- {id: c, number: 1, name: c, feed: f}\n"
)

func TestProblems(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct{ name, text, want string }{
		{"unknown section", "htpp:\n  listen: :80\n", `p:1:1: htpp: unknown key, did you mean http?`},
		{"unknown key", "http:\n  listn: :80\n", `p:2:3: http.listn: unknown key, did you mean listen?`},
		{"far from any", "http:\n  tls: {password: x}\n", `p:2:9: http.tls.password: unknown key, expected cert or key`},
		{"key twice", "log:\n  level: info\n  level: warn\n", `p:3:3: log.level: expected the key once, and it stands in line 2 already`},
		{"list for a section", "http: [1]\n", `p:1:7: http: expected a section with the keys listen, base_url, trusted_proxies, tls, timeouts, max_body or max_header, got a list`},
		{"text for a section", "http: :80\n", `p:1:7: http: expected a section with the keys listen, base_url, trusted_proxies, tls, timeouts, max_body or max_header, got ":80"`},
		{"section for a text", "station:\n  name: {a: b}\n", `p:2:9: station.name: expected a text, got a section`},
		{"list for a text", "station: {name: [a]}\n", `p:1:17: station.name: expected a text, got a list`},
		{"nothing for a text", "http:\n  listen:\n", `p:2:11: http.listen: expected an address to listen at such as :8080 or 127.0.0.1:8080, got nothing (write "" to leave it empty)`},
		{"section for a list", "feeds: {id: a}\n", `p:1:8: feeds: expected a list, each entry on a line that begins with a dash, got a section`},
		{"text for a list", "feeds: hall1\n", `p:1:8: feeds: expected a list, each entry on a line that begins with a dash, got "hall1"`},
		{"text for the file", "hello\n", `p:1:1: expected a section with the keys station, log, http, publish, rtsp, rtmp, srt, whip, data_dir, storage, catalogue, packaging, inputs, feeds, channels, playback, console, hooks or metrics, got "hello"`},
		{"two documents", "log: {}\n---\nlog: {}\n", `p:3:1: expected one YAML document, got a second`},
		{"bad YAML", "http:\n  listen: [\n", `p:2:11: expected a YAML file: sequence end token ']' not found`},
		{"anchor", "log: &a {level: info}\n", `p:1:6: log: expected a plain value: anchors and aliases are not supported`},
		{"merge", "log: {<<: *a}\n", `p:1:7: log: expected a key, one of format or level`},
		{"tag", "log: {level: !!str info}\n", `p:1:14: log.level: expected a plain value: tags such as "!!str" are not supported`},
		{"brackets", "log: " + strings.Repeat("[", 100000), `p:1:1: expected a configuration, got nesting that is too deep for one`},
		{"dashes", "\n\n" + strings.Repeat("- ", 100000), `p:3:1: expected a configuration, got nesting that is too deep for one`},

		{"bool", "inputs: {allow_loopback: yes}\n", `p:1:26: inputs.allow_loopback: expected true or false, got "yes"`},
		{"duration", "packaging: {archive: 1 week}\n", `p:1:22: packaging.archive: expected a length of time such as 4s, 1h30m or 7d, got "1 week"`},
		{"bare number", "packaging: {archive: 10}\n", `p:1:22: packaging.archive: expected a length of time such as 4s, 1h30m or 7d, got "10"`},
		{"negative", "http: {timeouts: {read: -1s}}\n", `p:1:25: http.timeouts.read: expected a length of time such as 4s, 1h30m or 7d, got "-1s"`},
		{"size", "storage: {cache: {max_bytes: lots}}\n", `p:1:30: storage.cache.max_bytes: expected a number of bytes such as 64 KiB, 256 MiB or 20 GiB, got "lots"`},
		{"size too big", "storage: {cache: {max_bytes: 9999999999 TiB}}\n", `p:1:30: storage.cache.max_bytes: expected a number of bytes such as 64 KiB, 256 MiB or 20 GiB, got "9999999999 TiB"`},
		{"size out of range", "storage: {cache: {max_bytes: 1 KiB}}\n", `p:1:30: storage.cache.max_bytes: expected 16 MiB to 64 TiB, got "1 KiB"`},
		{"zone", "station: {zone: Asia/Nowhere}\n", `p:1:17: station.zone: expected a time zone such as Asia/Shanghai, got "Asia/Nowhere"`},
		{"zone of the machine", "station: {zone: Local}\n", `p:1:17: station.zone: expected a time zone such as Asia/Shanghai, got "Local"`},
		{"zone outside", "station: {zone: ../../etc/passwd}\n", `p:1:17: station.zone: expected a time zone such as Asia/Shanghai, got "../../etc/passwd"`},
		{"address", "http: {listen: 8080}\n", `p:1:16: http.listen: expected an address to listen at such as :8080 or 127.0.0.1:8080, got "8080"`},
		{"port", "http: {listen: \":99999\"}\n", `p:1:16: http.listen: expected an address to listen at such as :8080 or 127.0.0.1:8080, got ":99999"`},
		{"prefix", "metrics: {allow: [10.0.0.1/8]}\n", `p:1:19: metrics.allow[0]: expected a range of IP addresses such as 10.0.0.0/8, got "10.0.0.1/8"`},
		{"word", "log:\n  format: xml\n", `p:2:11: log.format: expected text or json, got "xml"`},
		{"base address", "http: {base_url: ftp://x}\n", `p:1:18: http.base_url: expected an http:// or https:// address, got "ftp://x"`},
		{"base address with a path", "http: {base_url: http://x/tv}\n", `p:1:18: http.base_url: expected an address without path, query or fragment, got "http://x/tv"`},
		{"certificate without a key", "http: {tls: {cert: a.pem}}\n", `p:1:14: http.tls.key: expected a PEM file, because http.tls.cert is set, got nothing`},
		{"long value", "log: {level: " + long + "}\n", `p:1:14: log.level: expected debug, info, warn or error, got "` + long[:80] + `…"`},
		{"two servers at one port", "rtsp: {listen: \"0.0.0.0:8080\"}\n", `p:1:16: rtsp.listen: expected an address of its own, got "0.0.0.0:8080", which http.listen listens at`},
		{"odd port", "rtsp: {udp: \":8001\"}\n", `p:1:13: rtsp.udp: expected an even port such as :8000 (RFC 3550 §11), got ":8001"`},
		{"database", "catalogue: {url: \"mysql://root:s3cret@db/x\"}\n", `p:1:18: catalogue.url: expected sqlite://PATH or postgres://user:password@host:5432/database, got one that is not shown here`},
		{"short window", "packaging: {live_window: 5s}\n", `p:1:26: packaging.live_window: expected at least three segment targets, 12s, got "5s"`},
		{"segment", "packaging: {segment_target: 45s, live_window: 5m}\n", `p:1:29: packaging.segment_target: expected 1s to 30s, got "45s"`},
		{"reconnect", "inputs:\n  reconnect_min: 40s\n", `p:2:3: inputs.reconnect_max: expected 40s to 1h, got "30s"`},
		{"s3 with a scheme", "storage: {kind: s3, s3: {endpoint: 'http://x:9000', bucket: abc, access_key: a, secret_key: b}}\n", `p:1:36: storage.s3.endpoint: expected host:port without a scheme, such as minio.example.org:9000, got "http://x:9000"`},
		{"bucket", "storage: {kind: s3, s3: {endpoint: x, bucket: A_B, access_key: a, secret_key: b}}\n", `p:1:47: storage.s3.bucket: expected 3 to 63 of the characters a-z, 0-9, . and -, got "A_B"`},
		{"prefix of objects", "storage: {s3: {prefix: ../x}}\n", `p:1:24: storage.s3.prefix: expected a name such as podium or stations/east, got "../x"`},
		{"secret twice", "storage: {s3: {secret_key: a, secret_key_file: b}}\nplayback: {token_secret: " + long + ", token_secret_file: b}\n", `p:2:247: playback.token_secret_file: expected either token_secret or token_secret_file, got both`},
		{"short previous secret", "playback: {previous_secrets: [hunter2]}\n", `p:1:31: playback.previous_secrets[0]: expected a secret of at least 32 characters, got 7`},
		{"negative generation", "playback: {token_generation: -1}\n", `p:1:30: playback.token_generation: expected 0 to 65535, got "-1"`},
		{"short secret", "playback: {token_secret: hunter2}\n", `p:1:26: playback.token_secret: expected a secret of at least 32 characters, got 7`},

		{"input", "feeds:\n  - id: hall1\n    input: foo\n", "p:3:12: feeds[0].input: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got \"foo\""},
		{"input with a password", "feeds:\n- {id: a, input: 'ftp://u:s3cret@h/'}\n", "p:2:18: feeds[0].input: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got \"ftp://***@h/\""},
		{"no input", "feeds:\n- id: a\n", "p:2:3: feeds[0].input: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got nothing"},
		{"feed's id", "feeds:\n- {id: 大厅, input: publish}\n", `p:2:8: feeds[0].id: expected 1 to 32 of the characters a-z, 0-9 and -, got "大厅"`},
		{"no id", "feeds:\n- {input: publish}\n", `p:2:4: feeds[0].id: expected 1 to 32 of the characters a-z, 0-9 and -, got nothing`},
		{"feed twice", rightFeed + "- {id: f, input: publish}\n", `p:3:8: feeds[1].id: expected an id of its own, got "f", which is feeds[0]'s`},
		{"nobody to push to", "rtsp: {listen: \"\"}\n" + rightFeed, "p:3:18: feeds[0].input: publish needs a server that encoders can push to, and rtsp.listen, rtmp.listen, srt.listen and whip.enabled are all off"},
		{"transport of a push", "feeds:\n- {id: f, inputs: [{url: publish, transport: tcp}]}\n", "p:2:46: feeds[0].inputs[0].transport: is of use only where url begins with rtsp:// or rtsps://"},
		{"stream key of a fetch", "feeds:\n- {id: f, input: 'rtsp://h', stream_key: twelve or more}\n", "p:2:42: feeds[0].stream_key: is of use only where an input is `publish`"},
		{"conflict", "publish: {on_conflict: fight}\n", `p:1:24: publish.on_conflict: expected refuse or takeover, got "fight"`},
		{"no connections", "rtsp: {max_connections: 0}\n", `p:1:25: rtsp.max_connections: expected 1 to 100000, got "0"`},
		{"longest session", "console: {session_longest: 1h}\n", `p:1:28: console.session_longest: expected 12h to 8784h, got "1h"`},
		{"pin without TLS", "feeds:\n- {id: f, inputs: [{url: 'rtsp://h', tls_fingerprint: " + strings.Repeat("0a", 32) + "}]}\n", "p:2:55: feeds[0].inputs[0].tls_fingerprint: is of use only where url begins with rtsps://, rtmps:// or https://"},
		{"fingerprint", "feeds:\n- {id: f, inputs: [{url: 'rtsps://h', tls_fingerprint: abc}]}\n", `p:2:56: feeds[0].inputs[0].tls_fingerprint: expected the SHA-256 of a certificate, 64 hexadecimal digits, got "abc"`},
		{"password without a user", "feeds:\n- {id: f, inputs: [{url: 'rtsp://h', password: x}]}\n", `p:2:26: feeds[0].inputs[0].url: expected an address with a user, because a password is given, got "rtsp://h"`},
		{"short stream key", "feeds:\n- {id: f, input: publish, stream_key: 123}\n", `p:2:39: feeds[0].stream_key: expected a secret of at least 12 characters, got 3`},

		{"no such feed", "channels:\n- {id: c, number: 1, name: c, feed: f}\n", `p:2:37: channels[0].feed: expected the id of one of the feeds, got "f"`},
		{"number", rightFeed + "channels:\n- {id: c, number: 0, name: c, feed: f}\n", `p:4:19: channels[0].number: expected a number from 1 to 9999, got "0"`},
		{"no number", rightFeed + "channels:\n- {id: c, name: c, feed: f}\n", `p:4:4: channels[0].number: expected a number from 1 to 9999, got nothing`},
		{"not a number", rightFeed + "channels:\n- {id: c, number: one, name: c, feed: f}\n", `p:4:19: channels[0].number: expected a whole number, got "one"`},
		{"number twice", rightFeed + rightChannel + "- {id: d, number: 1, name: d, feed: f}\n", `p:5:19: channels[1].number: expected one of its own, got "1", which is channels[0]'s`},
		{"two lines", rightFeed + "channels:\n- {id: c, number: 1, name: \"a\\nb\", feed: f}\n", `p:4:28: channels[0].name: expected one line of at most 100 characters, got "a\nb"`},
		{"guide's id", rightFeed + "channels:\n- {id: c, number: 1, name: c, feed: f, xmltv_id: nodot}\n", `p:4:50: channels[0].xmltv_id: expected a name such as edu1.podium.tv, got "nodot"`},
		{"logo", rightFeed + "channels:\n- {id: c, number: 1, name: c, feed: f, logo: 'ftp://x/y'}\n", `p:4:46: channels[0].logo: expected a file or an http:// or https:// address, got "ftp://x/y"`},
		{"rendition of a feed that is not there", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: 720p, feed: x}]}\n", `p:5:72: channels[0].renditions[0].feed: expected the id of one of the feeds, got "x"`},
		{"rendition without a feed", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: 720p}]}\n", `p:5:54: channels[0].renditions[0].feed: expected the id of a feed, got nothing`},
		{"rendition without a name", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{feed: g}]}\n", `p:5:54: channels[0].renditions[0].name: expected a name such as 1080p, 720p, 480p or audio: 1 to 16 of a-z and 0-9, a letter among them, and not live, all or mono, got nothing`},
		{"rendition with a bad name", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: 720-p, feed: g}]}\n", `p:5:60: channels[0].renditions[0].name: expected a name such as 1080p, 720p, 480p or audio: 1 to 16 of a-z and 0-9, a letter among them, and not live, all or mono, got "720-p"`},
		{"rendition named as an address is", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: live, feed: g}]}\n", `p:5:60: channels[0].renditions[0].name: expected a name such as 1080p, 720p, 480p or audio: 1 to 16 of a-z and 0-9, a letter among them, and not live, all or mono, got "live"`},
		{"two renditions of a name", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\n- {id: h, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: a, feed: g}, {name: a, feed: h}]}\n", `p:6:80: channels[0].renditions[1].name: expected a name of its own, got "a", which is renditions[0]'s`},
		{"two renditions of a feed", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: a, feed: g}, {name: b, feed: g}]}\n", `p:5:89: channels[0].renditions[1].feed: expected a feed of its own, got "g", which is renditions[0]'s`},
		{"rendition of the channel's own feed", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: a, feed: f}]}\n", `p:5:69: channels[0].renditions[0].feed: expected another feed than the channel's own, got "f"`},
		{"rendition with another target", "feeds:\n- {id: f, input: publish}\n- {id: g, input: publish, segment_target: 2s}\nchannels:\n- {id: c, number: 1, name: c, feed: f, renditions: [{name: a, feed: g}]}\n", `p:5:69: channels[0].renditions[0].feed: expected a feed with the segment_target of the channel's, 4s, got "g" with 2s`},
		{"archive beyond the feed's", "feeds:\n- {id: f, input: publish, archive: 1h}\nchannels:\n- {id: c, number: 1, name: c, feed: f, archive: 2h}\n", `p:4:49: channels[0].archive: expected at most its feed's archive, 1h, got "2h"`},
		{"window of the feed's segments", "feeds:\n- {id: f, input: publish, segment_target: 20s}\n" + rightChannel, `p:4:4: channels[0].live_window: expected at least three segment targets, 1m, got "40s"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := config.Parse("p", []byte(c.text), nil)
			require.Nil(t, got)
			var problems config.Problems
			require.ErrorAs(t, err, &problems)
			require.Contains(t, strings.Split(err.Error(), "\n"), c.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestAllProblemsAreToldInTheOrderOfTheFile(t *testing.T) {
	_, err := config.Parse("p", []byte(`station:
  zone: Mars/Base
log:
  levl: info
packaging:
  archive: never
feeds:
- id: hall1
  input: foo
- id: hall1
  input: publish
`), nil)
	require.EqualError(t, err, strings.Join([]string{
		`p:2:9: station.zone: expected a time zone such as Asia/Shanghai, got "Mars/Base"`,
		`p:4:3: log.levl: unknown key, did you mean level?`,
		`p:6:12: packaging.archive: expected a length of time such as 4s, 1h30m or 7d, got "never"`,
		"p:9:10: feeds[0].input: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got \"foo\"",
		`p:10:7: feeds[1].id: expected an id of its own, got "hall1", which is feeds[0]'s`,
	}, "\n"))
	var one *config.Problem
	require.ErrorAs(t, err, &one)
	require.Equal(t, config.Problem{
		File: "p", Line: 2, Column: 9, Key: "station.zone",
		Text: `expected a time zone such as Asia/Shanghai, got "Mars/Base"`,
	}, *one)
}

func TestFileTooLong(t *testing.T) {
	_, err := config.Parse("p", make([]byte, 1<<20+1), nil)
	require.EqualError(t, err, "p: expected a file of at most 1 MiB, got more")
}

func TestValidateWithoutAFile(t *testing.T) {
	c := config.Default()
	c.DataDir = ""
	c.Packaging.SegmentTarget = 0
	c.Feeds = []config.Feed{{ID: "f"}}
	err := c.Validate()
	require.ErrorContains(t, err, "data_dir: expected a folder, got nothing")
	require.ErrorContains(t, err, "packaging.segment_target: expected 1s to 30s, got \"0s\"")
	require.ErrorContains(t, err, "feeds[0].input: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got nothing")
}

func TestSecretsNeverPrint(t *testing.T) {
	c, err := config.Parse("p", []byte(`
storage: {s3: {secret_key: s3cret}}
catalogue: {url: "postgres://podium@db/podium?password=s3cret"}
playback: {token_secret: "s3cret s3cret s3cret s3cret s3cret"}
feeds:
- {id: a, input: "rtsp://u:s3cret@h/"}
- {id: b, inputs: [{url: "rtsp://u@h/", password: s3cret}, {url: "srt://h:9", passphrase: s3cret s3cret}, {url: "https://h/?token=s3cret"}]}
- {id: c, input: publish, stream_key: "s3cret s3cret"}
hooks: [{url: "https://u:s3cret@h/x?key=s3cret", secret: "s3cret s3cret s3cret"}]
srt: {passphrase: "s3cret s3cret"}
`), nil)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", c.Storage.S3.SecretKey, "catalogue", c.Catalogue.URL,
		"input", c.Feeds[0].Input, "url", c.Feeds[0].Input.URL)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c)
	asJSON, err := json.Marshal(c)
	require.NoError(t, err)
	for _, s := range []string{
		fmt.Sprintf("%v", *c), fmt.Sprintf("%+v", *c), fmt.Sprint(c), string(asJSON), log.String(),
		fmt.Sprintf("%#v %#v", c.Storage.S3.SecretKey, c.Feeds[0].Input.URL), fmt.Sprintf("%#v", c.Catalogue.URL),
	} {
		require.NotContains(t, s, "s3cret")
	}
	require.Equal(t, "rtsp://u:s3cret@h/", c.Feeds[1].Inputs[0].Address().String())
}

func TestValuesKeepTheirText(t *testing.T) {
	for _, s := range []string{"0s", "500ms", "4s", "1m", "40s", "1h30m", "168h", "1h0m5s"} {
		var d config.Duration
		require.NoError(t, d.UnmarshalText([]byte(s)))
		require.Equal(t, s, d.String())
	}
	for _, s := range []string{"0", "1000", "32 KiB", "1 MiB", "10 GiB", "2 TiB"} {
		var n config.Size
		require.NoError(t, n.UnmarshalText([]byte(s)))
		require.Equal(t, s, n.String())
	}
}

func FuzzParse(f *testing.F) {
	_, text := annotatedFile(f)
	f.Add([]byte(text), "PODIUM_HTTP_LISTEN=:80")
	f.Add([]byte(rightFeed+rightChannel), "PODIUM_METRICS_ALLOW=10.0.0.0/8,::1")
	f.Add([]byte("a: &a [*a, *a]\nb: {<<: *a}"), "PODIUM_STORAGE_S3_SECRET_KEY=x")
	f.Add([]byte("http:\n\tlisten: 'x\n? [a]: b\n- c"), "PODIUM_HTTP_LISTNE")
	f.Fuzz(func(t *testing.T, b []byte, env string) {
		start := time.Now()
		c, err := config.Parse("fuzz.yaml", b, []string{env})
		require.Less(t, time.Since(start), 20*time.Second)
		require.Equal(t, err != nil, c == nil)
		if c != nil {
			require.NoError(t, c.Validate())
			require.True(t, config.Diff(c, c).IsZero())
			return
		}
		var problems config.Problems
		require.ErrorAs(t, err, &problems)
		for _, p := range problems {
			require.NotEmpty(t, p.File)
			require.NotEmpty(t, p.Text)
		}
	})
}
