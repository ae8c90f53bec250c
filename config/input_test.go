package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/config"
)

func TestInputs(t *testing.T) {
	c := parsed(t, `
inputs: {folders: [/media]}
feeds:
- id: short
  input: srt://:9001
- id: list
  inputs:
  - url: publish
  - {url: "rtsp://viewer@10.0.0.5/main?channel=1&token=s3cret", password: open sesame, transport: tcp, warm: true}
  - {url: "rtsp://10.0.0.6/main", name: 备用}
  - {url: "rtmps://h/live/one"}
  - {url: "srt://10.0.0.7:9000", passphrase: "ten or more", stream_id: "#!::r=x", latency: 200ms, program: 2}
  - {url: "udp://@239.1.1.1:5000", interface: eth1, source: 10.0.0.9, program: 101}
  - {url: "https://portal/live.m3u8"}
  - {url: "file:/media/a%20b.mp4"}
  failover: {no_video: 0s, bitrate_below: 300 kb/s}
  slate: /media/slate.png
`)
	short, list := c.Feed("short"), c.Feed("list")
	require.Equal(t, "srt://:9001", short.Sources()[0].URL.String())
	require.True(t, short.Sources()[0].URL.Listens())
	require.Equal(t, config.TransportAuto, short.Sources()[0].Transport)
	require.False(t, short.Publishes())
	require.Equal(t, config.SlateAuto, short.Slate)
	require.Equal(t, "3s", short.Failover.NoVideo.String())

	var names, pulled []string
	for _, in := range list.Sources() {
		names = append(names, in.Name)
		if in.URL.Pulled() {
			pulled = append(pulled, in.Name)
		}
	}
	require.Equal(t, []string{"publish", "rtsp", "备用", "rtmps", "srt", "udp", "https", "file"}, names)
	require.Equal(t, []string{"rtsp", "备用", "rtmps", "srt", "https", "file"}, pulled)
	require.True(t, list.Publishes())
	in := list.Inputs
	require.Equal(t, "rtsp://viewer:open%20sesame@10.0.0.5/main?channel=1&token=s3cret", in[1].Address().String())
	require.Equal(t, "rtsp://viewer@10.0.0.5/main?channel=1&token=xxxxx", in[1].URL.String())
	require.Equal(t, "udp://239.1.1.1:5000", in[5].URL.String())
	require.Equal(t, "/media/a b.mp4", in[7].URL.Path())
	require.Zero(t, list.Failover.NoVideo)
	require.Equal(t, int64(300_000), list.Failover.BitrateBelow.Bits())
	require.Equal(t, "10s", list.Failover.BackAfter.String())
}

func TestNamesOfInputsAreTheirOwn(t *testing.T) {
	f := parsed(t, "feeds: [{id: f, inputs: [{url: 'rtsp://a'}, {url: 'rtsp://b'}, {url: 'rtsp://c', name: rtsp}]}]\n").Feed("f")
	var names []string
	for _, in := range f.Sources() {
		names = append(names, in.Name)
	}
	require.Equal(t, []string{"rtsp-2", "rtsp-3", "rtsp"}, names)
}

func TestInputProblems(t *testing.T) {
	one := func(in string) string { return "feeds:\n- id: f\n  inputs:\n  - {" + in + "}\n" }
	const udp = "udp://GROUP:PORT such as udp://239.1.1.1:5000, or udp://:PORT"
	for _, c := range []struct{ name, text, want string }{
		{"both forms", "feeds: [{id: f, input: 'rtsp://h', inputs: [{url: publish}]}]\n", "p:1:24: feeds[0].input: expected either input or inputs, got both: move it into the list, as `- url: rtsp://h`"},
		{"no url", one("name: x"), "p:4:6: feeds[0].inputs[0].url: expected `publish` or an address that begins with rtsp://, rtsps://, rtmp://, rtmps://, srt://, udp://, rtp://, http://, https:// or file:, got nothing"},
		{"too many", one("url: 'rtsp://h'") + strings.Repeat("  - {url: 'rtsp://h'}\n", 8), "p:4:3: feeds[0].inputs: expected at most 8 entries, got 9"},
		{"publish twice", one("url: publish") + "  - {url: publish}\n", "p:5:11: feeds[0].inputs[1].url: expected `publish` once in a feed, and it is inputs[0] already"},
		{"name twice", one("url: publish, name: a") + "  - {url: 'rtsp://h', name: a}\n", `p:5:29: feeds[0].inputs[1].name: expected a name of its own, got "a", which is inputs[0]'s`},
		{"no server for publish", "rtsp: {listen: \"\"}\n" + one("url: publish"), "p:5:11: feeds[0].inputs[0].url: publish needs a server that encoders can push to, and rtsp.listen, rtmp.listen, srt.listen and whip.enabled are all off"},
		{"passphrase of RTSP", one("url: 'rtsp://h', passphrase: s3cret s3cret"), "p:4:35: feeds[0].inputs[0].passphrase: is of use only where url begins with srt://"},
		{"program of HLS", one("url: 'http://h', program: 3"), "p:4:32: feeds[0].inputs[0].program: is of use only where url begins with udp://, rtp:// or srt://"},
		{"warm publish", one("url: publish, warm: true"), "p:4:26: feeds[0].inputs[0].warm: is of no use with `publish`: encoders stay connected by themselves"},
		{"stream id of a listener", one("url: 'srt://:9001', stream_id: x"), "p:4:37: feeds[0].inputs[0].stream_id: is of use only where Podium calls, srt://HOST:PORT"},
		{"short passphrase", one("url: 'srt://:9001', passphrase: short"), "p:4:38: feeds[0].inputs[0].passphrase: expected a secret of at least 10 characters, got 5"},
		{"long passphrase", one("url: 'srt://:9001', passphrase: " + strings.Repeat("x", 80)), "p:4:38: feeds[0].inputs[0].passphrase: expected at most 79 bytes, got 80"},
		{"latency", one("url: 'srt://:9001', latency: 5m"), `p:4:35: feeds[0].inputs[0].latency: expected 20ms to 30s, got "5m"`},
		{"SRT with a query", one("url: 'srt://h:9000?passphrase=s3cret'"), `p:4:11: feeds[0].inputs[0].url: expected srt://HOST:PORT alone; passphrase, stream_id and latency are keys of their own, got "srt://h:9000?xxxxx"`},
		{"SRT without a port", one("url: 'srt://h'"), `p:4:11: feeds[0].inputs[0].url: expected srt://HOST:PORT to call, or srt://:PORT to be called, got "srt://h"`},
		{"UDP without a port", one("url: 'udp://239.1.1.1'"), "p:4:11: feeds[0].inputs[0].url: expected " + udp + `, got "udp://239.1.1.1"`},
		{"UDP from a name", one("url: 'udp://h:5000'"), "p:4:11: feeds[0].inputs[0].url: expected " + udp + `, got "udp://h:5000"`},
		{"source of no group", one("url: 'udp://:5000', source: 10.0.0.1"), `p:4:34: feeds[0].inputs[0].source: expected the IP address of the sender of a multicast group, got "10.0.0.1"`},
		{"RTMP without a name", one("url: 'rtmp://h/live'"), `p:4:11: feeds[0].inputs[0].url: expected rtmp://HOST/APP/NAME, got "rtmp://h/live"`},
		{"RTMP with a user", one("url: 'rtmp://u:s3cret@h/live/one'"), `p:4:11: feeds[0].inputs[0].url: expected rtmp://HOST/APP/NAME, got "rtmp://***@h/live/one"`},
		{"HLS without a host", one("url: 'https:///x'"), `p:4:11: feeds[0].inputs[0].url: expected an address with a host such as https://HOST/PATH, got "https:///x"`},
		{"file on a host", one("url: 'file://h/x.mp4'"), `p:4:11: feeds[0].inputs[0].url: expected a file's path such as file:/media/loop.mp4, got "file://h/x.mp4"`},
		{"file without folders", one("url: 'file:/media/x.mp4'"), `p:4:11: feeds[0].inputs[0].url: expected a file in one of inputs.folders, which is empty, got "/media/x.mp4": name "/media" there`},
		{"file outside", "inputs: {folders: [/media]}\nfeeds: [{id: f, input: 'file:/media/../etc/passwd'}]\n", `p:2:24: feeds[0].input: expected a file in one of inputs.folders, /media, got "/media/../etc/passwd"`},
		{"relative folder", "inputs: {folders: [media]}\n", `p:1:20: inputs.folders[0]: expected a folder's whole path such as /media, got "media"`},
		{"user twice", one("url: 'rtsp://u:s3cret@h', password: s3cret"), `p:4:11: feeds[0].inputs[0].url: expected an address without a password, because the password is given apart, got "rtsp://u:xxxxx@h"`},
		{"no slate", "feeds: [{id: f, input: publish, slate: \"\"}]\n", `p:1:40: feeds[0].slate: expected auto, off, or the file of a picture or a film, got nothing`},
		{"demand of a push", "feeds: [{id: f, input: publish, on_demand: true}]\n", `p:1:44: feeds[0].on_demand: is of use only where Podium fetches every input, and others send to publish`},
		{"idle without demand", "feeds: [{id: f, input: 'rtsp://h', on_demand_idle: 1m}]\n", `p:1:52: feeds[0].on_demand_idle: is of use only where on_demand is true`},
		{"hasty failover", "feeds: [{id: f, input: publish, failover: {no_video: 10ms}}]\n", `p:1:54: feeds[0].failover.no_video: expected 1s to 1h, got "10ms"`},
		{"bit rate", "feeds: [{id: f, input: publish, failover: {bitrate_below: 300}}]\n", `p:1:59: feeds[0].failover.bitrate_below: expected a bit rate such as 500 kb/s or 2.5 Mb/s, got "300"`},
		{"limit", "inputs: {max_bitrate: 1 kb/s}\n", `p:1:23: inputs.max_bitrate: expected 1 Mb/s to 10 Gb/s, got "1 kb/s"`},
		{"two at a port", "feeds:\n- {id: f, input: 'srt://:9001'}\n- {id: g, inputs: [{url: 'udp://:9001'}]}\n", `p:3:26: feeds[1].inputs[0].url: expected an address of its own, got ":9001", which feeds[0].input listens at`},
		{"port of the server", "srt: {listen: \":8890\"}\nfeeds: [{id: f, input: 'srt://:8890'}]\n", `p:2:24: feeds[0].input: expected an address of its own, got ":8890", which srt.listen listens at`},
		{"RTCP's port", "rtsp: {udp: \":8000\"}\nfeeds: [{id: f, input: 'udp://:8001'}]\n", `p:2:24: feeds[0].input: expected an address of its own, got ":8001", which rtsp.udp listens at`},
		{"WHIP without a port", "whip: {enabled: true, udp: \"\"}\n", `p:1:28: whip.udp: expected a port such as :8189, because whip.enabled is set, got ""`},
		{"address of WHIP", "whip: {addresses: [tv.example.org]}\n", `p:1:20: whip.addresses[0]: expected an IP address such as 203.0.113.7, got "tv.example.org"`},
		{"hook's address", "hooks: [{url: 'ftp://h/?k=s3cret'}]\n", `p:1:15: hooks[0].url: expected an http:// or https:// address, got "ftp://h/?k=xxxxx"`},
		{"hook's secret", "hooks: [{url: 'https://h/', secret: hunter2}]\n", `p:1:37: hooks[0].secret: expected a secret of at least 16 characters, got 7`},
		{"kind", "hooks: [{url: 'https://h/', events: [Sw1tched]}]\n", `p:1:38: hooks[0].events[0]: expected source_up, source_down, on_air, switched, back, on_slate or off_air, got "Sw1tched"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := config.Parse("p", []byte(c.text), nil)
			require.Error(t, err)
			require.Contains(t, strings.Split(err.Error(), "\n"), c.want)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestMulticastIsReceivedByAnyNumber(t *testing.T) {
	parsed(t, "feeds: [{id: f, input: 'udp://239.1.1.1:5000'}, {id: g, input: 'udp://239.1.1.1:5000'}]\n")
}

func TestDiffOfInputs(t *testing.T) {
	const was = "feeds: [{id: a, input: 'rtsp://h/a'}, {id: b, input: publish}]\n"
	for _, c := range []struct {
		name, after string
		changed     []config.ID
	}{
		{"the long form of the same", "feeds: [{id: a, inputs: [{url: 'rtsp://h/a'}]}, {id: b, inputs: [{url: publish}]}]\n", nil},
		{"an option", "feeds: [{id: a, inputs: [{url: 'rtsp://h/a', transport: tcp}]}, {id: b, input: publish}]\n", []config.ID{"a"}},
		{"a second input", "feeds: [{id: a, input: 'rtsp://h/a'}, {id: b, inputs: [{url: publish}, {url: 'rtsp://h/b'}]}]\n", []config.ID{"b"}},
		{"failover", "feeds: [{id: a, input: 'rtsp://h/a', failover: {black: 9s}}, {id: b, input: publish}]\n", []config.ID{"a"}},
		{"what fetching goes by", was + "inputs: {read_timeout: 9s}\n", []config.ID{"a"}},
		{"what all go by", was + "inputs: {max_bitrate: 9 Mb/s}\n", []config.ID{"a", "b"}},
		{"hooks", was + "hooks: [{url: 'http://h'}]\n", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, config.Delta{Changed: c.changed}, config.Diff(parsed(t, was), parsed(t, c.after)).Feeds)
		})
	}
	require.Equal(t, []string{"hooks"}, config.Diff(parsed(t, was), parsed(t, was+"hooks: [{url: 'http://h'}]\n")).Live)
}

func TestBitratesKeepTheirText(t *testing.T) {
	for text, bits := range map[string]int64{"0": 0, "500 kb/s": 500_000, "2500 kb/s": 2_500_000, "100 Mb/s": 100_000_000, "1 Gb/s": 1_000_000_000, "9 b/s": 9} {
		var b config.Bitrate
		require.NoError(t, b.UnmarshalText([]byte(text)))
		require.Equal(t, bits, b.Bits())
		require.Equal(t, text, b.String())
	}
	var b config.Bitrate
	require.NoError(t, b.UnmarshalText([]byte("2.5Mb/s")))
	require.Equal(t, int64(2_500_000), b.Bits())
	for _, text := range []string{"", "5", "-1 Mb/s", "NaN Mb/s", "1e300 Gb/s", "Mb/s", "2 Mbps"} {
		require.Error(t, b.UnmarshalText([]byte(text)), text)
	}
}
