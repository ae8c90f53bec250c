package config

import (
	"path/filepath"
	"reflect"
)

// Inputs is what holds for the inputs of all feeds; the addresses and waits for those that Podium fetches itself.
type Inputs struct {
	// AllowLoopback lets a feed's address lead to this machine.
	AllowLoopback bool `yaml:"allow_loopback" reload:"live"`
	// AllowPrivate lets a feed's address lead into private networks (RFC 1918, RFC 4193), where encoders
	// mostly are.
	AllowPrivate bool `yaml:"allow_private" reload:"live"`
	// Allow names further ranges, whatever the two above say.
	Allow []Prefix `yaml:"allow" reload:"live"`
	// ReadTimeout ends a connection that sends nothing.
	ReadTimeout Duration `yaml:"read_timeout" reload:"live"`
	// ParametersWait bounds how long a decoder's parameters are waited for.
	ParametersWait Duration `yaml:"parameters_wait" reload:"live"`
	// KeyframeWait bounds how long pictures may come without one to start from.
	KeyframeWait Duration `yaml:"keyframe_wait" reload:"live"`
	// UDPBuffer is the size of the sockets' buffers, in bytes. 0 is the system's.
	UDPBuffer Size `yaml:"udp_buffer" reload:"live"`
	// ReconnectMin and ReconnectMax bound the pause before the next try; it doubles, with jitter.
	ReconnectMin Duration `yaml:"reconnect_min" reload:"live"`
	ReconnectMax Duration `yaml:"reconnect_max" reload:"live"`
	// MaxBitrate ends an input that brings more for five seconds, whoever sends it, so that one gone mad does not take the
	// others' share of the machine.
	MaxBitrate Bitrate `yaml:"max_bitrate" reload:"live"`
	// MaxTracks refuses an input with more tracks.
	MaxTracks int `yaml:"max_tracks" reload:"live"`
	// Folders are those that inputs may play files from.
	Folders []string `yaml:"folders" reload:"live"`
}

// sameLimits says whether the keys that every input goes by are the same.
func (i *Inputs) sameLimits(o *Inputs) bool {
	return i.MaxBitrate == o.MaxBitrate && i.MaxTracks == o.MaxTracks &&
		i.ReconnectMin == o.ReconnectMin && i.ReconnectMax == o.ReconnectMax
}

// sameFetching says whether all keys are.
func (i *Inputs) sameFetching(o *Inputs) bool {
	a, b := *i, *o
	if len(a.Allow)+len(b.Allow) == 0 {
		a.Allow, b.Allow = nil, nil
	}
	if len(a.Folders)+len(b.Folders) == 0 {
		a.Folders, b.Folders = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

func (i *Inputs) validate(v *validator) {
	v.atMost("inputs.allow", len(i.Allow), mostPrefixes)
	v.between("inputs.read_timeout", i.ReadTimeout, 1*second, 5*minute)
	v.between("inputs.parameters_wait", i.ParametersWait, 1*second, 5*minute)
	v.between("inputs.keyframe_wait", i.KeyframeWait, 1*second, 5*minute)
	v.sized("inputs.udp_buffer", i.UDPBuffer, 0, 1*GiB)
	v.between("inputs.reconnect_min", i.ReconnectMin, Duration(100*1e6), 10*minute)
	v.between("inputs.reconnect_max", i.ReconnectMax, i.ReconnectMin, 60*minute)
	v.rate("inputs.max_bitrate", i.MaxBitrate, 1*Mbps, 10*Gbps)
	v.count("inputs.max_tracks", i.MaxTracks, 2, 64)
	v.atMost("inputs.folders", len(i.Folders), mostPrefixes)
	for n, folder := range i.Folders {
		if !filepath.IsAbs(folder) {
			v.mismatch(index("inputs.folders", n), "a folder's whole path such as /media", folder)
		}
	}
}
