package ops_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/stb-api/ops"
)

func TestAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}
	for name, test := range map[string]struct {
		trusted  []netip.Prefix
		peer     string
		told     []string
		expected string
	}{
		"nobody trusted":          {nil, "192.0.2.1:4000", []string{"1.2.3.4"}, "192.0.2.1"},
		"the peer is not trusted": {trusted, "192.0.2.1:4000", []string{"1.2.3.4"}, "192.0.2.1"},
		"one proxy":               {trusted, "10.0.0.1:4000", []string{"192.0.2.7"}, "192.0.2.7"},
		"a claim before it":       {trusted, "10.0.0.1:4000", []string{"127.0.0.1, 192.0.2.7"}, "192.0.2.7"},
		"two proxies":             {trusted, "10.0.0.1:4000", []string{"6.6.6.6, 192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		"two headers":             {trusted, "10.0.0.1:4000", []string{"6.6.6.6", "192.0.2.7, 10.0.0.2"}, "192.0.2.7"},
		"proxies alone":           {trusted, "10.0.0.1:4000", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"rubbish":                 {trusted, "10.0.0.1:4000", []string{"192.0.2.7, nonsense"}, "10.0.0.1"},
		"rubbish behind a proxy":  {trusted, "10.0.0.1:4000", []string{"<script>, 10.0.0.2"}, "10.0.0.2"},
		"nothing told":            {trusted, "10.0.0.1:4000", nil, "10.0.0.1"},
		"with ports":              {trusted, "10.0.0.1:4000", []string{"192.0.2.7:999, [2001:db8:1::9]:80"}, "192.0.2.7"},
		"IPv6":                    {trusted, "[2001:db8:1::1]:4000", []string{"[2001:db8:2::5]"}, "2001:db8:2::5"},
		"IPv4 in IPv6":            {trusted, "[::ffff:10.0.0.1]:4000", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
		"with a zone":             {trusted, "[fe80::1%eth0]:4000", nil, "fe80::1"},
		"very long":               {trusted, "10.0.0.1:4000", []string{strings.Repeat("1.2.3.4,", 100000) + "192.0.2.7"}, "192.0.2.7"},
		"very many proxies":       {trusted, "10.0.0.1:4000", []string{"192.0.2.7" + strings.Repeat(",10.0.0.2", 1000)}, "10.0.0.2"},
	} {
		t.Run(name, func(t *testing.T) {
			request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			request.RemoteAddr = test.peer
			for _, told := range test.told {
				request.Header.Add("X-Forwarded-For", told)
			}
			request.Header.Set("X-Real-Ip", "9.9.9.9")
			request.Header.Set("Forwarded", "for=9.9.9.9")
			proxies := ops.Proxies{Trusted: test.trusted}
			require.Equal(t, test.expected, proxies.Address(request).String())
			require.Equal(t, test.expected, proxies.Extractor()(request))
		})
	}
	request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	request.RemoteAddr = "@"
	require.False(t, ops.Proxies{}.Address(request).IsValid())
	require.Empty(t, ops.Proxies{}.Extractor()(request))
}

func TestSecure(t *testing.T) {
	proxies := ops.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	request.RemoteAddr = "10.0.0.1:1"
	require.False(t, proxies.Secure(request))
	request.Header.Set("X-Forwarded-Proto", "http, HTTPS")
	require.True(t, proxies.Secure(request))
	request.Header.Set("X-Forwarded-Proto", "https, http")
	require.False(t, proxies.Secure(request))
	request.Header.Set("X-Forwarded-Proto", "https")
	request.RemoteAddr = "192.0.2.1:1"
	require.False(t, proxies.Secure(request))
	request.TLS = &tls.ConnectionState{}
	require.True(t, proxies.Secure(request))
}

func FuzzAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "1.2.3.4, 10.0.0.2")
	f.Add("[::1]:1", "[2001:db8::1]:80,,;")
	proxies := ops.Proxies{Trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	f.Fuzz(func(t *testing.T, peer, told string) {
		request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		request.RemoteAddr = peer
		request.Header["X-Forwarded-For"] = []string{told}
		address := proxies.Address(request)
		if direct := (ops.Proxies{}).Address(request); !proxies.Trusted[0].Contains(direct) {
			require.Equal(t, direct, address)
		}
	})
}
