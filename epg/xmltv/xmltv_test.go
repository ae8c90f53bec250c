package xmltv_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/epg/xmltv"
)

var (
	shanghai = time.FixedZone("CST", 8*60*60)
	dawn     = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
)

const hostile = "甲\x00\x1b[31m & <b>\"乙\"</b> ]]> \xff\u0085\ufffe\u2028丙 😀 \r\n'丁'"

func write(t testing.TB, channels []xmltv.Channel, programmes []xmltv.Programme) []byte {
	t.Helper()
	var out bytes.Buffer
	w := xmltv.NewWriter(&out, xmltv.Options{Zone: shanghai, Source: `党员教育电视频道 "测试"`})
	for _, c := range channels {
		require.NoError(t, w.Channel(c))
	}
	for _, p := range programmes {
		require.NoError(t, w.Programme(p))
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func sample() ([]xmltv.Channel, []xmltv.Programme) {
	channels := []xmltv.Channel{
		{ID: "edu1.podium.tv", Names: []string{"党员教育电视频道", "1"}, Icon: "http://127.0.0.1:8080/logo/edu1.svg?a=1&b=2"},
		{ID: "edu2.podium.tv", Names: []string{"二套", "2"}},
	}
	programmes := []xmltv.Programme{
		{
			Channel: "edu1.podium.tv", Start: dawn, Stop: dawn.Add(45 * time.Minute), Title: "政策法规讲堂", Subtitle: "第一讲",
			Description: "第一行\n第二行", Lecturer: "周明德", Category: "政策法规", Genre: xmltv.Education, Repeat: true,
		},
		{Channel: "edu1.podium.tv", Start: dawn.Add(45 * time.Minute), Stop: dawn.Add(time.Hour), Title: "党员教育电视频道"},
		{Channel: "edu2.podium.tv", Start: dawn, Stop: dawn.Add(time.Hour), Title: "实用技术", Lecturer: "李秀兰"},
	}
	return channels, programmes
}

func TestWriteGolden(t *testing.T) {
	channels, programmes := sample()
	got := write(t, channels, programmes)
	golden := filepath.Join("testdata", "guide.xml")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, got, 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestChannelAfterProgramme(t *testing.T) {
	w := xmltv.NewWriter(&bytes.Buffer{}, xmltv.Options{})
	require.NoError(t, w.Programme(xmltv.Programme{}))
	require.Error(t, w.Channel(xmltv.Channel{}))
}

func TestRoundTrip(t *testing.T) {
	channels, programmes := sample()
	plain := write(t, channels, programmes)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write(plain)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, file := range map[string][]byte{"plain": plain, "gzip": zipped.Bytes()} {
		t.Run(name, func(t *testing.T) {
			got, err := xmltv.Read(bytes.NewReader(file), xmltv.Limits{})
			require.NoError(t, err)
			require.Equal(t, channels, got.Channels)
			require.Equal(t, programmes, got.Programmes)
			require.Zero(t, got.Skipped)
		})
	}
}

// tool runs a program of Debian's xmltv-util on a guide.
func tool(t *testing.T, guide []byte, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		if os.Getenv("PODIUM_TEST") == "full" {
			t.Fatal(err)
		}
		t.Skip("apt-get install xmltv-util: ", err)
	}
	file := filepath.Join(t.TempDir(), "guide.xml")
	require.NoError(t, os.WriteFile(file, guide, 0o600))
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), args[0], append(args[1:], file)...) // #nosec G204 -- a test's own arguments.
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func TestRealTools(t *testing.T) {
	channels, programmes := sample()
	programmes = append(programmes,
		xmltv.Programme{
			Channel: "edu2.podium.tv", Start: dawn.Add(time.Hour), Stop: dawn.Add(2 * time.Hour), Title: hostile, Subtitle: hostile,
			Description: hostile, Lecturer: hostile, Category: hostile,
		},
		xmltv.Programme{
			Channel: "edu2.podium.tv", Start: dawn.Add(2 * time.Hour), Stop: dawn.Add(3 * time.Hour), Title: "\x00", Subtitle: " ",
			Description: "\x01\n", Lecturer: "\t",
		},
		xmltv.Programme{Channel: "edu3.podium.tv", Start: dawn, Stop: dawn.Add(time.Hour), Title: "三"},
		xmltv.Programme{Channel: "edu4.podium.tv", Start: dawn, Stop: dawn.Add(time.Hour), Title: "四"})
	channels = append(channels, xmltv.Channel{ID: "edu3.podium.tv", Names: []string{hostile, ""}}, xmltv.Channel{ID: "edu4.podium.tv"})
	guide := write(t, channels, programmes)

	out, errs, err := tool(t, guide, "tv_validate_file", "--dtd-file", "/usr/share/xmltv/xmltv.dtd")
	require.NoError(t, err, out+errs)
	require.NotContains(t, out+errs, "not valid")
	sorted, errs, err := tool(t, guide, "tv_sort")
	require.NoError(t, err)
	require.NotContains(t, errs, "overlap")
	read, err := xmltv.Read(strings.NewReader(sorted), xmltv.Limits{})
	require.NoError(t, err)
	require.Len(t, read.Programmes, len(programmes), "tv_sort kept all of them")
}

func TestHostileText(t *testing.T) {
	got, err := xmltv.Read(bytes.NewReader(write(t, nil, []xmltv.Programme{
		{Channel: "a.b", Start: dawn, Stop: dawn.Add(time.Hour), Title: hostile, Description: hostile},
	})), xmltv.Limits{})
	require.NoError(t, err)
	require.Equal(t, "甲[31m & <b>\"乙\"</b> ]]>  丙 😀  '丁'", got.Programmes[0].Title)
	require.Equal(t, "甲[31m & <b>\"乙\"</b> ]]>  丙 😀 \n'丁'", got.Programmes[0].Description)
}

func TestReadOthers(t *testing.T) {
	file := `<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE tv SYSTEM "xmltv.dtd">
<tv><!-- another station's -->
 <channel id="b"><display-name>B</display-name><icon src="b.png"/><display-name lang="zh">乙</display-name></channel>
 <channel id=""><display-name>nameless</display-name></channel>
 <programme start="202611230800 +0800" channel="b"><title lang="en">News</title><title lang="zh">新闻</title><desc>d</desc></programme>
 <programme start="20261123083000 +0800" stop="20261123090000 +0800" channel="b"><title>二</title>
   <credits><presenter>王</presenter><guest>李</guest></credits><rating><value>1</value></rating><category>教育</category></programme>
 <programme start="20261123090000" channel="b"><title>last without stop</title></programme>
 <programme start="20261123090000" stop="20261123080000" channel="b"><title>backwards</title></programme>
 <programme channel="b"><title>no start</title></programme>
 <programme start="20261123100000"><title>no channel</title></programme>
 <programme start="20261123100000" stop="20261123110000" channel="b"><desc>no title</desc></programme>
</tv>`
	got, err := xmltv.Read(strings.NewReader(file), xmltv.Limits{Zone: shanghai})
	require.NoError(t, err)
	require.Equal(t, []xmltv.Channel{{ID: "b", Names: []string{"B", "乙"}, Icon: "b.png"}}, got.Channels)
	require.Equal(t, []xmltv.Programme{
		{Channel: "b", Start: dawn, Stop: dawn.Add(30 * time.Minute), Title: "新闻", Description: "d"},
		{Channel: "b", Start: dawn.Add(30 * time.Minute), Stop: dawn.Add(time.Hour), Title: "二", Lecturer: "王", Category: "教育"},
	}, got.Programmes)
	require.Equal(t, 5, got.Skipped)
}

func TestReadRefuses(t *testing.T) {
	bomb := `<!DOCTYPE tv [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><tv><channel id="x"><display-name>&b;</display-name></channel></tv>`
	programme := `<programme start="20261123" stop="20261124" channel="a.b"><title>t</title></programme>`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := fmt.Fprint(z, "<tv>", strings.Repeat(" ", 1<<20), "</tv>")
	require.NoError(t, err)
	require.NoError(t, z.Close())
	small := xmltv.Limits{Bytes: 1 << 16, Programmes: 3, Channels: 1}

	for name, test := range map[string]struct{ file, says string }{
		"nothing":          {"", "unexpected EOF"},
		"not xml":          {"hello", "unexpected EOF"},
		"an entity bomb":   {bomb, "declarations of its own"},
		"unknown entity":   {"<tv>&x;</tv>", "invalid character entity"},
		"another document": {"<html></html>", "expected one <tv>"},
		"two roots":        {"<tv></tv><tv></tv>", "expected one <tv>"},
		"cut short":        {"<tv><channel id='a'>", "unexpected EOF"},
		"crossed":          {"<tv><channel></tv></channel>", "closes nothing"},
		"deep":             {"<tv>" + strings.Repeat("<a>", 100), "nested deeper than 8"},
		"long":             {"<tv>" + strings.Repeat(" ", 1<<17) + "</tv>", "more bytes"},
		"long after gzip":  {zipped.String(), "more bytes"},
		"cut gzip":         {zipped.String()[:20], "EOF"},
		"broken gzip":      {"\x1f\x8bxxxxxxxxxx", "gzip"},
		"many programmes":  {"<tv>" + strings.Repeat(programme, 4) + "</tv>", "more than 3 programmes"},
		"many channels":    {"<tv>" + strings.Repeat(`<channel id="a"/>`, 2) + "</tv>", "more than 1 channels"},
		"bad time":         {"<tv>\n<programme start='tomorrow' channel='a'/></tv>", `line 2, column 42: start: time "tomorrow"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xmltv.Read(strings.NewReader(test.file), small)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestParseTime(t *testing.T) {
	for s, want := range map[string]string{
		"20261123080000 +0800": "2026-11-23T00:00:00Z", "20261123080000+0800": "2026-11-23T00:00:00Z",
		"20261123080000 +08:00": "2026-11-23T00:00:00Z", "20261123080000 UTC": "2026-11-23T08:00:00Z",
		"20261123080000": "2026-11-23T00:00:00Z", "202611230800": "2026-11-23T00:00:00Z", "20261123 -0330": "2026-11-23T03:30:00Z",
		"2026": "2025-12-31T16:00:00Z",
	} {
		got, err := xmltv.ParseTime(s, shanghai)
		require.NoError(t, err, s)
		require.Equal(t, want, got.Format(time.RFC3339), s)
	}
	for _, s := range []string{"", "x", "20", "20261323", "20261123250000", "2026112308000", "20261123080000 CET", "20261123080000123456", "00001123"} {
		_, err := xmltv.ParseTime(s, shanghai)
		require.ErrorContains(t, err, "expected a form like", s)
	}
}

func FuzzRead(f *testing.F) {
	channels, programmes := sample()
	f.Add(write(f, channels, programmes))
	f.Add([]byte(`<tv><programme start="2026" channel="x"><title>` + hostile + `</title></programme></tv>`))
	f.Add([]byte("<!DOCTYPE tv [<!ENTITY a 'b'>]><tv>&a;</tv>"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := xmltv.Read(bytes.NewReader(file), xmltv.Limits{Bytes: 1 << 20})
		if err != nil {
			return
		}
		for _, p := range got.Programmes {
			if !p.Stop.After(p.Start) || p.Title == "" || p.Channel == "" {
				t.Fatalf("a programme that cannot be used: %+v", p)
			}
		}
		// What was read is written as something that reads, with the same programmes.
		again, err := xmltv.Read(bytes.NewReader(write(t, got.Channels, got.Programmes)), xmltv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Programmes) != len(got.Programmes) {
			t.Fatalf("%d programmes became %d", len(got.Programmes), len(again.Programmes))
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	_, programmes := sample()
	b.ReportAllocs()
	for b.Loop() {
		w := xmltv.NewWriter(&bytes.Buffer{}, xmltv.Options{Zone: shanghai})
		for range 1000 {
			if err := w.Programme(programmes[0]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
