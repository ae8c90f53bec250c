package guard_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"podium.tv/podium/origin/input/guard"
)

func TestPolicyCheck(t *testing.T) {
	private := guard.Default()
	local := &guard.Policy{AllowLoopback: true, AllowPrivate: true}
	public := &guard.Policy{}
	listed := &guard.Policy{Allow: []netip.Prefix{
		netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("127.0.0.7/32"),
		netip.MustParsePrefix("100.100.100.200/32"), netip.MustParsePrefix("239.0.0.0/8"),
	}}
	for _, c := range []struct {
		name   string
		policy *guard.Policy
		addr   string
		refuse string // part of the reason; empty if allowed
	}{
		{"a camera's network", private, "192.168.1.64", ""},
		{"a camera's network, 10/8", private, "10.20.30.40", ""},
		{"a camera's network, IPv6", private, "fd12::1", ""},
		{"carrier-grade NAT", private, "100.64.0.1", ""},
		{"public", private, "203.0.113.4", ""},
		{"public only", public, "203.0.113.4", ""},
		{"private not allowed", public, "192.168.1.64", "private"},
		{"CGNAT not allowed", public, "100.64.0.1", "private"},
		{"loopback", private, "127.0.0.1", "loopback"},
		{"loopback, far end", private, "127.255.255.254", "loopback"},
		{"loopback, IPv6", private, "::1", "loopback"},
		{"loopback, mapped", private, "::ffff:127.0.0.1", "loopback"},
		{"loopback, IPv4-compatible", private, "::127.0.0.1", "loopback"},
		{"loopback, NAT64", private, "64:ff9b::7f00:1", "loopback"},
		{"loopback, 6to4", private, "2002:7f00:1::", "loopback"},
		{"loopback allowed", local, "127.0.0.1", ""},
		{"loopback allowed, IPv6", local, "::1", ""},
		{"unspecified", local, "0.0.0.0", "unspecified"},
		{"this network", local, "0.1.2.3", "unspecified"},
		{"unspecified, IPv6", local, "::", "unspecified"},
		{"link-local", local, "169.254.1.1", "link-local"},
		{"link-local, IPv6 with zone", local, "fe80::1%eth0", "link-local"},
		{"multicast", local, "224.0.0.1", "multicast"},
		{"broadcast", local, "255.255.255.255", "reserved"},
		{"metadata", local, "169.254.169.254", "metadata"},
		{"metadata, mapped", local, "::ffff:169.254.169.254", "metadata"},
		{"metadata, NAT64", local, "64:ff9b::a9fe:a9fe", "metadata"},
		{"metadata, Alibaba", local, "100.100.100.200", "metadata"},
		{"metadata, AWS by IPv6", local, "fd00:ec2::254", "metadata"},
		{"listed link-local", listed, "169.254.1.1", ""},
		{"metadata under a wide prefix", listed, "169.254.169.254", "metadata"},
		{"metadata listed alone", listed, "100.100.100.200", ""},
		{"listed loopback", listed, "127.0.0.7", ""},
		{"loopback beside the listed one", listed, "127.0.0.8", "loopback"},
		{"listed multicast", listed, "239.1.2.3", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.policy.Check(netip.MustParseAddr(c.addr))
			if c.refuse == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, guard.ErrRefused)
			require.ErrorContains(t, err, c.refuse)
		})
	}
	require.ErrorIs(t, private.Check(netip.Addr{}), guard.ErrRefused)
}
