package access

import "time"

// A token that is bound to a device is an entry: it plays nothing by itself. The device shows it once, together with its
// own name, and is sent on to the same address with a token of its session in place of it. That one is bound to nothing,
// so that playlists, segments and keys need neither header nor query nor cookie, and caches see addresses like all
// others. Copied to another player, the bound token does not start.
//
// What binding cannot do is keep a viewer from passing on the address of the session; so that ends early, after Session
// at the latest, and a session's token plays the one scope that was asked for, however far the entry's reach.

// defaultSession is longer than anybody watches one channel without changing it.
const defaultSession = 12 * time.Hour

// maxDevice is the length of the longest name of a device; a MAC address has 17 characters, a UUID 36.
const maxDevice = 128

// IsDevice says whether a text can name a device: up to 128 letters, digits, and "-", ".", "_", ":".
func IsDevice(device string) bool {
	if device == "" || len(device) > maxDevice {
		return false
	}
	for i := range len(device) {
		c := device[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' && c != ':' {
			return false
		}
	}
	return true
}

// Bound says whether a token looks like one that is bound to a device. Such tokens begin with AQI, AQM, AQY or AQc, by
// which a cache in front knows them.
func (s *Signer) Bound(token string) bool {
	raw, ok := decodeToken(token)
	return ok && raw[1]&reachDevice != 0
}

// Enter changes a token that is bound to the device into one of its session with the scope.
func (s *Signer) Enter(token, scope, device string) (string, error) {
	if !s.Bound(token) || scope == "" || len(scope) > maxScope {
		return "", ErrBadToken
	}
	expires, err := s.check(token, scope, device)
	if err != nil {
		return "", err
	}
	now := s.now()
	if now.Unix() >= expires {
		return "", ErrTokenExpired
	}
	session := s.Session
	if session <= 0 {
		session = defaultSession
	}
	// Those who come within a quarter of the time get the same token, so that a player which comes back by its entry finds
	// its segments under the same addresses.
	end := time.Unix(expires, 0)
	if soon := now.Truncate(session / 4).Add(session); soon.Before(end) {
		end = soon
	}
	return s.Sign(scope, end), nil
}
